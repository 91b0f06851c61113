// What a cluster is made of. Every struct is raw memory in the arena; addresses are its references. What snapshots hold stands first in each struct.
import { FIRST, List } from './memory';

/** Whether a reference of the arena points anywhere (0 ends a chain). */
@inline
export function exists<T>(reference: T): bool {
  return changetype<usize>(reference) != 0;
}

/** Neurons in a bundle. */
export const LANES: u32 = 16;
/** Bytes of a section: its 16 weights are one cache line. */
export const ROW: u32 = 64;
/** Bundles in a neuron block of 128 neurons. */
export const BUNDLES_A_BLOCK: u32 = 8;

/**
 * What bundles read: one border step of an input channel, or one hidden neuron. Its sections lie together: `count` rows of weights, behind
 * `capacity` rows the running averages in the same order, and before them, for each, the place of its bundle in the net's arrays (number · ROW).
 */
@unmanaged
export class Source {
  count: u32;
  /** Running mean of the activity over the steps, silent ones included; step of its last change, and of the last averaging of the weights. */
  mean: f32;
  followed: u32;
  averaged: u32;
  /** Border steps only: potential where the step starts, and 1 / its width. */
  from: f32;
  scale: f32;
  /** Number among the features of the direct path. */
  feature: u32;
  /** Largest activity since the last reduction. */
  peak: f32;

  capacity: u32;
  rows: usize;
  /** The channel's next step. */
  next: Source;
}
export const SOURCE_STATE: u32 = 32;

/** One input value's half above or below its rest. It is the source of its first step, so that one cache line holds what a cycle needs. */
@unmanaged
export class Channel extends Source {
  /** Index of the input value; the highest bit is set for the half below the rest. */
  index: u32;
  /** The last border: potential above it saturates. */
  border: f32;
  /** Values seen, counted up to `early`; grows with each value above the last border, fades otherwise. */
  seen: u32;
  excess: f32;

  /** The first values, sorted; they set the first border. */
  early: usize;
}
export const CHANNEL_STATE: u32 = 16;
/** The bit of a channel's index that tells the half below the rest. */
export const BELOW: u32 = 0x80000000;

/** What outputs and hexagons read: the neurons of a hexagon, or the border steps of an input. */
@unmanaged
export class Layer {
  /** Hexagons whose bundles read this layer. */
  readers: List;
}

@unmanaged
export class Hexagon extends Layer {
  /** Running means of the squared length of the error that comes back to it, and of that of its potentials. */
  errorEnergy: f32;
  firing: f32;

  bundles: List;
  links: List;
  readouts: List;
  /** Neurons that fire in this cycle: pairs (place among the hexagon's neurons: u32, potential: f32). */
  fired: usize;
  firedEnd: usize;
  firedCapacity: u32;
}

/** From where a hexagon's bundles may read. */
@unmanaged
export class Link {
  input: Input | null;
  hexagon: Hexagon | null;
  /** In hexagons; a farther one is seen by fewer bundles. */
  distance: u32;
}

/** 16 neurons of one hexagon. Their potentials, errors and biases stand in the net's arrays at `number` · ROW. */
@unmanaged
export class Bundle {
  /** Running mean of 1 + the squared length of the centred activity. */
  norm: f32;

  number: u32;
  hexagon: Hexagon;
  /** For each link of the hexagon one Field, in the same order. */
  fields: usize;
  /** 16 Sources, one a neuron; 0 where no hexagon reads this one. */
  neurons: usize;
}

/** What a bundle sees of a link. */
@unmanaged
export class Field {
  kind: u32;
  /** Corner of a window. */
  x: i32;
  y: i32;
  /** Bundles of another hexagon that are seen. */
  count: u32;
}
/** Kinds of fields; 0 sees nothing. */
export const FIELD_ALL: u32 = 1;
export const FIELD_WINDOW: u32 = 2;
export const FIELD_SHARE: u32 = 3;

@unmanaged
export class Input extends Layer {
  width: u32;
  /** Shape of a picture; 0 where it is not known. */
  pictureRows: u32;
  pictureColumns: u32;
  /** WHOLE or BROKEN once a first row was learnt, by its form; whether single values count: each has a Place and goes straight to the outputs. */
  started: u32;
  narrow: u32;
  /** The value that means silence. */
  rest: f32;
  /** Feature that is always 1. */
  constant: u32;
  /** Bundles that see it, and where the first window of a picture lies. */
  users: u32;
  windowX: f32;
  windowY: f32;

