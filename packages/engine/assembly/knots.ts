// Where the knots of columns lie, and how what was learnt is carried over to new ones.
import { addHat, CATEGORY_FEATURES, columnAt, drawLinear, hatOf, locate, MOST_LEVELS, newColumnUnit, placeOf, sampled } from './column';
import { allocate, at, release } from './memory';
import { exists, MOST_KNOTS, net, NO_FEATURE, ROW, Unit } from './model';
import { CATEGORIES, Column, Input, LINEAR, MANY, Output, Regression } from './terminals';
import { normal } from './random';
import { forgetFeature, HAT_PRIOR, LINEAR_PRIOR } from './regression';
import { averagesOf, blockOf, settle } from './section';
import { sort } from './sort';

/** Distinct values that come this often each get a knot, up to MOST_LEVELS. */
const OFTEN: u32 = 8;
/** With so many levels a column holds codes rather than a scale; variance that the weight of one is expected to have. */
const CODES: u32 = 64;
const CODE_PRIOR: f64 = 0.3;
/** Features that the columns of a table share: with more columns each has fewer knots. */
const FEATURES: u32 = 700;
/** A change of the spread by more than the root of this begins the linear weight anew. */
const CHANGED: f64 = 2;
/** Spreads that differ by more than this, or medians by so many spreads, have nothing to do with each other. */
const ELSEWHERE: f64 = 10000;

// Scratch of `placeKnots`.
let sorted: usize = 0;
const before = memory.data(641 * 8);
const after = memory.data(641 * 8);
/** For each new knot the old one below it (−1 if there were none), and where between that and the next it lies. */
const oldKnot = memory.data(640 * 4);
const oldPlace = memory.data(640 * 8);
const newKnots = memory.data(640 * 8);

/** Values after which a column that had but two different ones needs no hats. */
const FIRST_FEW: u32 = 16;

/** Features that each column of the input may have: they are shared by those that may need hats. */
function featuresEach(input: Input): u32 {
  let many: u32 = 0;
  let categories: u32 = 0;
  for (let i: u32 = 0; i < input.columnCount; i++) {
    const column = columnAt(input, i);
    if (column.made & CATEGORIES) categories += column.hatCount;
    else many += <u32>(column.seen < FIRST_FEW || (column.made & MANY) != 0);
  }
  // Those of categories that are not usual are taken as independent, and need no room here.
  categories = min<u32>(categories, CATEGORY_FEATURES);
  return (FEATURES - min(FEATURES, input.columnCount + categories)) / max<u32>(1, many);
}

/** Values at each end that are no knots if they lie this many spreads from the median: one in so many, but one at least. */
const ASTRAY: f64 = 300;
const ASTRAY_PART: u32 = 256;
const ASTRAY_FROM: u32 = 8;

/**
 * New knots for `n` sorted values: each distinct one if there are few, or if they come again and again; else quantiles of those that have not gone astray.
 * Returns how many there are.
 */
function chooseKnots(n: u32, distinct: u32, seen: u32, features: u32, median: f64, spread: f64): u32 {
  if (features < 3) return 0;
  const most = min(MOST_KNOTS, features);
  let count: u32 = 0;
  // Codes that come again are none of them astray.
  const few: u32 = n >= ASTRAY_FROM && distinct * 2 > n ? n / ASTRAY_PART + 1 : 0;
  let low: u32 = 0;
  let high = n - 1;
  while (low < few && median - valueOf(low) > ASTRAY * spread) low++;
  while (n - 1 - high < few && valueOf(high) - median > ASTRAY * spread) high--;
  if (distinct <= most || (distinct <= min(MOST_LEVELS, features) && distinct * OFTEN <= seen)) {
    for (let i = low; i <= high; i++) {
      if (i == low || valueOf(i) != valueOf(i - 1)) store<f64>(newKnots + count++ * 8, valueOf(i));
    }
    return count;
  }
  for (let k: u32 = 0; k < most; k++) {
    const x = valueOf(low + (k * (high - low)) / (most - 1));
    if (count == 0 || x > load<f64>(newKnots + (count - 1) * 8)) store<f64>(newKnots + count++ * 8, x);
  }
  return count;
}

/** The sorted value at hand. */
@inline
function valueOf(i: u32): f64 {
  return load<f64>(sorted + i * 8);
}

/**
 * Places a column's knots by its sample, after 4, 8, 16, … values. What was learnt is kept by a change of variables w' = M w (linear interpolation at the
 * new knots), P' = M P Mᵀ for the covariance, plus what is unknown between the old ones.
 */
