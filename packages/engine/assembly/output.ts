// Outputs: what they read, their answers, and their steps.
import { learns } from './compare';
import { allocate, at, release, resize } from './memory';
import { Block, Hexagon, LANES, net, ROW } from './model';
import { areClasses, Lane, laneOf, Output, Readout } from './terminals';
import { readRegression } from './regression';
import { average, isDue, total } from './section';
import { errorRow, groupBytes, logistic, valueOf } from './target';
import { foldsMixing } from './mixing';

/** Adds up `floats` floats at `at` over all shards of the cluster. */
@external("env", "allReduce")
declare function allReduce(at: usize, floats: u32): void;

/** Makes room for `width` output values; old answers stay as they are. */
export function widenOutput(output: Output, width: u32): void {
  if (width <= output.width) return;
  const old = output.blocks;
  const blocks = (width + LANES - 1) / LANES;
  if (blocks > old) {
    const had = old * ROW;
    const bytes = blocks * ROW;
    release(output.value, groupBytes(output) * (net.groups + 1));
    release(output.errors, groupBytes(output) * (net.groups + 1));
    output.lanes = resize(output.lanes, old * LANES * offsetof<Lane>(), old * LANES * offsetof<Lane>(), blocks * LANES * offsetof<Lane>());
    output.averageValue = resize(output.averageValue, had, had, bytes);
    output.bias = resize(output.bias, had, had, bytes);
    output.biasAverage = resize(output.biasAverage, had, had, bytes);
    output.regressionValue = resize(output.regressionValue, had, had, bytes);
    output.regressionError = resize(output.regressionError, had, had, bytes);
    output.weights = restride(output.weights, output.weightRows, had, bytes);
    output.effects = restride(output.effects, output.effectRows, had, bytes);
    for (let i: u32 = 0; i < output.readouts.length; i++) {
      const readout = at<Readout>(output.readouts, i);
      readout.weights = restride(readout.weights, readout.capacity, had, bytes);
      readout.averages = restride(readout.averages, readout.capacity, had, bytes);
    }
    output.blocks = blocks;
    allocateGroups(output);
  }
  for (let i = output.width; i < width; i++) {
    laneOf(output, i).scale = 1;
    laneOf(output, i).errorSize = 1;
    laneOf(output, i).regressionSize = 1;
  }
  output.width = width;
}

function allocateGroups(output: Output): void {
  output.value = allocate(groupBytes(output) * (net.groups + 1));
  output.errors = allocate(groupBytes(output) * (net.groups + 1));
}

/** Room for what more groups than one give. */
export function regroup(output: Output): void {
  if (output.blocks == 0 || net.groups == 1) return;
  release(output.value, groupBytes(output) * 2);
  release(output.errors, groupBytes(output) * 2);
  allocateGroups(output);
}

function restride(matrix: usize, rows: u32, had: u32, bytes: u32): usize {
  const wider = allocate(rows * bytes);
  for (let k: u32 = 0; k < rows; k++) memory.copy(wider + k * bytes, matrix + k * had, had);
  release(matrix, rows * had);
  return wider;
}

/** Neurons that there will be room for when there are so many. */
function roomFor(readout: Readout, neurons: u32): u32 {
  return max<u32>(neurons, net.groups > 1 ? readout.capacity * 2 : max<u32>(256, readout.capacity + readout.capacity / 4));
}

/** Bytes that making room for so many neurons takes. */
export function readoutGrowth(readout: Readout, neurons: u32): usize {
  return neurons <= readout.capacity ? 0 : <usize>roomFor(readout, neurons) * readout.output.blocks * ROW * 2;
}

