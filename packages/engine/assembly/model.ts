// What a cluster is made of. Every struct is raw memory in the arena; addresses are its references. What snapshots hold stands first in
// each struct (state.ts).
import { FIRST, List } from './memory';

/** Whether a reference of the arena points anywhere (0 ends a chain). */
@inline
export function exists<T>(reference: T): bool {
  return changetype<usize>(reference) != 0;
}

/** Neurons in a block. */
export const LANES: u32 = 16;
/** Most knots of a column whose values are many; folds that the blocks of a net of tables belong to; the most groups: the folds and the tracker. */
export const MOST_KNOTS: u32 = 16;
export const FOLDS: u32 = 8;
export const MOST_GROUPS: u32 = FOLDS + 1;
/** Most features of the least-squares layer with a row of the covariance; those from this number on are effects (effects.ts). */
export const MOST_FEATURES: u32 = 768;
/** The feature of a unit that the least-squares layer does not read. */
export const NO_FEATURE: u32 = 0xffffffff;
/** Bytes of a section: its 16 weights are one cache line. */
export const ROW: u32 = 64;
/** Blocks in a neuron block of 128 neurons. */
export const BLOCKS_A_COUNT: u32 = 8;

/**
 * What blocks read: one segment of an input encoding, or one hidden neuron. Its sections lie together: `count` rows of weights, behind
 * `capacity` rows the running averages in the same order, and before them, for each, the place of its block in the net's arrays (number · ROW).
 */
@unmanaged
export class Unit {
  count: u32;
  /** Running mean of the activation over the steps, silent ones included; step of its last change, and of the last averaging of the weights. */
  mean: f32;
  followed: u32;
  averaged: u32;
  /** Segments only: distance from rest where it starts, and 1 / its width. */
  from: f32;
  scale: f32;
  /** Its number among the features of the least-squares layer, or NO_FEATURE. */
  feature: u32;
  /** Largest activation since the last reduction. */
  peak: f32;

  capacity: u32;
  rows: usize;
  /** The encoding's next step. */
  next: Unit;
}

/** What outputs and hexagons read: the neurons of a hexagon, or the segments of an input. */
@unmanaged
export class Layer {
  /** Hexagons whose blocks read this layer. */
  readers: List;
}

@unmanaged
export class Hexagon extends Layer {
  /** Running means of the squared length of the error that comes back to it, and of that of its pre-activations. */
  errorEnergy: f32;
  firing: f32;

  /** The group that it belongs to: a fold, or the tracker; 0 where there is one group only. */
  group: u32;
  /** Blocks that it may grow. */
  most: u32;
  blocks: List;
  links: List;
  readouts: List;
  /** Neurons that fire in this cycle: pairs (place among the hexagon's neurons: u32, activation: f32). */
  fired: usize;
  firedEnd: usize;
  firedCapacity: u32;
}

/** 16 neurons of one hexagon. Their pre-activations, errors and biases stand in the net's arrays at `number` · ROW. */
@unmanaged
export class Block {
  /** Running mean of 1 + the squared length of the centred activation. */
  norm: f32;

  number: u32;
  hexagon: Hexagon;
  /** For each link of the hexagon one Field, in the same order. */
  fields: usize;
  /** 16 Units, one a neuron; 0 where no hexagon reads this one. */
  neurons: usize;
}

/** What a block sees of a link. */
@unmanaged
export class Field {
  kind: u32;
  /** Corner of a window. */
  x: i32;
  y: i32;
  /** Blocks of another hexagon that are seen. */
  count: u32;
}
/** Kinds of fields; 0 sees nothing. */
export const FIELD_ALL: u32 = 1;
export const FIELD_WINDOW: u32 = 2;
export const FIELD_SHARE: u32 = 3;

@unmanaged
export class Net {
  /** States of the two generators of random numbers: of this shard, and the one that all shards of a cluster draw alike. */
  random: u64;
  choice: u64;
  /** Cycles of training in the cluster's life; those of them that took a step. */
  time: u32;
  steps: u32;
  /** Error gathered since the last block was made. */
  growthBudget: f32;
  /** Factor on all steps from the controller. */
  stepScale: f32;
  /** Running mean of the squared output error. */
  errorEnergy: f32;
  /**
   * What the controller's probes found, as running means: by how much the largest error is less from live than from averaged weights, and its square; Σ e Δ,
   * Σ e² and Σ Δ² (cycle.ts).
   */
  probes: u32;
  lead: f32;
  leadSquares: f32;
  overshoot: f32;
  errors: f32;
  differences: f32;
  /** Whether any output is linear; features of the least-squares layer; 1 when memory was too short for something new. */
  linear: u32;
  features: u32;
  /** Effects, which are features from MOST_FEATURES on, and the columns that they belong to (effects.ts). */
  effects: u32;
  effectColumns: u32;
  full: u32;
  /** Cycle of the last reduction. */
  reduced: u32;
  /** Rows that were handed over to a net of tables; those of them that were new. */
  rows: u32;
  fresh: u32;
  /** New rows since the sample was begun anew; new rows that the tracker has led for. */
  sampled: u32;
  leading: u32;
  /** The number of the last known row when it came before, and the part of rows that follow each other as they did before. */
  followed: u32;
  order: f32;

  /** Settings of the template and of the cluster: blocks that a hexagon may grow; shards that the cluster's neurons are spread over. */
  maxBlocks: u32;
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
  /** Scratch: the units that a new block sees. */
  seen: List;
  /** All blocks, and arrays with 16 floats for each: pre-activation, error, bias and its average; Σ of squared activation and steps (4 floats). */
  blocks: List;
  blockCapacity: u32;
  value: usize;
  error: usize;
  bias: usize;
  biasAverage: usize;
  sum: usize;
  /** For each neuron the steps since it fired last. */
  idle: usize;
  /** Spiking only: what is left of the potential, cycles until a neuron may fire again, and whether it fired just now. */
  potential: usize;
  refractoryLeft: usize;
  spiked: usize;
  /** Groups that the hexagons are copied into, and how many of them are folds; the last one may be the tracker. */
  groups: u32;
  folds: u32;
  regressions: List;
  /** Rows that were learnt before: (knownCapacity) entries of fold.ts. */
  known: usize;
  knownCapacity: u32;
  knownCount: u32;
  /** The inputs' values of the last new row, one behind the other, and the length of the run of a series that it stands in. */
  previous: usize;
  previousBytes: u32;
  run: u32;
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

@inline
export function isSpiking(): bool {
  return net.refractory > 1 || net.cooldown < 1e6;
}