export function placeKnots(input: Input, column: Column): void {
  const n = sampled(column);
  sorted = allocate(n * 8);
  memory.copy(sorted, column.sample, n * 8);
  sort(sorted, n);
  const median = valueOf(n / 2);
  const range = valueOf(n - 1) - valueOf(0);
  let mean: f64 = 0;
  for (let i: u32 = 0; i < n; i++) mean += valueOf(i) / <f64>n;
  let deviation: f64 = 0;
  for (let i: u32 = 0; i < n; i++) deviation += (valueOf(i) - mean) * (valueOf(i) - mean) / <f64>n;
  deviation = Math.sqrt(deviation);
  // The quartiles of a normal distribution are 1.35 deviations apart; where most values are equal they say too little.
  let spread = (valueOf((3 * n) / 4) - valueOf(n / 4)) / 1.35;
  if (spread <= 1e-12 * abs(median) || spread < 0.2 * min(deviation, range)) spread = spread > 0 ? max(spread, min(deviation, 10 * spread)) : deviation;
  if (!(spread > 0)) spread = 0;

  let distinct: u32 = 1;
  for (let i: u32 = 1; i < n; i++) distinct += <u32>(valueOf(i) != valueOf(i - 1));
  const oldCount = column.knotCount;
  const count = chooseKnots(n, distinct, column.seen, featuresEach(input), median, spread);
  if (spread > 0 && !exists(column.linear)) {
    column.linear = newColumnUnit(input, true);
    column.made |= LINEAR;
  }
  if (count >= 3) while (column.hatCount < count) addHat(input, column);
  for (let k: u32 = 0; k < count; k++) {
    const i = oldCount >= 3 ? <i32>locate(column, oldCount, load<f64>(newKnots + k * 8)) : -1;
    store<i32>(oldKnot + k * 4, i);
    store<f64>(oldPlace + k * 8, i >= 0 ? placeOf(column, i, load<f64>(newKnots + k * 8)) : 0);
  }
  if (exists(column.linear) && (column.spread > 0 || oldCount >= 3)) carryOver(input, column, median, spread, count);
  column.median = median;
  column.spread = spread;
  column.knotCount = count;
  release(column.knots, oldCount * 8);
  column.knots = allocate(count * 8);
  memory.copy(column.knots, newKnots, count * 8);
  release(sorted, n * 8);
}

// The change of variables that the column at hand goes through.
let ratio: f64 = 0;
let shift: f64 = 0;
let hats: u32 = 0;
let knots: u32 = 0;

/** after = M · before, for one vector of weights (linear, hats). Returns what goes to the constant's weight. */
function transform(): f64 {
  const linear = load<f64>(before);
  store<f64>(after, linear * ratio);
  for (let k: u32 = 0; k < hats; k++) {
    let w: f64 = 0;
    if (k < knots) {
      const i = load<i32>(oldKnot + k * 4);
      const a = load<f64>(oldPlace + k * 8);
      if (i >= 0) w = (1 - a) * load<f64>(before + (1 + i) * 8) + a * load<f64>(before + (2 + i) * 8);
    }
    store<f64>(after + (1 + k) * 8, w);
  }
  return linear * shift;
}

@inline
function unitOf(column: Column, k: u32): Unit {
  return k == 0 ? column.linear : hatOf(column, k - 1);
}

function carryOver(input: Input, column: Column, median: f64, spread: f64, count: u32): void {
  ratio = column.spread > 0 && spread > 0 ? spread / column.spread : 0;
  shift = ratio > 0 ? (median - column.median) / column.spread : 0;
  // What lies orders of magnitude elsewhere is another thing: its linear weight begins anew.
  const had = ratio > 1 / ELSEWHERE && ratio < ELSEWHERE && abs(shift) < ELSEWHERE;
  if (!had) {
    ratio = 0;
    shift = 0;
  }
  hats = column.hatCount;
  knots = count >= 3 ? count : 0;
  carryHidden(column);
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    if (exists(output.regression) && contains(output.regression, input)) carryWeights(output, column);
  }
  for (let i: u32 = 0; i < net.regressions.length; i++) {
    const r = at<Regression>(net.regressions, i);
    if (contains(r, input)) carryCovariance(r, column);
  }
  if (!had && spread > 0) {
    for (let k: u32 = 0; k < column.linear.count; k++) drawLinear(input, column.linear, column.linear.rows + k * ROW);
  }
  if (had && ratio * ratio > CHANGED) {
    const least = LINEAR_PRIOR;
    const f = column.linear.feature;
    let known: f64 = 1;
    for (let i: u32 = 0; i < net.regressions.length; i++) {
      const r = at<Regression>(net.regressions, i);
      if (!contains(r, input) || f == NO_FEATURE) continue;
      const variance = max<f64>(0, load<f64>(r.covariance + f * (r.capacity + 1) * 8));
      known = min<f64>(1, (2 * least) / (least + variance));
      const root = Math.sqrt(known);
      for (let q: u32 = 0; q < r.capacity; q++) {
        const row = r.covariance + (f * r.capacity + q) * 8;
        const across = r.covariance + (q * r.capacity + f) * 8;
        store<f64>(row, load<f64>(row) * root);
        store<f64>(across, load<f64>(across) * root);
      }
    }
    meetPrior(input, column, known);
  }
}

@inline
function contains(r: Regression, input: Input): bool {
  for (let i: u32 = 0; i < r.inputs.length; i++) if (at<Input>(r.inputs, i) == input) return true;
  return false;
}