  /** The same picture at half its size. */
  half: Input | null;
  /** Channels of each value above and below its rest, by index; all of them in the order of their coming. */
  above: usize;
  below: usize;
  channels: List;
  /** One Place a value of a narrow input. */
  places: usize;
  placeCount: u32;
  /** The rows at work: address, bytes from row to row, values a row, form of the values. */
  data: usize;
  stride: u32;
  length: u32;
  form: u32;
  /** Memory for a shifted or halved picture. */
  canvas: usize;
  canvasBytes: u32;
  /** Values of the row at hand that are not at rest: pairs (index, deviation), then (channel, potential). */
  heard: usize;
  heardEnd: usize;
  /** The sources that are active: pairs (address: u32, activity: f32), room for all `sources`; features of the direct path: (number, value). */
  active: usize;
  activeEnd: usize;
  activeCapacity: u32;
  sources: u32;
  features: usize;
  featuresEnd: usize;
}
export const INPUT_STATE: u32 = 40;
/** How an input began: with bytes, whose means are rounded, or with floats. Its values mean the same ever after, in whatever form they come. */
export const WHOLE: u32 = 1;
export const BROKEN: u32 = 2;
/** Forms of rows: floats, bytes, or pairs (index: u32, value: f32) with the offset of each row's first pair before them. */
export const FLOATS: u32 = 0;
export const BYTES: u32 = 1;
export const PAIRS: u32 = 2;

/** One value of a narrow input: where it rests, and its feature. */
@unmanaged
export class Place {
  rest: f32;
  feature: u32;
  /** 1 / the deviation that counts as 1. */
  scale: f32;
  /** Values seen, counted up to EARLY, and these in order. */
  seen: u32;
  early0: f32;
  early1: f32;
  early2: f32;
  early3: f32;
  early4: f32;
  early5: f32;
  early6: f32;
  /** A value that may come often: how many came since it was chosen, and how many of these were equal to it. */
  level: f32;
  levelSeen: u32;
  levelCount: u32;
}

/** The weights from a hexagon to an output: for each neuron `bundles` · ROW bytes; the averages lie in a matrix of the same form. */
@unmanaged
export class Readout {
  hexagon: Hexagon;
  output: Output;
  weights: usize;
  averages: usize;
  /** For each neuron the step of its last averaging. */
  averaged: usize;
  capacity: u32;
}

@unmanaged
export class Output {
  width: u32;
  /** Running mean of 1 + the squared length of what it reads. */
  norm: f32;
  /** How much the hexagons are trusted beside the direct path, and the running mean of the squared potential that they give. */
  trust: f32;
  energy: f32;

  /** Bundles of 16 values. */
  bundles: u32;
  /** One Lane a value, and arrays with a float for each: potential, and what the averages gave; error, bias and its average; both for the direct path. */
  lanes: usize;
  value: usize;
  averageValue: usize;
  error: usize;
  bias: usize;
  biasAverage: usize;
  directValue: usize;
  directError: usize;
  readouts: List;
  /** The narrow inputs that it reads directly: weights of all features, what is known about them, and scratch. */
  direct: List;
  weights: usize;
  covariance: usize;
  gains: usize;
  featureCapacity: u32;
  /** Targets of the rows at work, as in Input. */
  data: usize;
  stride: u32;
  length: u32;
  form: u32;
}
export const OUTPUT_STATE: u32 = 16;

/** How one output value is answered: logistic for targets that are 0 or 1, linear around a shift and scale of its own for others. */
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
  /** States of the two generators of random numbers: of this shard, and the one that all shards of a cluster draw alike. */
  random: u64;
  choice: u64;
  /** Cycles of training in the cluster's life; those of them that took a step. */
  time: u32;
  steps: u32;
  /** Error gathered since the last bundle was made. */
  credit: f32;
  /** Factor on all steps from the controller. */
  caution: f32;
  /** Running mean of the squared output error. */
  errorEnergy: f32;
  /** What the controller's looks found, as running means: by how much the largest error is less from live than from averaged weights, and its square; Σ e Δ, Σ e² and Σ Δ² (cycle.ts). */
  looks: u32;
  lead: f32;
  leadSquares: f32;
  overshoot: f32;
  errors: f32;
  differences: f32;
  /** Whether any output is linear; features of the direct path; 1 when memory was too short for something new. */
  linear: u32;
  features: u32;
  full: u32;
  /** Cycle of the last reduction. */
  reduced: u32;

  /** Settings of the template and of the cluster: bundles that a hexagon may grow; shards that the cluster's neurons are spread over. */
  maxBundles: u32;
  shard: u32;
  shards: u32;
  cooldown: f32;
  refractory: u32;
  reduction: u32;

  hexagons: List;
  inputs: List;
  /** The inputs, and the halves of pictures. */
  views: List;
  outputs: List;
  /** Scratch: the sources that a new bundle sees. */
  seen: List;
  /** All bundles, and arrays with 16 floats for each: potential, error, bias and its average; Σ of squared activity and steps (4 floats). */
  bundles: List;
  bundleCapacity: u32;
  value: usize;
  error: usize;
  bias: usize;
  biasAverage: usize;
  sum: usize;
  /** For each neuron the steps since it fired last. */
  idle: usize;
  /** Spiking only: what is left of the potential, cycles until a neuron may fire again, and whether it fired just now. */
  potential: usize;
  tired: usize;
  open: usize;
  /** For each feature of the direct path the variance that its weights are expected to have. */
  priors: usize;
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
export const NET_STATE: u32 = 76;

/** The net of this instance. */
export const net = changetype<Net>(FIRST);

@inline
export function isSpiking(): bool {
  return net.refractory > 1 || net.cooldown < 1e6;
}
