// Columns: what is known of each value of a table, and the units that encode it.
import { EFFECT_PRIOR, isEffect, newEffect, newEffectColumn } from './effects';
import { hasRoom, newUnit } from './room';
import { allocate, at, resize } from './memory';
import { Block, exists, Field, FIELD_ALL, LANES, net, NO_FEATURE, Unit } from './model';
import { CATEGORIES, Column, Input, Link, MISSING, Regression } from './terminals';
import { normal } from './random';
import { forgetFeature, HAT_PRIOR, joinFeatures, LINEAR_PRIOR, newFeature } from './regression';
import { addSection, averagesOf } from './section';

/** Values of a column that its knots are taken from. */
export const SAMPLE: u32 = 4096;
/** The most knots of a column. */
export const MOST_LEVELS: u32 = 640;

@inline
export function columnAt(input: Input, i: u32): Column {
  return changetype<Column>(input.columns + i * offsetof<Column>());
}

@inline
export function hatOf(column: Column, k: u32): Unit {
  return changetype<Unit>(load<usize>(column.hats + k * sizeof<usize>()));
}

export function growColumns(input: Input, count: u32): void {
  const had = input.columnCount;
  if (count <= had) return;
  input.columns = resize(input.columns, had * offsetof<Column>(), had * offsetof<Column>(), count * offsetof<Column>());
  input.columnCount = count;
  for (let i = had; i < count; i++) columnAt(input, i).placed = 2;
}

/** Sections of all units of a column. */
export function sectionsOf(column: Column): u32 {
  let n: u32 = 0;
  if (exists(column.linear)) n += column.linear.count;
  if (exists(column.missing)) n += column.missing.count;
  for (let k: u32 = 0; k < column.hatCount; k++) n += hatOf(column, k).count;
  return n;
}

@inline
export function sampled(column: Column): u32 {
  return min(column.seen, SAMPLE);
}

export function addMissing(input: Input, column: Column): void {
  column.missing = newColumnUnit(input, false);
  column.made |= MISSING;
}

/** Categories of a column that are read by blocks from the start, and have a row of the covariance. */
const FIRST_CATEGORIES: u32 = 32;
/** Of later ones those that this part of the rows have, and this many at least; features up to which the covariance grows for them. */
const USUAL: u32 = 512;
const LEAST_SEEN: u32 = 8;
export const CATEGORY_FEATURES: u32 = 256;
/** Memory that must be free for a category to begin. */
const CATEGORY_ROOM: usize = 1 << 16;

@inline
function countsAt(column: Column, c: u32): usize {
  return column.counts + c * 4;
}

/** Whether blocks read a category. */
@inline
export function isUsual(column: Column, c: u32): bool {
  return (load<u32>(countsAt(column, c)) & 1) != 0;
}

/** The values of a column are numbers of categories. */
export function declareCategories(input: Input, i: u32): void {
  growColumns(input, i + 1);
  const column = columnAt(input, i);
  if (!(column.made & CATEGORIES)) column.effectColumn = newEffectColumn();
  column.made |= CATEGORIES;
}

/**
 * Takes category `c` of a column in. The first ones, and those that turn out to be usual, are read by blocks; the others have but weights to the outputs, so
 * that their number costs little, and rare ones count as far as they were seen.
 */
export function observeCategory(input: Input, column: Column, c: u32, fresh: bool): void {
  while (column.hatCount <= c) {
    if (!hasRoom(CATEGORY_ROOM)) return;
    addCategory(input, column);
  }
  if (!fresh) return;
  column.seen++;
  const count = countsAt(column, c);
  store<u32>(count, load<u32>(count) + 2);
  const seen = load<u32>(count) / 2;
  if (load<u32>(count) & 1 || seen < LEAST_SEEN || seen < column.seen / USUAL) return;
  store<u32>(count, load<u32>(count) | 1);
  const unit = hatOf(column, c);
  if (net.features < CATEGORY_FEATURES && isEffect(unit.feature)) joinFeatures(unit);
  readByAll(input, unit, false);
}

function addCategory(input: Input, column: Column): void {
  const first = column.hatCount < FIRST_CATEGORIES;
  growHats(column);
  const unit = newUnit(input);
  unit.feature = first && net.features < CATEGORY_FEATURES ? newFeature(EFFECT_PRIOR) : newEffect(column.effectColumn);
  if (first) readByAll(input, unit, true);
  store<usize>(column.hats + column.hatCount * sizeof<usize>(), changetype<usize>(unit));
  store<u32>(countsAt(column, column.hatCount++), <u32>first);
}