/** Weights and averages of all neurons that read the column; what the linear unit gives up goes to their biases. */
function carryHidden(column: Column): void {
  const first = column.linear;
  for (let k: u32 = 0; k <= hats; k++) settle(unitOf(column, k));
  for (let s: u32 = 0; s < first.count; s++) {
    const bias = blockOf(first, s) * ROW;
    for (let lane: u32 = 0; lane < ROW; lane += 4) {
      for (let averaged = 0; averaged < 2; averaged++) {
        for (let k: u32 = 0; k <= hats; k++) store<f64>(before + k * 8, load<f32>(weightAt(unitOf(column, k), s, averaged != 0) + lane));
        const rest = (averaged != 0 ? net.biasAverage : net.bias) + bias + lane;
        store<f32>(rest, load<f32>(rest) + <f32>transform());
        for (let k: u32 = 0; k <= hats; k++) store<f32>(weightAt(unitOf(column, k), s, averaged != 0) + lane, <f32>load<f64>(after + k * 8));
      }
    }
  }
}

@inline
function weightAt(unit: Unit, s: u32, averaged: bool): usize {
  return (averaged ? averagesOf(unit) : unit.rows) + s * ROW;
}

function carryWeights(output: Output, column: Column): void {
  const bytes = output.blocks * ROW;
  for (let lane: u32 = 0; lane < output.width * 4; lane += 4) {
    for (let k: u32 = 0; k <= hats; k++) {
      const f = unitOf(column, k).feature;
      store<f64>(before + k * 8, f == NO_FEATURE ? 0 : load<f32>(output.weights + f * bytes + lane));
    }
    store<f32>(output.weights + lane, load<f32>(output.weights + lane) + <f32>transform());
    for (let k: u32 = 0; k <= hats; k++) {
      const f = unitOf(column, k).feature;
      if (f != NO_FEATURE) store<f32>(output.weights + f * bytes + lane, <f32>load<f64>(after + k * 8));
    }
  }
}

/** P' = M P Mᵀ, row by row, then column by column. */
function carryCovariance(r: Regression, column: Column): void {
  for (let q: u32 = 0; q < r.capacity; q++) carryVector(r.covariance + q * r.capacity * 8, 8, column);
  for (let q: u32 = 0; q < r.capacity; q++) carryVector(r.covariance + q * 8, r.capacity * 8, column);
  // What a new knot is worth is unknown by how far it lies from the old ones, or wholly where it stands for a level; a knot that is gone is as if it had
  // never been.
  for (let k: u32 = 0; k < hats; k++) {
    const f = hatOf(column, k).feature;
    if (f == NO_FEATURE) continue;
    if (k < knots && load<i32>(oldKnot + k * 4) >= 0) {
      const a = load<f64>(oldPlace + k * 8);
      const own = r.covariance + f * (r.capacity + 1) * 8;
      const between = knots > CODES && a > 0 && a < 1 ? CODE_PRIOR : HAT_PRIOR * a * (1 - a);
      store<f64>(own, load<f64>(own) + between + 0.001 * HAT_PRIOR);
    } else forgetFeature(r, f, HAT_PRIOR);
  }
  if (ratio == 0 && column.linear.feature != NO_FEATURE) forgetFeature(r, column.linear.feature, LINEAR_PRIOR);
}

function carryVector(first: usize, stride: u32, column: Column): void {
  for (let k: u32 = 0; k <= hats; k++) {
    const f = unitOf(column, k).feature;
    store<f64>(before + k * 8, f == NO_FEATURE ? 0 : load<f64>(first + f * stride));
  }
  store<f64>(first, load<f64>(first) + transform());
  for (let k: u32 = 0; k <= hats; k++) {
    const f = unitOf(column, k).feature;
    if (f != NO_FEATURE) store<f64>(first + f * stride, load<f64>(after + k * 8));
  }
}

/** The linear weights of a column whose spread has changed: they meet their prior in the new unit, and hidden ones are drawn anew as far as it is another one. */
function meetPrior(input: Input, column: Column, known: f64): void {
  const unit = column.linear;
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    if (!exists(output.regression) || !contains(output.regression, input) || unit.feature == NO_FEATURE) continue;
    const row = output.weights + unit.feature * output.blocks * ROW;
    for (let lane: u32 = 0; lane < output.width * 4; lane += 4) store<f32>(row + lane, load<f32>(row + lane) * <f32>known);
  }
  const keep = min<f32>(1, 2 / <f32>ratio);
  const unscaled = keep / <f32>ratio;
  const deviation: f32 = (1 - keep) / Mathf.sqrt(<f32>input.columnCount);
  for (let s: u32 = 0; s < unit.count; s++) {
    for (let lane: u32 = 0; lane < ROW; lane += 4) {
      const drawn = deviation * normal();
      const w = weightAt(unit, s, false) + lane;
      const a = weightAt(unit, s, true) + lane;
      store<f32>(w, load<f32>(w) * unscaled + drawn);
      store<f32>(a, load<f32>(a) * unscaled + drawn);
    }
  }
}
