// Columns: what is known of each value of a table, and the units that encode it.
import { newUnit } from './room';
import { allocate, at, resize } from './memory';
import { Block, exists, Field, FIELD_ALL, LANES, net, NO_FEATURE, Unit } from './model';
import { Column, Input, Link, MISSING, Regression } from './terminals';
import { normal } from './random';
import { forgetFeature, HAT_PRIOR, LINEAR_PRIOR, newFeature } from './regression';
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

/** Where between two knots the value lies that `locate` was asked for, from 0 to 1. */
export let place: f64 = 0;

/** The knot below `x`, at most the last but one; beyond the outer knots a value is as good as they. */
export function locate(column: Column, n: u32, x: f64): u32 {
  const knots = column.knots;
  let low: u32 = 0;
  let high = n - 1;
  if (x <= load<f64>(knots)) {
    place = 0;
    return 0;
  }
  if (x >= load<f64>(knots + high * 8)) {
    place = 1;
    return high - 1;
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (load<f64>(knots + middle * 8) <= x) low = middle;
    else high = middle;
  }
  const from = load<f64>(knots + low * 8);
  place = (x - from) / (load<f64>(knots + high * 8) - from);
  return low;
}

/** Memory for what a restored column has. */
export function makeRoom(column: Column): void {
  let room: u32 = 4;
  while (room < sampled(column)) room *= 2;
  column.sample = allocate(room * 8);
  column.knots = allocate(column.knotCount * 8);
}

export function addHat(input: Input, column: Column): void {
  const bytes = column.hatCount * sizeof<usize>();
  if ((column.hatCount & 15) == 0) column.hats = resize(column.hats, bytes, bytes, bytes + 16 * sizeof<usize>());
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
        for (let h: u32 = 0; h < column.hatCount; h++) forgetUnit(r, hatOf(column, h), HAT_PRIOR);
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
  for (let k: u32 = 0; k < net.blocks.length; k++) {
    const b = at<Block>(net.blocks, k);
    if (!seesAll(b, input)) continue;
    const row = addSection(unit, b.number);
    if (random) drawLinear(input, unit, row);
  }
  return unit;
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

