// Inputs and outputs: what they are made of, and from where hexagons read. As in model.ts, what snapshots hold stands first in each struct.
import { List } from './memory';
import { Hexagon, Layer, net, Unit } from './model';

/** One input value's half above or below its rest. It is the unit of its first step, so that one cache line holds what a cycle needs. */
@unmanaged
export class Encoding extends Unit {
  /** Index of the input value; the highest bit is set for the half below the rest. */
  index: u32;
  /** The last knot: a distance above it saturates. */
  lastKnot: f32;
  /** Values seen, counted up to `early`; grows with each value above the last knot, fades otherwise. */
  seen: u32;
  excess: f32;

  /** The first values, sorted; they set the first knot. */
  early: usize;
}
/** The bit of an encoding's index that tells the half below the rest. */
export const BELOW: u32 = 0x80000000;

/** From where a hexagon's blocks may read. */
@unmanaged
export class Link {
  input: Input | null;
  hexagon: Hexagon | null;
  /** In hexagons; a farther one is seen by fewer blocks. */
  distance: u32;
}

@unmanaged
export class Input extends Layer {
  width: u32;
  /** Shape of a picture; 0 where it is not known. */
  pictureRows: u32;
  pictureColumns: u32;
  /** WHOLE or BROKEN once a first row was learnt, by its form; whether each of its values is a Column. */
  started: u32;
  table: u32;
  /** What rows are said to be: PICTURES, however small, or FIELDS of a table, however many. */
  declared: u32;
  /** The value that means silence. */
  rest: f32;
  /** Blocks that see it, and where the first window of a picture lies. */
  users: u32;
  windowX: f32;
  windowY: f32;

  /** The same picture at half its size. */
  half: Input | null;
  /** Encodings of each value above and below its rest, by index; all of them in the order of their coming. */
  above: usize;
  below: usize;
  encodings: List;
  /** (columnCount) Column: one a value of a table. */
  columns: usize;
  columnCount: u32;
  /** The rows at work: address, bytes from row to row, values a row, form of the values. */
  data: usize;
  stride: u32;
  length: u32;
  form: u32;
  /** Memory for a shifted or halved picture. */
  canvas: usize;
  canvasBytes: u32;
  /** Memory for a row that came in a form which the input does not read itself. */
  written: usize;
  writtenBytes: u32;
  /** Values of the row at hand that are not at rest: pairs (index, deviation), then (encoding, distance). */
  deviations: usize;
  deviationsEnd: usize;
  /** The units that are active: pairs (address: u32, activation: f32), room for all `units`. */
  active: usize;
  activeEnd: usize;
  activeCapacity: u32;
  units: u32;
}
export const PICTURES: u32 = 1;
export const FIELDS: u32 = 2;
/** How an input began: with bytes, whose means are rounded, or with floats. Its values mean the same ever after, in whatever form they come. */
export const WHOLE: u32 = 1;
export const BROKEN: u32 = 2;
/**
 * Forms of rows: f32, bytes, pairs (index: u32, value: f32) with the offset of each row's first pair before them, f64, or (targets only) the number of a
 * class: u32, NO_CLASS where it is not known.
 */
export const FLOATS: u32 = 0;
export const BYTES: u32 = 1;
export const PAIRS: u32 = 2;
export const DOUBLES: u32 = 3;
export const CLASSES: u32 = 4;
export const NO_CLASS: u32 = 0xffffffff;

/**
 * One value of a table. It is encoded piecewise linearly: a value between two knots activates the *hats* of both, by 1 − a and a, so that a hat's weight
 * is what the function is at its knot; beside them stands one *linear* unit, (value − median) / spread. Where values are numbers of categories each has a
 * hat of its own, which is active by 1 while the value is there, and there are neither knots nor line.
 */
@unmanaged
export class Column {
  /** Values seen, missing ones left out. */
  seen: u32;
  /** Knots in use; there are hats from 3 on. */
  knotCount: u32;
  /** Values when knots were placed last, 2 before the first time. */
  placed: u32;
  /** Hats that were made; which of the other units (LINEAR, MISSING), whether there were two (SEVERAL) or more (MANY) different values, or they are CATEGORIES. */
  hatCount: u32;
  made: u32;
  /** Of categories: the number of the column among those with effects. */
  effectColumn: u32;
  /** Grows with each value far beyond the knots, fades otherwise. */
  excess: f64;
  median: f64;
  /** Robust standard deviation of the values; 0 while they are all equal. */
  spread: f64;
  /** The first two different values. */
  only: f64;
  second: f64;

