// Sixteen neurons and their rows of weights: the only hot loops of the engine.
import { allocate, release, resize } from './memory';
import { Bundle, net, ROW, Source } from './model';

/** A bundle without rows; `neurons` gives it sources of its own, so that others can read it. */
export function newBundle(index: u32, neurons: bool): Bundle {
  const b = changetype<Bundle>(allocate(offsetof<Bundle>()));
  const lanes = allocate(4 * 64);
  b.bias = lanes;
  b.biasAverage = lanes + 64;
  b.value = lanes + 128;
  b.error = lanes + 192;
  b.biasTouched = net.time;
  b.index = index;
  if (neurons) {
    b.neurons = allocate(16 * offsetof<Source>());
    for (let lane: u32 = 0; lane < 16; lane++) neuron(b, lane).error = b.error + lane * 4;
  }
  return b;
}

/** From a row's weights to their averages, in bytes. */
@inline
export function averages(b: Bundle): usize {
  return b.rowCapacity * ROW;
}

@inline
export function neuron(b: Bundle, lane: u32): Source {
  return changetype<Source>(b.neurons + lane * offsetof<Source>());
}

@inline
export function rowSource(b: Bundle, row: u32): Source {
  return changetype<Source>(load<usize>(b.rowSources + row * sizeof<usize>()));
}

/** Lets bundle `b` read `source`: a section of 16 synapses, weights and averages 0. Returns the address of the row. */
export function addRow(b: Bundle, source: Source): usize {
  if (b.rowCount == b.rowCapacity) growRows(b, b.rowCapacity + max<u32>(32, b.rowCapacity / 4));
  const k = b.rowCount++;
  store<usize>(b.rowSources + k * sizeof<usize>(), changetype<usize>(source));
  store<u32>(b.rowTouched + k * 4, net.time);
  if (source.fanoutLength == source.fanoutCapacity) {
    const used = source.fanoutCapacity * 8;
    const capacity = max<u32>(8, source.fanoutCapacity * 2);
    source.fanout = resize(source.fanout, used, used, capacity * 8);
    source.fanoutCapacity = capacity;
  }
  const entry = source.fanout + source.fanoutLength++ * 8;
  store<u32>(entry, <u32>changetype<usize>(b));
  store<u32>(entry, k * <u32>ROW, 4);
  return b.rows + k * ROW;
}

/** Makes room for `capacity` rows. */
export function growRows(b: Bundle, capacity: u32): void {
  const n = b.rowCapacity;
  const rows = allocate(capacity * ROW * 2);
  memory.copy(rows, b.rows, b.rowCount * ROW);
  memory.copy(rows + capacity * ROW, b.rows + averages(b), b.rowCount * ROW);
  release(b.rows, n * ROW * 2);
  b.rows = rows;
  b.rowSources = resize(b.rowSources, n * sizeof<usize>(), b.rowCount * sizeof<usize>(), capacity * sizeof<usize>());
  b.rowTouched = resize(b.rowTouched, n * 4, b.rowCount * 4, capacity * 4);
  const used = b.activeEnd - b.active;
  b.active = resize(b.active, n * 8, used, capacity * 8);
  b.activeEnd = b.active + used;
  b.rowCapacity = capacity;
}

/** Hands a source's activity to every bundle that reads it. */
@inline
export function activate(source: Source, activity: f32): void {
  const end = source.fanout + source.fanoutLength * 8;
  for (let p = source.fanout; p < end; p += 8) {
    const b = changetype<Bundle>(<usize>load<u32>(p));
    const slot = b.activeEnd;
    store<u32>(slot, load<u32>(p, 4));
    store<f32>(slot, activity, 4);
    b.activeEnd = slot + 8;
  }
}

