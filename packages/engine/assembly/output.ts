// Answers, their errors, and the scales of unbounded targets.
import { learnDirect, readDirect } from './direct';
import { allocate, at, release, resize } from './memory';
import { BYTES, Hexagon, Input, Lane, LANES, net, Output, Readout, ROW } from './model';
import { average, isDue, total } from './section';

/** Targets of a linear output that its shift and scale are taken from; nothing is learnt from the first few. */
const SCALE_SAMPLES: u32 = 4096;
const SCALE_FIRST: u32 = 8;
/** Errors up to this size are not worth a step: of classes (several outputs, each 0 or 1), and of measurements. */
const CLASS_GATE: f32 = 0.12;
const GATE: f32 = 0.01;
/** Errors of linear outputs count up to so many times their usual size; for the direct path, which sees each row once, up to more. */
const OUTLIER: f32 = 3;
const DIRECT_OUTLIER: f32 = 9;
/** Slope of the logistic function where it is neither right nor wrong; how fast the trust in the hexagons moves. */
const SLOPE: f64 = 0.1;
const TRUST_RATE: f32 = 0.002;

/** Adds up `floats` floats at `at` over all shards of the cluster. */
@external("env", "allReduce")
declare function allReduce(at: usize, floats: u32): void;

@inline
export function laneOf(output: Output, i: u32): Lane {
  return changetype<Lane>(output.lanes + i * offsetof<Lane>());
}

/** Makes room for `width` output values; old answers stay as they are. */
export function widenOutput(output: Output, width: u32): void {
  if (width <= output.width) return;
  const old = output.bundles;
  const bundles = (width + LANES - 1) / LANES;
  if (bundles > old) {
    const had = old * ROW;
    const bytes = bundles * ROW;
    output.lanes = resize(output.lanes, old * LANES * offsetof<Lane>(), old * LANES * offsetof<Lane>(), bundles * LANES * offsetof<Lane>());
    // The last float of the potentials is Σ h² of what the output reads.
    output.value = resize(output.value, had + 4, had, bytes + 4);
    output.averageValue = resize(output.averageValue, had, had, bytes);
    output.error = resize(output.error, had, had, bytes);
    output.bias = resize(output.bias, had, had, bytes);
    output.biasAverage = resize(output.biasAverage, had, had, bytes);
    output.directValue = resize(output.directValue, had, had, bytes);
    output.directError = resize(output.directError, had, had, bytes);
    output.weights = restride(output.weights, output.featureCapacity, had, bytes);
    for (let i: u32 = 0; i < output.readouts.length; i++) {
      const readout = at<Readout>(output.readouts, i);
      readout.weights = restride(readout.weights, readout.capacity, had, bytes);
      readout.averages = restride(readout.averages, readout.capacity, had, bytes);
    }
    output.bundles = bundles;
  }
  for (let i = output.width; i < width; i++) {
    laneOf(output, i).scale = 1;
    laneOf(output, i).errorSize = 1;
  }
  output.width = width;
}

function restride(matrix: usize, rows: u32, had: u32, bytes: u32): usize {
  const wider = allocate(rows * bytes);
  for (let k: u32 = 0; k < rows; k++) memory.copy(wider + k * bytes, matrix + k * had, had);
  release(matrix, rows * had);
  return wider;
}

/** Neurons that there will be room for when there are so many. */
function roomFor(readout: Readout, neurons: u32): u32 {
  return max<u32>(neurons, max<u32>(256, readout.capacity + readout.capacity / 4));
}

/** Bytes that making room for so many neurons takes. */
export function readoutGrowth(readout: Readout, neurons: u32): usize {
  return neurons <= readout.capacity ? 0 : <usize>roomFor(readout, neurons) * readout.output.bundles * ROW * 2;
}

