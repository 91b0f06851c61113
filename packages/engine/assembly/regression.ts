// The least-squares layer: outputs read the units of tables without a hexagon between, by recursive least squares (Plackett 1950). It finds what is linear,
// and what each value adds by itself, in few rows; the hexagons learn what is left. One covariance serves all outputs that read the same inputs.
import { forgetEffect, growEffectColumns, isEffect, learnEffects, sumsOf, varianceOf } from './effects';
import { allocate, at, List, newList, push as append, release, resize } from './memory';
import { exists, MOST_FEATURES, net, NO_FEATURE, ROW, Unit } from './model';
import { Input, Output, Regression } from './terminals';
import { hasRoom } from './room';

/** Variance that the weights of a linear unit, and of a hat, are expected to have, in spreads of the target. */
export const LINEAR_PRIOR: f64 = 0.3;
export const HAT_PRIOR: f64 = 0.03;
/** A row tells at least, and at most, this much. */
const LEAST_SLOPE: f64 = 0.05;
export const MOST_TOLD: f64 = 16;
/** Leverage that counts at most. */
const MOST_LEVERAGE: f64 = 0.5;
/** A row that tells less than this changes what is known about the features at every KNOWN_EVERY-th step only. */
const KNOWN: f64 = 0.02;
const KNOWN_EVERY: u32 = 4;

/** The outputs that read the same tables share a layer. The feature 0 is the constant. */
export function connectTables(answersTo: (output: Output, input: Input) => bool): void {
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    const inputs = newList();
    for (let k: u32 = 0; k < net.inputs.length; k++) {
      const input = at<Input>(net.inputs, k);
      if (input.table && answersTo(output, input)) append<Input>(inputs, input);
    }
    if (inputs.length == 0) continue;
    let found: u32 = 0;
    while (found < net.regressions.length && !same(at<Regression>(net.regressions, found).inputs, inputs)) found++;
    if (found == net.regressions.length) {
      const made = changetype<Regression>(allocate(offsetof<Regression>()));
      made.inputs = inputs;
      append<Regression>(net.regressions, made);
    }
    output.regression = at<Regression>(net.regressions, found);
  }
  if (net.features == 0) net.features = 1;
  growFeatures();
  growEffectColumns(0);
}

function same(a: List, b: List): bool {
  if (a.length != b.length) return false;
  for (let i: u32 = 0; i < a.length; i++) if (at<Input>(a, i) != at<Input>(b, i)) return false;
  return true;
}

/** A new feature, its weights 0; its number, or NO_FEATURE if there are too many. */
export function newFeature(prior: f64): u32 {
  if (net.features == MOST_FEATURES || !hasRoom(roomToGrow())) return NO_FEATURE;
  const f = net.features++;
  growFeatures();
  for (let i: u32 = 0; i < net.regressions.length; i++) forgetFeature(at<Regression>(net.regressions, i), f, prior);
  return f;
}

/** Gives a unit that has an effect a feature with a row of the covariance, with the same weights and variance. */
export function joinFeatures(unit: Unit): void {
  const f = newFeature(0);
  if (f == NO_FEATURE) return;
  const old = unit.feature;
  for (let i: u32 = 0; i < net.regressions.length; i++) {
    const r = at<Regression>(net.regressions, i);
    store<f64>(r.covariance + f * (r.capacity + 1) * 8, varianceOf(r, old));
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    if (!exists(output.regression)) continue;
    const bytes = output.blocks * ROW;
    const v = <f32>varianceOf(output.regression, old);
    for (let k: u32 = 0; k < bytes; k += 4) store<f32>(output.weights + f * bytes + k, v * load<f32>(sumsOf(output, old) + k));
  }
  unit.feature = f;
}

/** Bytes that one more feature takes, if the layers have to grow for it. */
function roomToGrow(): usize {
  let bytes: usize = 0;
  for (let i: u32 = 0; i < net.regressions.length; i++) {
    const r = at<Regression>(net.regressions, i);
    if (net.features + 1 > r.capacity) bytes += capacityFor(net.features + 1) * capacityFor(net.features + 1) * 8;
  }
  return bytes;
}

function capacityFor(features: u32): u32 {
  return min<u32>(MOST_FEATURES, max<u32>(32, (features + features / 2 + 1) & ~1));
}

/** Makes a feature independent of all others, its weights of this variance. */
export function forgetFeature(r: Regression, f: u32, prior: f64): void {
  if (isEffect(f)) return forgetEffect(r, f);
  for (let q: u32 = 0; q < r.capacity; q++) {
    store<f64>(r.covariance + (f * r.capacity + q) * 8, 0);
    store<f64>(r.covariance + (q * r.capacity + f) * 8, 0);
  }
  store<f64>(r.covariance + f * (r.capacity + 1) * 8, prior);
}

/** P ·= factor. */
export function scaleCovariance(r: Regression, factor: f64): void {
  for (let at: usize = 0; at < r.capacity * r.capacity * 8; at += 8) store<f64>(r.covariance + at, load<f64>(r.covariance + at) * factor);
}

/** Room for all features of the net. */
export function growFeatures(): void {
  for (let i: u32 = 0; i < net.regressions.length; i++) {
    const r = at<Regression>(net.regressions, i);
    const old = r.capacity;
    if (net.features <= old) continue;
    const capacity = capacityFor(net.features);
    const covariance = allocate(capacity * capacity * 8);
    for (let q: u32 = 0; q < old; q++) memory.copy(covariance + q * capacity * 8, r.covariance + q * old * 8, old * 8);
    release(r.covariance, old * old * 8);
    r.covariance = covariance;
    r.gains = resize(r.gains, old * 8, 0, capacity * 8);
    r.capacity = capacity;
    if (old == 0) store<f64>(covariance, LINEAR_PRIOR);
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    if (!exists(output.regression) || output.regression.capacity <= output.weightRows) continue;
    const bytes = output.blocks * ROW;
    output.weights = resize(output.weights, output.weightRows * bytes, output.weightRows * bytes, output.regression.capacity * bytes);
    output.weightRows = output.regression.capacity;
  }
}