  /** (knotCount) f64, ascending. */
  knots: usize;
  /** (min(seen, SAMPLE)) f64: a uniform sample of all values. */
  sample: usize;
  /** (hatCount) addresses of units; of categories (hatCount) u32: 2 · rows that had it, + 1 once blocks read it. */
  hats: usize;
  counts: usize;
  linear: Unit;
  missing: Unit;
}
export const LINEAR: u32 = 1;
export const MISSING: u32 = 2;
export const SEVERAL: u32 = 4;
export const MANY: u32 = 8;
export const CATEGORIES: u32 = 16;

/** The weights from a hexagon to an output: for each neuron `blocks` · ROW bytes; the averages lie in a matrix of the same form. */
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
  /** Rows of targets seen, and those of them that did not name one class by a 1 among zeros. */
  rows: f32;
  odd: f32;
  /** Running mean of |e| of answers to rows as they come, of probabilities or in scales. */
  error: f32;
  /** How much the hexagons count beside the least-squares layer, and the running mean of the squared pre-activation that they give. */
  mixing: f32;
  energy: f32;
  /** The same for the mean of two folds. */
  pairMixing: f32;
  pairEnergy: f32;
  /** The same for the tracker. */
  trackerMixing: f32;
  trackerEnergy: f32;
  /** Tracker: new rows compared; running means of the losses of folds, and of how much the tracker (and its square) is better than they, and than recent targets. */
  compared: f32;
  foldsLoss: f32;
  lead: f32;
  leadSquares: f32;
  recentLead: f32;
  recentLeadSquares: f32;
  /** 1 while the tracker answers. */
  tracking: f32;

  /** Blocks of 16 values. */
  blocks: u32;
  /** Running mean of 1 + the squared length of what it reads: (MOST_GROUPS) f32. */
  norms: usize;
  /** (blocks · 16) Lane: one a value. */
  lanes: usize;
  /** (groups + 1, blocks + 1, 16) f32: what each group gives, behind it Σ h²; last the mean of the folds. Errors: the same, last scratch. */
  value: usize;
  errors: usize;
  /** (blocks, 16) f32: what the averages gave; bias and its average; what the least-squares layer gives, and its error. */
  averageValue: usize;
  bias: usize;
  biasAverage: usize;
  regressionValue: usize;
  regressionError: usize;
  readouts: List;
  /** The least-squares layer that it reads, and its weights: (capacity, blocks, 16) f32. */
  regression: Regression;
  weights: usize;
  weightRows: u32;
  /** Σ s (what rows had left) of each effect: (effectRows, blocks, 16) f32. */
  effects: usize;
  effectRows: u32;
  /** What the row at hand tells: the slope of the answer, and the part of its error that was used. */
  slope: f64;
  used: f64;
  /** Targets of the rows at work, as in Input. */
  data: usize;
  stride: u32;
  length: u32;
  form: u32;
}

/** Least squares over the units of tables, shared by all outputs that read the same ones. */
@unmanaged
export class Regression {
  inputs: List;
  /** (capacity, capacity) f64: covariance of the weights; (capacity) f64: gains. */
  covariance: usize;
  gains: usize;
  capacity: u32;
  /** (effectCapacity) Effect; (net.effectColumns) EffectColumn. */
  effects: usize;
  effectCapacity: u32;
  effectColumns: usize;
  /** rᵀ P r of the row at hand. */
  variance: f64;
}

/** The weight of a category that is taken as independent of all others. */
@unmanaged
export class Effect {
  /** Σ s: what the rows that had it told of it. */
  known: f64;
  /** The number of its column. */
  column: u32;
}

/** How much the effects of a column differ: τ² is agreement / weight. */
@unmanaged
export class EffectColumn {
  agreement: f64;
  weight: f64;
}

/** How one output value is answered: logistic for targets that are 0 or 1, linear around a shift and scale of its own for others. */
@unmanaged
export class Lane {
  linear: u32;
  /** Targets other than 0 and 1 so far. */
  odd: f32;
  /** Targets seen, counted up to SCALE_SAMPLES. */
  seen: u32;
  /** Running mean and mean absolute deviation of the targets. */
  mean: f32;
  deviation: f32;
  /** answer = shift + scale · pre-activation. */
  shift: f32;
  scale: f32;
  /** Running size of the error, in scales; the same of the least-squares layer alone. */
  errorSize: f32;
  regressionSize: f32;
  /** Decaying mean of the targets. */
  recent: f32;
  /** The first targets, sorted. */
  first0: f32;
  first1: f32;
  first2: f32;
  first3: f32;
  first4: f32;
  first5: f32;
  first6: f32;
  first7: f32;
}

/** The part of rows from which on targets that fit no class, or are neither 0 nor 1, are no slips. */
export const ODD: f32 = 0.01;

@inline
export function laneOf(output: Output, i: u32): Lane {
  return changetype<Lane>(output.lanes + i * offsetof<Lane>());
}

/** Whether the output names one of several classes. */
@inline
export function areClasses(output: Output): bool {
  return output.width > 1 && output.odd <= ODD * output.rows && net.folds > 1;
}