/** Makes room for a hexagon's neurons; new weights are 0. */
export function growReadout(readout: Readout, neurons: u32): void {
  const old = readout.capacity;
  if (neurons <= old) return;
  const bytes = readout.output.bundles * ROW;
  const capacity = roomFor(readout, neurons);
  readout.weights = resize(readout.weights, old * bytes, old * bytes, capacity * bytes);
  readout.averages = resize(readout.averages, old * bytes, old * bytes, capacity * bytes);
  readout.averaged = resize(readout.averaged, old * 4, old * 4, capacity * 4);
  for (let k = old; k < capacity; k++) store<u32>(readout.averaged + k * 4, net.steps);
  readout.capacity = capacity;
}

@inline
function target(output: Output, row: usize, i: u32): f32 {
  return output.form == BYTES ? <f32>load<u8>(row + i) : load<f32>(row + i * 4);
}

/** Turns outputs linear that have a target other than 0 and 1 in one of the coming rows. */
export function chooseKinds(output: Output, rows: u32): void {
  for (let n: u32 = 0; n < rows; n++) {
    for (let i: u32 = 0; i < output.length; i++) {
      const t = target(output, output.data + n * output.stride, i);
      const lane = laneOf(output, i);
      if (t == 0 || t == 1 || lane.linear) continue;
      // What it answered as a logistic output has no meaning on the new scale: its weights start anew, the hidden neurons stay.
      lane.linear = 1;
      lane.seen = 0;
      net.linear = 1;
      rescale(output, i, 0, 0);
    }
  }
}

/** The weights of output value i ·= factor, its bias = bias · factor + offset; the same for the averages. */
function rescale(output: Output, i: u32, factor: f32, offset: f32): void {
  const bytes = output.bundles * ROW;
  const slot = i * 4;
  for (let r: u32 = 0; r < output.readouts.length; r++) {
    const readout = at<Readout>(output.readouts, r);
    scaleColumn(readout.weights + slot, readout.capacity, bytes, factor);
    scaleColumn(readout.averages + slot, readout.capacity, bytes, factor);
  }
  scaleColumn(output.weights + slot, output.featureCapacity, bytes, factor);
  // The offset goes to the direct path's constant, where there is one.
  if (output.direct.length > 0) {
    const constant = output.weights + at<Input>(output.direct, 0).constant * bytes + slot;
    store<f32>(constant, load<f32>(constant) + offset);
    offset = 0;
  }
  store<f32>(output.bias + slot, load<f32>(output.bias + slot) * factor + offset);
  store<f32>(output.biasAverage + slot, load<f32>(output.biasAverage + slot) * factor + offset);
}

function scaleColumn(first: usize, rows: u32, stride: u32, factor: f32): void {
  for (let k: u32 = 0; k < rows; k++) store<f32>(first + k * stride, load<f32>(first + k * stride) * factor);
}

@inline
function logistic(o: f32): f32 {
  return 1 / (1 + Mathf.exp(-o));
}

/** Takes a target of a linear output into its shift and scale. False while there are too few to learn from. */
function observeTarget(output: Output, i: u32, lane: Lane, t: f32): bool {
  if (lane.seen < SCALE_SAMPLES) {
    const n = <f32>++lane.seen;
    lane.mean += (t - lane.mean) / n;
    lane.deviation += (abs(t - lane.mean) - lane.deviation) / n;
    // At 8, 16, 32, … samples the scale is set anew; answers stay as they are.
    if (lane.seen >= SCALE_FIRST && (lane.seen & (lane.seen - 1)) == 0) {
      const scale = lane.deviation > 0 ? powerOfTwo(lane.deviation) : <f32>1;
      if (lane.seen == SCALE_FIRST) rescale(output, i, 0, 0);
      else rescale(output, i, lane.scale / scale, (lane.shift - lane.mean) / scale);
      lane.shift = lane.mean;
      lane.scale = scale;
    }
  }
  return lane.seen > SCALE_FIRST;
}

function powerOfTwo(x: f32): f32 {
  return Mathf.pow(2, Mathf.round(Mathf.log2(x)));
}