/** Makes room for a hexagon's neurons; new weights are 0. */
export function growReadout(readout: Readout, neurons: u32): void {
  const old = readout.capacity;
  if (neurons <= old) return;
  const bytes = readout.output.blocks * ROW;
  const capacity = roomFor(readout, neurons);
  readout.weights = resize(readout.weights, old * bytes, old * bytes, capacity * bytes);
  readout.averages = resize(readout.averages, old * bytes, old * bytes, capacity * bytes);
  readout.averaged = resize(readout.averaged, old * 4, old * 4, capacity * 4);
  for (let k = old; k < capacity; k++) store<u32>(readout.averaged + k * 4, net.steps);
  readout.capacity = capacity;
}

/** For each group pre-activation = Σ activation · weights, from the weights or from their averages, over all shards; and what the least-squares layer gives. */
@inline
export function read(output: Output, averaged: bool): void {
  const bytes = output.blocks * ROW;
  memory.fill(output.value, 0, groupBytes(output) * (net.groups + 1));
  for (let i: u32 = 0; i < output.readouts.length; i++) {
    const readout = at<Readout>(output.readouts, i);
    const value = valueOf(output, readout.hexagon.group);
    const from = readout.hexagon.fired;
    const end = readout.hexagon.firedEnd;
    let squared: f32 = 0;
    for (let p = from; p < end; p += 8) {
      squared += load<f32>(p, 4) * load<f32>(p, 4);
      if (averaged) settleReadout(readout, load<u32>(p), bytes);
    }
    store<f32>(value + bytes, load<f32>(value + bytes) + squared);
    for (let b: u32 = 0; b < bytes; b += ROW) {
      const rows = (averaged ? readout.averages : readout.weights) + b;
      const z = value + b;
      let z0 = v128.load(z);
      let z1 = v128.load(z, 16);
      let z2 = v128.load(z, 32);
      let z3 = v128.load(z, 48);
      for (let p = from; p < end; p += 8) {
        const row = rows + load<u32>(p) * bytes;
        const h = v128.load32_splat(p, 4);
        z0 = f32x4.relaxed_madd(h, v128.load(row), z0);
        z1 = f32x4.relaxed_madd(h, v128.load(row, 16), z1);
        z2 = f32x4.relaxed_madd(h, v128.load(row, 32), z2);
        z3 = f32x4.relaxed_madd(h, v128.load(row, 48), z3);
      }
      v128.store(z, z0);
      v128.store(z, z1, 16);
      v128.store(z, z2, 32);
      v128.store(z, z3, 48);
    }
  }
  if (net.shards > 1) allReduce(output.value, (groupBytes(output) * net.groups) / 4);
  if (net.groups == 1) {
    const bias = averaged ? output.biasAverage : output.bias;
    for (let b: u32 = 0; b < bytes; b += 16) v128.store(output.value + b, f32x4.add(v128.load(output.value + b), v128.load(bias + b)));
  } else meanOfFolds(output, bytes);
  readRegression(output);
}

function meanOfFolds(output: Output, bytes: u32): void {
  const mean = valueOf(output, net.groups);
  const part = f32x4.splat(1 / <f32>net.folds);
  for (let g: u32 = 0; g < net.folds; g++) {
    const value = valueOf(output, g);
    for (let b: u32 = 0; b < bytes; b += 16) v128.store(mean + b, f32x4.relaxed_madd(part, v128.load(value + b), v128.load(mean + b)));
  }
}

/** Brings the averages of a neuron's weights up to date. */
@inline
function settleReadout(readout: Readout, neuron: u32, bytes: u32): void {
  const averaged = readout.averaged + neuron * 4;
  const steps = net.steps - load<u32>(averaged);
  if (steps == 0) return;
  average(readout.weights + neuron * bytes, readout.averages + neuron * bytes, bytes, steps);
  store<u32>(averaged, net.steps);
}

/** Writes the answers of an output (`width` floats), of the hexagons or of the tracker alone. */
export function answer(output: Output, to: usize, tracking: bool): void {
  if (tracking) write(output, valueOf(output, net.folds), output.trackerMixing, to);
  else write(output, valueOf(output, net.groups == 1 ? 0 : net.groups), foldsMixing(output), to);
}