/** value = bias + Σ activity · row, from the weights or from their averages. */
@inline
export function potential(b: Bundle, averaged: bool): void {
  const bias = averaged ? b.biasAverage : b.bias;
  let z0 = v128.load(bias);
  let z1 = v128.load(bias, 16);
  let z2 = v128.load(bias, 32);
  let z3 = v128.load(bias, 48);
  const rows = averaged ? b.rows + averages(b) : b.rows;
  const end = b.activeEnd;
  for (let p = b.active; p < end; p += 8) {
    const row = rows + load<u32>(p);
    const r = v128.load32_splat(p, 4);
    z0 = f32x4.relaxed_madd(r, v128.load(row), z0);
    z1 = f32x4.relaxed_madd(r, v128.load(row, 16), z1);
    z2 = f32x4.relaxed_madd(r, v128.load(row, 32), z2);
    z3 = f32x4.relaxed_madd(r, v128.load(row, 48), z3);
  }
  const value = b.value;
  v128.store(value, z0);
  v128.store(value, z1, 16);
  v128.store(value, z2, 32);
  v128.store(value, z3, 48);
}

/** Hidden bundles: value = max(0, value); the active neurons go to their readers. */
@inline
export function fire(b: Bundle, centred: bool): void {
  const zero = f32x4.splat(0);
  let mask: u32 = 0;
  for (let i: usize = 0; i < 64; i += 16) {
    const h = f32x4.max(v128.load(b.value + i), zero);
    v128.store(b.value + i, h);
    mask |= <u32>i32x4.bitmask(f32x4.gt(h, zero)) << <u32>(i >> 2);
  }
  for (; mask != 0; mask &= mask - 1) {
    const lane = ctz(mask);
    const h = load<f32>(b.value + lane * 4);
    const source = neuron(b, lane);
    if (centred) follow(source, h);
    activate(source, h);
  }
}

/** The running mean of a source's activity: silent cycles fade it, this one adds to it. */
@inline
export function follow(source: Source, activity: f32): void {
  const rate = meanRate;
  // (1 − rate)^cycles, nearly; the division is left out where it makes no difference.
  const fade = rate * <f32>(net.time - source.touched);
  const m = fade < 0.03125 ? source.mean * (1 - fade + fade * fade) : source.mean / (1 + fade);
  source.mean = m + rate * (activity - m);
  source.activity = activity;
  source.touched = net.time;
}

/** Zeroes the error of neurons that are silent; returns the squared length of what is left. */
@inline
export function maskError(b: Bundle): f32 {
  const zero = f32x4.splat(0);
  let sum = zero;
  for (let i: usize = 0; i < 64; i += 16) {
    const d = v128.and(v128.load(b.error + i), f32x4.gt(v128.load(b.value + i), zero));
    v128.store(b.error + i, d);
    sum = f32x4.relaxed_madd(d, d, sum);
  }
  return total(sum);
}