/** potential = bias + Σ activity · weights, from the weights or from their averages, over all shards; and the direct path's potential. */
@inline
export function read(output: Output, averaged: bool): void {
  const bytes = output.bundles * ROW;
  memory.fill(output.value, 0, bytes + 4);
  for (let i: u32 = 0; i < output.readouts.length; i++) {
    const readout = at<Readout>(output.readouts, i);
    const from = readout.hexagon.fired;
    const end = readout.hexagon.firedEnd;
    let squared: f32 = 0;
    for (let p = from; p < end; p += 8) {
      squared += load<f32>(p, 4) * load<f32>(p, 4);
      if (averaged) settle(readout, load<u32>(p), bytes);
    }
    store<f32>(output.value + bytes, load<f32>(output.value + bytes) + squared);
    for (let b: u32 = 0; b < bytes; b += ROW) {
      const rows = (averaged ? readout.averages : readout.weights) + b;
      const z = output.value + b;
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
  if (net.shards > 1) allReduce(output.value, bytes / 4 + 1);
  const bias = averaged ? output.biasAverage : output.bias;
  for (let b: u32 = 0; b < bytes; b += 16) v128.store(output.value + b, f32x4.add(v128.load(output.value + b), v128.load(bias + b)));
  readDirect(output);
}

/** Brings the averages of a neuron's weights up to date. */
@inline
function settle(readout: Readout, neuron: u32, bytes: u32): void {
  const averaged = readout.averaged + neuron * 4;
  const steps = net.steps - load<u32>(averaged);
  if (steps == 0) return;
  average(readout.weights + neuron * bytes, readout.averages + neuron * bytes, bytes, steps);
  store<u32>(averaged, net.steps);
}

/** What the comparisons since `startComparison` found: Σ e², the largest |e|, and whether any is worth a step. */
export let squares: f32 = 0;
export let largest: f32 = 0;
export let worthAStep: bool = false;

export function startComparison(): void {
  squares = 0;
  largest = 0;
  worthAStep = false;
}

/**
 * Errors of all values of an output against one row of targets: y − t for logistic outputs, in scales and without outliers for linear ones. The
 * direct path has errors of its own, as if there were no hexagons; these learn what it lacks, and are trusted as far as that helps.
 */
export function compare(output: Output, row: usize, learning: bool): void {
  let peak: f32 = 0;
  let classes = output.length > 1;
  let agreement: f32 = 0;
  let energy: f32 = 0;
  for (let i: u32 = 0; i < output.length; i++) {
    const lane = laneOf(output, i);
    const h = load<f32>(output.value + i * 4);
    const d = load<f32>(output.directValue + i * 4);
    const t = target(output, row, i);
    let e: f32 = 0;
    let direct: f32 = 0;
    let final: f32 = 0;
    if (t != 0 && t != 1) classes = false;
    if (!lane.linear) {
      e = logistic(d + h) - t;
      final = e;
      if (output.direct.length > 0) {
        direct = logistic(d) - t;
        final = logistic(d + output.trust * h) - t;
        agreement -= 4 * final * h;
      }
    } else if (!learning || observeTarget(output, i, lane, t)) {
      const wanted = (t - lane.shift) / lane.scale;
      final = d + output.trust * h - wanted;
      if (learning) lane.errorSize = max<f32>(1e-6, lane.errorSize + 0.01 * (min(abs(final), 5 * lane.errorSize) - lane.errorSize));
      e = within(d + h - wanted, OUTLIER * lane.errorSize);
      direct = within(d - wanted, DIRECT_OUTLIER * lane.errorSize);
      final = within(final, OUTLIER * lane.errorSize);
      agreement -= final * h;
    }
    energy += h * h;
    store<f32>(output.error + i * 4, e);
    store<f32>(output.directError + i * 4, direct);
    squares += e * e;
    peak = max(peak, abs(final));
  }
  // Values beyond the ones given have no target.
  memory.fill(output.error + output.length * 4, 0, (output.width - output.length) * 4);
  memory.fill(output.directError + output.length * 4, 0, (output.width - output.length) * 4);
  if (peak > (classes ? CLASS_GATE : GATE)) worthAStep = true;
  largest = max(largest, peak);
  if (!learning || output.direct.length == 0) return;
  output.energy += max<f32>(TRUST_RATE, 1 / (1 + <f32>net.time)) * (energy - output.energy);
  output.trust = max<f32>(0, min<f32>(1, output.trust + (TRUST_RATE * agreement) / max<f32>(1e-12, output.energy)));
}

/** Keeps the potentials that the averages gave. */
export function rememberAverages(output: Output): void {
  memory.copy(output.averageValue, output.value, output.bundles * ROW);
}

/** Takes into the controller's sums how the errors of the live weights go with what these changed since the averages. */
export function compareWithAverages(output: Output, rate: f32): void {
  let overshoot: f32 = 0;
  let errors: f32 = 0;
  let differences: f32 = 0;
  for (let i: u32 = 0; i < output.length; i++) {
    const e = load<f32>(output.error + i * 4);
    const difference = load<f32>(output.value + i * 4) - load<f32>(output.averageValue + i * 4);
    overshoot += e * difference;
    errors += e * e;
    differences += difference * difference;
  }
  net.overshoot += rate * (overshoot - net.overshoot);
  net.errors += rate * (errors - net.errors);
  net.differences += rate * (differences - net.differences);
}

@inline
function within(x: f32, limit: f32): f32 {
  return max(-limit, min(limit, x));
}

/** Writes the answers of an output (`width` floats). */
export function answer(output: Output, to: usize): void {
  for (let i: u32 = 0; i < output.width; i++) {
    const lane = laneOf(output, i);
    const o = load<f32>(output.directValue + i * 4) + output.trust * load<f32>(output.value + i * 4);
    store<f32>(to + i * 4, lane.linear ? lane.shift + lane.scale * o : logistic(o));
  }
}

/**
 * One normalised gradient step of an output, η = rate / (1 + max(n, n_now/4)) with n the running mean of n_now = 1 + Σ h².
 * Errors run back to the neurons that it reads.
 */
export function learnOutput(output: Output, rate: f32): void {
  learnDirect(output, net.linear ? 1 : SLOPE);
  const bytes = output.bundles * ROW;
  const n: f32 = 1 + load<f32>(output.value + bytes);
  output.norm += max<f32>(0.002, 1 / (1 + <f32>net.steps)) * (n - output.norm);
  const step = rate / (1 + max(output.norm, n * 0.25));
  for (let i: u32 = 0; i < output.readouts.length; i++) {
    const readout = at<Readout>(output.readouts, i);
    const hexagon = readout.hexagon;
    for (let p = hexagon.fired; p < hexagon.firedEnd; p += 8) {
      const neuron = load<u32>(p);
      if (isDue(net.steps - load<u32>(readout.averaged + neuron * 4))) settle(readout, neuron, bytes);
      const row = readout.weights + neuron * bytes;
      const g = f32x4.splat(-step * load<f32>(p, 4));
      let back = f32x4.splat(0);
      for (let b: u32 = 0; b < bytes; b += 16) {
        const w = v128.load(row + b);
        const d = v128.load(output.error + b);
        back = f32x4.relaxed_madd(w, d, back);
        v128.store(row + b, f32x4.relaxed_madd(g, d, w));
      }
      const error = errorOf(hexagon, neuron);
      store<f32>(error, load<f32>(error) + total(back));
    }
  }
  average(output.bias, output.biasAverage, bytes, 1);
  const g = f32x4.splat(-step);
  for (let b: u32 = 0; b < bytes; b += 16) v128.store(output.bias + b, f32x4.relaxed_madd(g, v128.load(output.error + b), v128.load(output.bias + b)));
}

/** Where the error of a hexagon's neuron is gathered. */
@inline
export function errorOf(hexagon: Hexagon, neuron: u32): usize {
  // The first field of a Bundle behind its state is its number.
  return net.error + load<u32>(load<usize>(hexagon.bundles.data + (neuron / LANES) * sizeof<usize>()), 4) * ROW + (neuron % LANES) * 4;
}
