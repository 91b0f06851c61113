// From raw values to active units.
import { observe } from './encoding';
import { exists } from './model';
import { BROKEN, BYTES, Encoding, DOUBLES, FIELDS, FLOATS, Input, PAIRS, WHOLE } from './terminals';
import { halve, shift } from './picture';
import { encodingAt } from './room';
import { rounded, writtenOut } from './rows';
import { observeTable, senseTable } from './table';

/** Inputs up to this width are tables, unless they are pictures. */
const TABLE_WIDTH: u32 = 300;
/** Largest distance of a value from its rest that counts: knots that are made of it stay finite. */
const FARTHEST: f32 = 1e38;

/**
 * Lists the units that a row activates; returns how much it counts (table.ts). While learning a picture is shifted, knots move, and encodings that are new come into being.
 * @param observing whether columns of a table learn from it how their values lie; @param fresh whether it counts as new.
 */
@inline
export function sense(input: Input, row: usize, learning: bool, observing: bool, fresh: bool): f32 {
  if (input.table) {
    let form = input.form;
    if (form == PAIRS) {
      row = writtenOut(input, row);
      form = DOUBLES;
    }
    if (observing) observeTable(input, row, form, fresh);
    return senseTable(input, row, form);
  }
  if (input.form != DOUBLES) senseWide(input, row, learning);
  else {
    input.form = FLOATS;
    senseWide(input, rounded(input, row), learning);
    input.form = DOUBLES;
  }
  return 1;
}

/** The same for pictures and other wide rows, of bytes, floats or pairs. */
function senseWide(input: Input, row: usize, learning: bool): void {
  const half = input.half;
  if (half) {
    if (learning) row = shift(input, row);
    // A size that no block sees costs nothing.
    if (half.users > 0) activate(half, halve(input, row, half), learning);
    if (input.users == 0) return;
  }
  activate(input, row, learning);
}

/** Before the first row is learnt: what kind of input it is, and what rests. */
export function startInput(input: Input): void {
  if (input.started) return;
  input.started = input.form == BYTES ? WHOLE : BROKEN;
  input.table = <u32>(input.declared == FIELDS || (input.form != PAIRS && input.width <= TABLE_WIDTH && input.declared == 0));
  if (!input.table && input.form != PAIRS) input.rest = majority(input, input.data);
}

@inline
function valueAt(input: Input, row: usize, i: u32): f32 {
  if (input.form == DOUBLES) return <f32>load<f64>(row + i * 8);
  return input.form == BYTES ? <f32>load<u8>(row + i) : load<f32>(row + i * 4);
}

/** The value that at least half of a row's values are, such as a white background; 0 if there is none (majority vote: Boyer and Moore 1981). */
function majority(input: Input, row: usize): f32 {
  let candidate: f32 = 0;
  let votes: i32 = 0;
  for (let i: u32 = 0; i < input.length; i++) {
    const v = valueAt(input, row, i);
    if (votes == 0) candidate = v;
    votes += v == candidate ? 1 : -1;
  }
  let count: u32 = 0;
  for (let i: u32 = 0; i < input.length; i++) count += <u32>(valueAt(input, row, i) == candidate);
  return count * 2 >= input.length ? candidate : 0;
}

// A row passes through short loops, each with few enough live values for the registers: values → encodings → units.

/** Lists the units that one row of values activates. */
function activate(input: Input, row: usize, learning: bool): void {
  const end = gather(input, row);
  let known = input.deviations;
  for (let p = input.deviations; p < end; p += 8) {
    const v = load<f32>(p, 4);
    const side = v > 0 ? input.above : input.below;
    const i = load<u32>(p);
    const distance = atMost(abs(v), FARTHEST);
    const encoding = learning ? observe(input, side, i, distance) : encodingAt(side, i);
    store<u32>(known, <u32>changetype<usize>(encoding));
    store<f32>(known, distance, 4);
    if (exists(encoding)) known += 8;
  }
  input.deviationsEnd = known;
  let to = input.active;
  for (let p = input.deviations; p < known; p += 8) {
    const encoding = changetype<Encoding>(<usize>load<u32>(p));
    const distance = load<f32>(p, 4);
    store<u32>(to, load<u32>(p));
    store<f32>(to, atMost(distance * encoding.scale, 1), 4);
    to += 8;
    for (let s = encoding.next; exists(s) && distance > s.from; s = s.next) {
      store<u32>(to, <u32>changetype<usize>(s));
      store<f32>(to, atMost((distance - s.from) * s.scale, 1), 4);
      to += 8;
    }
  }
  input.activeEnd = to;
}

/** min(x, most), without the branches that a scalar minimum compiles to. */
@inline
function atMost(x: f32, most: f32): f32 {
  return f32x4.extract_lane(f32x4.pmin(f32x4.splat(x), f32x4.splat(most)), 0);
}

/** Lists the values of a row that are not at rest as pairs (index: u32, deviation: f32); returns the end of the list. */
function gather(input: Input, row: usize): usize {
  const n = input.length;
  const rest = input.rest;
  let to = input.deviations;
  let i: u32 = 0;
  if (input.form == PAIRS) {
    const bytes = load<u32>(row, 4) - load<u32>(row);
    memory.copy(to, input.data + load<u32>(row), bytes);
    return to + bytes;
  }
  // Sixteen bytes, or four floats, are looked at together; most of them are silent.
  if (input.form == BYTES) {
    const silent = i8x16.splat(<i8>rest);
    for (; i + 16 <= n; i += 16) {
      for (let mask = i8x16.bitmask(i8x16.ne(v128.load(row + i), silent)); mask != 0; mask &= mask - 1) {
        to = pushDeviation(to, i + ctz(mask), <f32>load<u8>(row + i + ctz(mask)) - rest);
      }
    }
  } else {
    const silent = f32x4.splat(rest);
    for (; i + 4 <= n; i += 4) {
      for (let mask = i32x4.bitmask(f32x4.ne(v128.load(row + i * 4), silent)); mask != 0; mask &= mask - 1) {
        to = pushDeviation(to, i + ctz(mask), load<f32>(row + (i + ctz(mask)) * 4) - rest);
      }
    }
  }
  for (; i < n; i++) {
    const v = valueAt(input, row, i) - rest;
    if (v != 0) to = pushDeviation(to, i, v);
  }
  return to;
}

/** A value that is missing is silent. */
@inline
function pushDeviation(to: usize, i: u32, deviation: f32): usize {
  store<u32>(to, i);
  store<f32>(to, deviation, 4);
  return deviation == deviation ? to + 8 : to;
}