/** The same of two folds alone, whose mean stands at the place of the first (mixing.ts). */
export function answerOfPair(output: Output, first: u32, to: usize): void {
  write(output, valueOf(output, first), output.pairMixing, to);
}

/** Answers of what some hexagons give, counted by `share`, beside the least-squares layer. */
function write(output: Output, h: usize, share: f32, to: usize): void {
  const several = areClasses(output);
  let most: f32 = -Infinity;
  for (let i: u32 = 0; i < output.width; i++) {
    const lane = laneOf(output, i);
    const z = load<f32>(output.regressionValue + i * 4) + share * load<f32>(h + i * 4);
    most = max(most, z);
    store<f32>(to + i * 4, several ? z : lane.linear ? lane.shift + lane.scale * z : logistic(z));
  }
  if (!several) return;
  let sum: f32 = 0;
  for (let i: u32 = 0; i < output.width; i++) {
    const p = Mathf.exp(load<f32>(to + i * 4) - most);
    store<f32>(to + i * 4, p);
    sum += p;
  }
  for (let i: u32 = 0; i < output.width; i++) store<f32>(to + i * 4, load<f32>(to + i * 4) / sum);
}

/**
 * One normalised gradient step of the groups that learn, η = rate / (1 + max(n, n_now/4)) with n the running mean of n_now = 1 + Σ h².
 * Errors run back to the neurons that the output reads.
 */
export function learnOutput(output: Output, rate: f32, trackerRate: f32): void {
  const bytes = output.blocks * ROW;
  for (let i: u32 = 0; i < output.readouts.length; i++) {
    const readout = at<Readout>(output.readouts, i);
    const hexagon = readout.hexagon;
    const group = hexagon.group;
    if (!learns(group)) continue;
    const n: f32 = 1 + load<f32>(valueOf(output, group) + bytes);
    const norms = output.norms + group * 4;
    // Several hexagons of a group are read by the same step.
    if (i == 0 || at<Readout>(output.readouts, i - 1).hexagon.group != group) {
      store<f32>(norms, load<f32>(norms) + max<f32>(0.002, 1 / (1 + <f32>net.steps)) * (n - load<f32>(norms)));
    }
    const step = (group < net.folds ? rate : trackerRate) / (1 + max(load<f32>(norms), n * 0.25));
    const errors = errorRow(output, group);
    for (let p = hexagon.fired; p < hexagon.firedEnd; p += 8) {
      const neuron = load<u32>(p);
      if (isDue(net.steps - load<u32>(readout.averaged + neuron * 4))) settleReadout(readout, neuron, bytes);
      const row = readout.weights + neuron * bytes;
      const g = f32x4.splat(-step * load<f32>(p, 4));
      let back = f32x4.splat(0);
      for (let b: u32 = 0; b < bytes; b += 16) {
        const w = v128.load(row + b);
        const d = v128.load(errors + b);
        back = f32x4.relaxed_madd(w, d, back);
        v128.store(row + b, f32x4.relaxed_madd(g, d, w));
      }
      const error = errorOf(hexagon, neuron);
      store<f32>(error, load<f32>(error) + total(back));
    }
  }
  if (net.groups > 1) return;
  average(output.bias, output.biasAverage, bytes, 1);
  const step = rate / (1 + max(load<f32>(output.norms), (1 + load<f32>(output.value + bytes)) * 0.25));
  const g = f32x4.splat(-step);
  for (let b: u32 = 0; b < bytes; b += 16) v128.store(output.bias + b, f32x4.relaxed_madd(g, v128.load(output.errors + b), v128.load(output.bias + b)));
}

/** Where the error of a hexagon's neuron is gathered. */
@inline
export function errorOf(hexagon: Hexagon, neuron: u32): usize {
  return net.error + at<Block>(hexagon.blocks, neuron / LANES).number * ROW + (neuron % LANES) * 4;
}