@inline
function total(v: v128): f32 {
  const pairs = f32x4.add(v, i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

// Rates of this cycle, set by `startCycle`.
let averageRate: f32 = 1;
let meanRate: f32 = 1;
let normRate: f32 = 1;

/** Sets the rates that depend on the cluster's age. Kept out of the net: they follow from its time. */
export function startCycle(): void {
  const t = <f32>net.time;
  // Averages cover about the last tenth of the life, at most the last 100,000 cycles.
  averageRate = max<f32>(1 / (1 + 0.1 * t), 0.00001);
  meanRate = max<f32>(0.001, 1 / (1 + t));
  normRate = max<f32>(0.002, 1 / (1 + t));
}

/** By how much an average moves towards a weight that stood still for `cycles` cycles: 1 − (1 − rate)^cycles, nearly. */
@inline
function catchUp(cycles: u32): f32 {
  const q: f32 = 1 / (1 + averageRate * 0.25 * <f32>cycles);
  return 1 - q * q * q * q;
}

/**
 * One normalised gradient step of a hidden bundle, and the error handed to hidden sources.
 * η = rate / (1 + max(n, n_now/4)) with n the running mean of n_now = 1 + Σ (r − m)²; w −= η (r − m) d, bias −= η d (1 − Σ m (r − m)).
 */
export function learnHidden(b: Bundle, rate: f32, hasNeuronSources: bool): void {
  let n: f32 = 1;
  let shared: f32 = 0;
  const end = b.activeEnd;
  for (let p = b.active; p < end; p += 8) {
    const source = rowSource(b, load<u32>(p) >> 6);
    const m = source.mean;
    const c = load<f32>(p, 4) - m;
    store<f32>(p, c, 4);
    n += c * c;
    shared += m * c;
  }
  b.norm = b.norm == 0 ? n : b.norm + 0.005 * (n - b.norm);
  const step = rate / (1 + max(b.norm, n * 0.25));
  stepRows(b, step, hasNeuronSources);
  stepBias(b, step * (1 - shared));
}

/** One normalised gradient step of an output bundle, not centred; its error goes to all neurons that it reads. */
export function learnOutput(b: Bundle, rate: f32): void {
  let n: f32 = 1;
  const end = b.activeEnd;
  for (let p = b.active; p < end; p += 8) {
    const r = load<f32>(p, 4);
    n += r * r;
  }
  b.norm += normRate * (n - b.norm);
  const step = rate / (1 + max(b.norm, n * 0.25));
  stepRows(b, step, true);
  stepBias(b, step);
}

@inline
function stepRows(b: Bundle, step: f32, handBack: bool): void {
  const d0 = v128.load(b.error);
  const d1 = v128.load(b.error, 16);
  const d2 = v128.load(b.error, 32);
  const d3 = v128.load(b.error, 48);
  const end = b.activeEnd;
  const time = net.time;
  const shift = averages(b);
  for (let p = b.active; p < end; p += 8) {
    const offset = load<u32>(p);
    const row = b.rows + offset;
    const mean = row + shift;
    const k = offset >> 6;
    const touched = b.rowTouched + k * 4;
    const f = f32x4.splat(catchUp(time - load<u32>(touched)));
    store<u32>(touched, time);
    const g = f32x4.splat(-step * load<f32>(p, 4));
    let w0 = v128.load(row);
    let w1 = v128.load(row, 16);
    let w2 = v128.load(row, 32);
    let w3 = v128.load(row, 48);
    if (handBack) {
      const source = rowSource(b, k);
      if (source.error != 0) {
        let dot = f32x4.mul(w0, d0);
        dot = f32x4.relaxed_madd(w1, d1, dot);
        dot = f32x4.relaxed_madd(w2, d2, dot);
        dot = f32x4.relaxed_madd(w3, d3, dot);
        store<f32>(source.error, load<f32>(source.error) + total(dot));
      }
    }
    let a = v128.load(mean);
    v128.store(mean, f32x4.relaxed_madd(f, f32x4.sub(w0, a), a));
    a = v128.load(mean, 16);
    v128.store(mean, f32x4.relaxed_madd(f, f32x4.sub(w1, a), a), 16);
    a = v128.load(mean, 32);
    v128.store(mean, f32x4.relaxed_madd(f, f32x4.sub(w2, a), a), 32);
    a = v128.load(mean, 48);
    v128.store(mean, f32x4.relaxed_madd(f, f32x4.sub(w3, a), a), 48);
    v128.store(row, f32x4.relaxed_madd(g, d0, w0));
    v128.store(row, f32x4.relaxed_madd(g, d1, w1), 16);
    v128.store(row, f32x4.relaxed_madd(g, d2, w2), 32);
    v128.store(row, f32x4.relaxed_madd(g, d3, w3), 48);
  }
}

@inline
function stepBias(b: Bundle, step: f32): void {
  average(b.bias, b.biasAverage, net.time - b.biasTouched);
  b.biasTouched = net.time;
  const g = f32x4.splat(-step);
  for (let i: usize = 0; i < 64; i += 16) {
    v128.store(b.bias + i, f32x4.relaxed_madd(g, v128.load(b.error + i), v128.load(b.bias + i)));
  }
}

@inline
function average(weights: usize, averages: usize, cycles: u32): void {
  const f = f32x4.splat(catchUp(cycles));
  for (let i: usize = 0; i < 64; i += 16) {
    const a = v128.load(averages + i);
    v128.store(averages + i, f32x4.relaxed_madd(f, f32x4.sub(v128.load(weights + i), a), a));
  }
}

/** Brings all averages of a bundle up to date. */
export function settle(b: Bundle): void {
  for (let k: u32 = 0; k < b.rowCount; k++) {
    const row = b.rows + k * ROW;
    const touched = b.rowTouched + k * 4;
    average(row, row + averages(b), net.time - load<u32>(touched));
    store<u32>(touched, net.time);
  }
  average(b.bias, b.biasAverage, net.time - b.biasTouched);
  b.biasTouched = net.time;
}