/** Room for one hat more. */
function growHats(column: Column): void {
  const n = column.hatCount;
  if (n >= 4 ? (n & (n - 1)) != 0 : n > 0) return;
  const more = max<u32>(4, n * 2);
  column.hats = resize(column.hats, n * sizeof<usize>(), n * sizeof<usize>(), more * sizeof<usize>());
  if (column.made & CATEGORIES) column.counts = resize(column.counts, n * 4, n * 4, more * 4);
}

/** A category of a restored column; what its unit is comes with the state. */
export function addRestored(input: Input, column: Column): void {
  growHats(column);
  store<usize>(column.hats + column.hatCount++ * sizeof<usize>(), changetype<usize>(newUnit(input)));
}

/** The knot below `x`, at most the last but one; beyond the outer knots a value is as good as they. */
export function locate(column: Column, n: u32, x: f64): u32 {
  const knots = column.knots;
  let low: u32 = 0;
  let high = n - 1;
  if (x <= load<f64>(knots)) return 0;
  if (x >= load<f64>(knots + high * 8)) return high - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (load<f64>(knots + middle * 8) <= x) low = middle;
    else high = middle;
  }
  return low;
}

/** Where between knot `k` and the next `x` lies, from 0 to 1. */
@inline
export function placeOf(column: Column, k: u32, x: f64): f64 {
  const from = load<f64>(column.knots + k * 8);
  const to = load<f64>(column.knots + k * 8 + 8);
  return x <= from ? 0 : x >= to ? 1 : (x - from) / (to - from);
}

/** Memory for what a restored column has. */
export function makeRoom(column: Column): void {
  let room: u32 = 4;
  while (room < sampled(column)) room *= 2;
  column.sample = allocate(room * 8);
  column.knots = allocate(column.knotCount * 8);
}

export function addHat(input: Input, column: Column): void {
  growHats(column);
  store<usize>(column.hats + column.hatCount++ * sizeof<usize>(), changetype<usize>(newColumnUnit(input, false)));
}

/** Forgets what is known about the weights of all columns in the least-squares layers; the weights stay. */
export function forgetKnowledge(): void {
  for (let i: u32 = 0; i < net.regressions.length; i++) {
    const r = at<Regression>(net.regressions, i);
    forgetFeature(r, 0, LINEAR_PRIOR);
    for (let k: u32 = 0; k < r.inputs.length; k++) {
      const input = at<Input>(r.inputs, k);
      for (let c: u32 = 0; c < input.columnCount; c++) {
        const column = columnAt(input, c);
        if (exists(column.linear)) forgetUnit(r, column.linear, LINEAR_PRIOR);
        if (exists(column.missing)) forgetUnit(r, column.missing, HAT_PRIOR);
        const prior = column.made & CATEGORIES ? EFFECT_PRIOR : HAT_PRIOR;
        for (let h: u32 = 0; h < column.hatCount; h++) forgetUnit(r, hatOf(column, h), prior);
      }
    }
  }
}

function forgetUnit(r: Regression, unit: Unit, prior: f64): void {
  if (unit.feature != NO_FEATURE) forgetFeature(r, unit.feature, prior);
}

/** A unit of a column, read by all blocks that see the input: with random weights, or with none so that answers stay as they are. */
export function newColumnUnit(input: Input, random: bool): Unit {
  const unit = newUnit(input);
  unit.feature = newFeature(random ? LINEAR_PRIOR : HAT_PRIOR);
  readByAll(input, unit, random);
  return unit;
}

/** All blocks that see the input read the unit: with random weights, or with none. */
function readByAll(input: Input, unit: Unit, random: bool): void {
  for (let k: u32 = 0; k < net.blocks.length; k++) {
    const b = at<Block>(net.blocks, k);
    if (!seesAll(b, input)) continue;
    const row = addSection(unit, b.number);
    if (random) drawLinear(input, unit, row);
  }
}

function seesAll(b: Block, input: Input): bool {
  const links = b.hexagon.links;
  for (let i: u32 = 0; i < links.length; i++) {
    if (at<Link>(links, i).input == input) return changetype<Field>(b.fields + i * offsetof<Field>()).kind == FIELD_ALL;
  }
  return false;
}

/** Weights of a linear unit at the start: N(0, 1 / columns). */
export function drawLinear(input: Input, unit: Unit, row: usize): void {
  const deviation: f32 = 1 / Mathf.sqrt(<f32>input.columnCount);
  const averages = averagesOf(unit) - unit.rows;
  for (let lane: usize = 0; lane < LANES; lane++) {
    const w = deviation * normal();
    store<f32>(row + lane * 4, w);
    store<f32>(row + averages + lane * 4, w);
  }
}