/** pre-activation = Σ value · weights, over the units of the tables that the output reads. */
export function readRegression(output: Output): void {
  if (!exists(output.regression)) return;
  const bytes = output.blocks * ROW;
  memory.copy(output.regressionValue, output.weights, bytes);
  const inputs = output.regression.inputs;
  for (let i: u32 = 0; i < inputs.length; i++) {
    const input = at<Input>(inputs, i);
    for (let p = input.active; p < input.activeEnd; p += 8) {
      const f = changetype<Unit>(<usize>load<u32>(p)).feature;
      if (f == NO_FEATURE) continue;
      const effect = isEffect(f);
      const r = effect ? f32x4.splat(<f32>varianceOf(output.regression, f)) : v128.load32_splat(p, 4);
      const row = effect ? sumsOf(output, f) : output.weights + f * bytes;
      for (let b: usize = 0; b < bytes; b += 16) {
        const z = output.regressionValue + b;
        v128.store(z, f32x4.relaxed_madd(r, v128.load(row + b), v128.load(z)));
      }
    }
  }
}

/** Learns from a row that is new: k = P r; weights −= k e / (1 + s rᵀk); P −= s k kᵀ / (1 + s rᵀk), s what the row tells. */
export function learnRegressions(): void {
  for (let i: u32 = 0; i < net.regressions.length; i++) learnRegression(at<Regression>(net.regressions, i));
}

function learnRegression(r: Regression): void {
  let slope: f64 = 0;
  let used: f64 = 1;
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    if (output.regression != r) continue;
    slope += output.slope;
    used = min(used, output.used);
  }
  slope = max(LEAST_SLOPE, min<f64>(MOST_TOLD, slope)) * used;
  const n = (net.features + 1) & ~1;
  gather(r);
  const factor: f64 = 1 / (1 + slope * r.variance);
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    if (output.regression == r) learnWeights(output, r, factor);
  }
  learnEffects(r, slope, r.variance);
  if (slope * r.variance < KNOWN && net.time % KNOWN_EVERY != 0) return;
  for (let f: u32 = 0; f < net.features; f++) {
    const gain = load<f64>(r.gains + f * 8);
    if (gain == 0) continue;
    const g = f64x2.splat(-slope * factor * gain);
    const row = r.covariance + f * r.capacity * 8;
    for (let j: usize = 0; j < n * 8; j += 16) v128.store(row + j, f64x2.relaxed_madd(g, v128.load(r.gains + j), v128.load(row + j)));
  }
}

/** Works out what the row at hand would tell each layer. */
export function gatherAll(): void {
  for (let i: u32 = 0; i < net.regressions.length; i++) gather(at<Regression>(net.regressions, i));
}

/**
 * What a layer that never saw the row would have erred by more, as a part of its error e: from leverage h = s rᵀ P r the left-out error is e / (1 − h)
 * (Cook and Weisberg 1982), of which e is there already.
 */
export function leftOut(r: Regression, slope: f64): f32 {
  const s = max(LEAST_SLOPE, min<f64>(MOST_TOLD, slope));
  // A row that the layer does not know after all, such as after knots were placed anew, has no such bound.
  const h = min(MOST_LEVERAGE, s * r.variance);
  return <f32>(h / (s * (1 - h)));
}

/** gains = P r, variance = rᵀ P r. */
function gather(r: Regression): void {
  const n = (net.features + 1) & ~1;
  const stride = r.capacity * 8;
  const gains = r.gains;
  memory.copy(gains, r.covariance, n * 8);
  for (let i: u32 = 0; i < r.inputs.length; i++) {
    const input = at<Input>(r.inputs, i);
    for (let p = input.active; p < input.activeEnd; p += 8) {
      const f = changetype<Unit>(<usize>load<u32>(p)).feature;
      if (f >= MOST_FEATURES) continue;
      const value = f64x2.splat(<f64>load<f32>(p, 4));
      const row = r.covariance + f * stride;
      for (let j: usize = 0; j < n * 8; j += 16) v128.store(gains + j, f64x2.relaxed_madd(value, v128.load(row + j), v128.load(gains + j)));
    }
  }
  let variance = load<f64>(gains);
  for (let i: u32 = 0; i < r.inputs.length; i++) {
    const input = at<Input>(r.inputs, i);
    for (let p = input.active; p < input.activeEnd; p += 8) {
      const f = changetype<Unit>(<usize>load<u32>(p)).feature;
      const value = <f64>load<f32>(p, 4);
      if (f < MOST_FEATURES) variance += value * load<f64>(gains + f * 8);
      else if (f != NO_FEATURE) variance += varianceOf(r, f);
    }
  }
  r.variance = variance;
}

function learnWeights(output: Output, r: Regression, factor: f64): void {
  for (let f: u32 = 0; f < net.features; f++) {
    const gain = load<f64>(r.gains + f * 8);
    if (gain == 0) continue;
    moveWeights(output, f, <f32>(-factor * gain));
  }
}

/** The weights of a feature −= step · e. */
@inline
function moveWeights(output: Output, f: u32, step: f32): void {
  const bytes = output.blocks * ROW;
  const g = f32x4.splat(step);
  const row = output.weights + f * bytes;
  for (let b: usize = 0; b < bytes; b += 16) {
    v128.store(row + b, f32x4.relaxed_madd(g, v128.load(output.regressionError + b), v128.load(row + b)));
  }
}
