// What a cluster is made of. Every struct is raw memory in the arena; addresses are its references.
import { FIRST, List } from './memory';

/** Whether a reference of the arena points anywhere (0 ends a chain). */
@inline
export function exists<T>(reference: T): bool {
  return changetype<usize>(reference) != 0;
}

/** Neurons in a bundle: one cache line of weights a source. */
export const LANES: u32 = 16;
/** Bundles in a neuron block of 128 neurons. */
export const BUNDLES_A_BLOCK: u32 = 8;
/** A row in a bundle: 16 weights of 4 bytes. A bundle's rows lie together, and behind them, in the same order, the running averages of the weights. */
export const ROW: u32 = 64;

/**
 * What bundles read: one border step of an input channel, or one hidden neuron. Its fan-out is the list of sections: pairs (bundle, offset of
 * the row in the bundle's rows).
 */
@unmanaged
export class Source {
  activity: f32;
  /** Running mean of the activity, silent cycles included; decayed only when touched. */
  mean: f32;
  /** Cycle of the last touch of `mean`. */
  touched: u32;
  fanout: usize;
  fanoutLength: u32;
  fanoutCapacity: u32;
  /** Where the error of a neuron is gathered; 0 for an input step. */
  error: usize;
  /** Border steps only: where the step starts, and 1 / its width. */
  from: f32;
  scale: f32;
  /** The channel's next step. */
  next: Source;
}

/** One input value's positive or negative half, with its borders. It is the source of its own first step: one cache line holds both. */
@unmanaged
export class Channel extends Source {
  /** The last border: potential above it saturates. */
  border: f32;
  /** Values seen, counted up to EARLY. */
  seen: u32;
  /** Grows with each value far above the last border, fades otherwise. */
  excess: f32;
  /** 64 sums of activity × a random sign drawn each cycle; only while fields are learnt by correlation. */
  sketch: usize;
  /** Index of the input value. */
  index: u32;
  /** The first EARLY values, which set the first border. */
  early: usize;
}

/** 16 neurons of one hexagon with the rows of weights from the sources that they see. */
@unmanaged
export class Bundle {
  /** Rows, and behind `rowCapacity` of them their averages; `rowSources`: address of each row's source; `rowTouched`: cycle of the last averaging of each row. */
  rows: usize;
  rowSources: usize;
  rowTouched: usize;
  rowCount: u32;
  rowCapacity: u32;
  /** Active rows of this cycle: pairs (offset of the row: u32, activity: f32). */
  active: usize;
  activeEnd: usize;
  /** 16 floats each: bias, its average, potential (activation for hidden ones), error. */
  bias: usize;
  biasAverage: usize;
  value: usize;
  error: usize;
  /** 16 Sources, one a neuron (hidden bundles only). */
  neurons: usize;
  /** Running mean of 1 + the squared length of the (centred) activity. */
  norm: f32;
  biasTouched: u32;
  /** Position in its hexagon. */
  index: u32;
  /** For each link of the hexagon one Field, in the same order. */
  fields: usize;
  hexagon: Hexagon | null;
}

/** What a bundle sees of one input: a window of a picture, or a share of the channels. */
@unmanaged
export class Field {
  kind: u32;
  x: i32;
  y: i32;
  /** Channels (or, for a hexagon behind the link, bundles) seen so far. */
  count: u32;
}
/** Kinds of fields; 0 sees nothing. */
export const FIELD_ALL: u32 = 1;
export const FIELD_WINDOW: u32 = 2;
export const FIELD_SHARE: u32 = 3;

/** From where a hexagon's bundles may read: an input's channels or another hexagon's neurons. */
@unmanaged
export class Link {
  input: Input | null;
  hexagon: Hexagon | null;
  /** In hexagons; a farther one is seen by fewer bundles. */
  distance: u32;
}

@unmanaged
export class Hexagon {
  bundles: List;
  links: List;
  /** Hexagons whose bundles read this one, and outputs that do. */
  readers: List;
  outputs: List;
  maxBundles: u32;
  /** Running mean of the squared length of the hidden error. */
  errorEnergy: f32;
  /** Gain by which errors grew on their way here: steps are divided by it. */
  gain: f32;
}

@unmanaged
export class Input {
  /** Channels of positive and negative halves, by index; made at their first value. */
  positive: usize;
  negative: usize;
  width: u32;
  /** Shape of a picture; 0 where it is not known. */
  pictureRows: u32;
  pictureColumns: u32;
  /** Hexagons that read this input. */
  readers: List;
  /** The rows that are being worked on: address, bytes from row to row, values a row, 1 if u8 (else f32). */
  data: usize;
  stride: u32;
  length: u32;
  bytes: u32;
  /** Values of the row at hand that are not 0: pairs (index: u32, value: f32). */
  heard: usize;
  /** The sources that it activates: pairs (address: u32, activity: f32); room for all `sources` that there are. */
  active: usize;
  activeCapacity: u32;
  sources: u32;
  /** Channels that ever had a value. */
  channels: u32;
}

@unmanaged
export class Output {
  bundles: List;
  /** Hexagons whose neurons it reads. */
  hexagons: List;
  /** One Lane an output value. */
  lanes: usize;
  width: u32;
  capacity: u32;
  /** Targets of the rows that are being worked on, as in Input. */
  data: usize;
  stride: u32;
  length: u32;
  bytes: u32;
}

/** How one output value is answered: logistic for targets in [0, 1], linear around a shift and scale of its own for others. */
@unmanaged
export class Lane {
  linear: u32;
  /** Targets seen, counted up to SCALE_SAMPLES. */
  seen: u32;
  /** Running mean and mean absolute deviation of the targets. */
  mean: f32;
  deviation: f32;
  /** answer = shift + scale · potential. */
  shift: f32;
  scale: f32;
  /** Running size of the error, in scales. */
  errorSize: f32;
}

@unmanaged
export class Net {
  random: u64;
  /** Cycles of training in the cluster's life. */
  time: u32;
  hexagons: List;
  inputs: List;
  outputs: List;
  /** Largest number of bundles a hexagon may grow. */
  maxBundles: u32;
  /** Error gathered since the last bundle was made. */
  credit: f32;
  /** Factor on all steps from the controller, and from the schedule of the running task. */
  caution: f32;
  schedule: f32;
  /** Running means of the squared output error and of the largest error from live and from averaged weights. */
  errorEnergy: f32;
  liveError: f32;
  averageError: f32;
  probes: u32;
  /** Whether any output is linear. */
  linear: u32;
  /** 1 while averages lag behind the weights. */
  unsettled: u32;
  /** This cycle's random signs (64 floats) for the sketches, and their running sums. */
  signs: usize;
  signSums: usize;
  /** Rows to be trained again: memory, bytes a row, rows kept, rows there is room for, next place. */
  replay: usize;
  replayRowBytes: u32;
  replayCount: u32;
  replayCapacity: u32;
  replayNext: u32;
  /** Where the host puts rows. */
  staging: usize;
  stagingBytes: usize;
}

/** The net of this instance. */
export const net = changetype<Net>(FIRST);
