// Tables: each value of a row is a column, encoded piecewise linearly on knots that follow how its values lie
// (encodings of this kind bring networks level with boosted trees on tables: Gorishniy et al. 2022).
import { addMissing, columnAt, growColumns, hatOf, locate, observeCategory, placeOf, SAMPLE } from './column';
import { placeKnots } from './knots';
import { allocate, resize } from './memory';
import { exists, Unit } from './model';
import { BYTES, CATEGORIES, Column, DOUBLES, Input, MANY, SEVERAL } from './terminals';
import { common } from './random';

/** Values of a column that count even if their rows come again. */
const FIRST_VALUES: u32 = 64;
/** A value this many ranges of the knots beyond them has gone astray, unless so many of them come close together. */
const ASTRAY: f64 = 100;
const BELIEVED: f64 = 8;
const FADE: f64 = 0.98;
/** A value this part of the range of the knots beyond the outer ones counts no further; the most spreads that count. */
const BEYOND: f64 = 0.25;
const FARTHEST: f64 = 8;

/** How many ranges of its knots beyond them a value lies; 0 where there are no knots yet. */
@inline
function beyond(column: Column, x: f64): f64 {
  const n = column.knotCount;
  if (n < 2) return 0;
  const low = load<f64>(column.knots);
  const high = load<f64>(column.knots + (n - 1) * 8);
  return max(low - x, x - high) / (high - low);
}

@inline
function numberAt(form: u32, row: usize, i: u32): f64 {
  if (form == DOUBLES) return load<f64>(row + i * 8);
  return form == BYTES ? <f64>load<u8>(row + i) : <f64>load<f32>(row + i * 4);
}

/** Learns how the values of a row's columns lie. @param fresh false if the row was seen before: then it tells only columns that saw few. */
export function observeTable(input: Input, row: usize, form: u32, fresh: bool): void {
  growColumns(input, input.length);
  for (let i: u32 = 0; i < input.length; i++) {
    const column = columnAt(input, i);
    const x = numberAt(form, row, i);
    if (column.made & CATEGORIES && x == x) observeCategory(input, column, <u32>x, fresh);
    else if (!fresh && column.seen >= FIRST_VALUES) continue;
    else if (x == x) {
      if (beyond(column, x) > ASTRAY) column.excess++;
      else column.excess *= FADE;
      observeValue(column, x);
    }
    else if (!exists(column.missing)) addMissing(input, column);
  }
  for (let i: u32 = 0; i < input.length; i++) {
    const column = columnAt(input, i);
    if (column.seen == column.placed * 2 && !(column.made & CATEGORIES)) {
      column.placed = column.seen;
      placeKnots(input, column);
    }
  }
}

/**
 * Lists the units that a row of a table activates: of each column its linear unit and two hats, or that it is missing. Returns how much the row counts, from
 * 0 to 1: less the farther one of its values has gone astray. One bad row teaches next to nothing.
 */
export function senseTable(input: Input, row: usize, form: u32): f32 {
  let reliance: f32 = 1;
  let to = input.active;
  const count = min(input.length, input.columnCount);
  for (let i: u32 = 0; i < count; i++) {
    const column = columnAt(input, i);
    const x = numberAt(form, row, i);
    // A category that was never learnt is as good as missing.
    const isCategory = (column.made & CATEGORIES) != 0;
    if (x != x || (isCategory && !(<u32>x < column.hatCount))) {
      if (exists(column.missing)) to = activate(to, column.missing, 1);
      continue;
    }
    if (isCategory) {
      to = activate(to, hatOf(column, <u32>x), 1);
      continue;
    }
    if (column.spread == 0) continue;
    const far = beyond(column, x);
    if (far > ASTRAY && column.excess < BELIEVED) reliance = min(reliance, <f32>(ASTRAY / far));
    let z = (x - column.median) / column.spread;
    const n = column.knotCount;
    if (n >= 2) {
      const low = (load<f64>(column.knots) - column.median) / column.spread;
      const high = (load<f64>(column.knots + (n - 1) * 8) - column.median) / column.spread;
      z = max(low - BEYOND * (high - low), min(high + BEYOND * (high - low), z));
    }
    z = max(-FARTHEST, min(FARTHEST, z));
    if (z != 0) to = activate(to, column.linear, <f32>z);
    if (n < 3) continue;
    const k = locate(column, n, x);
    const place = placeOf(column, k, x);
    if (place < 1) to = activate(to, hatOf(column, k), <f32>(1 - place));
    if (place > 0) to = activate(to, hatOf(column, k + 1), <f32>place);
  }
  input.activeEnd = to;
  return reliance;
}

@inline
function activate(to: usize, unit: Unit, activation: f32): usize {
  store<u32>(to, <u32>changetype<usize>(unit));
  store<f32>(to, activation, 4);
  return to + 8;
}

/** A uniform sample of all values (reservoir sampling: Vitter 1985). */
function observeValue(column: Column, x: f64): void {
  const n = column.seen++;
  if (n < SAMPLE) {
    if (n == 0) column.sample = allocate(4 * 8);
    else if (n >= 4 && (n & (n - 1)) == 0) column.sample = resize(column.sample, n * 8, n * 8, n * 16);
    store<f64>(column.sample + n * 8, x);
  } else {
    const slot = <u32>((<u64>common() * <u64>(n + 1)) >> 32);
    if (slot < SAMPLE) store<f64>(column.sample + slot * 8, x);
  }
  if (n == 0) column.only = x;
  else if (x != column.only) {
    if (column.made & MANY) return;
    if (!(column.made & SEVERAL)) {
      column.made |= SEVERAL;
      column.second = x;
    } else if (x != column.second) column.made |= MANY;
  }
}
