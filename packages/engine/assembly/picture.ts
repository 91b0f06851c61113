// Pictures: inputs whose values have neighbours. They are shifted a little while they are learnt, and also seen at half their size.
import { linkInput, newInput } from './build';
import { allocate, at, release } from './memory';
import { Hexagon } from './model';
import { BYTES, FLOATS, Input, PICTURES, WHOLE } from './terminals';
import { widenInput } from './room';
import { common } from './random';

/** Sides from which on a picture is treated as one. */
const SMALLEST: u32 = 16;

/** Tells the shape of a picture; it counts until the first row was learnt. */
export function shapeInput(input: Input, rows: u32, columns: u32): void {
  if (input.started) return;
  input.declared = PICTURES;
  if (input.pictureColumns != 0 || min(rows, columns) < SMALLEST) return;
  input.pictureRows = rows;
  input.pictureColumns = columns;
  addHalf(input);
}

export function addHalf(input: Input): void {
  const half = newInput();
  half.started = 1;
  half.pictureRows = input.pictureRows / 2;
  half.pictureColumns = input.pictureColumns / 2;
  input.half = half;
  for (let i: u32 = 0; i < input.readers.length; i++) linkInput(at<Hexagon>(input.readers, i), half, 1);
}

@inline
function valueBytes(input: Input): u32 {
  return input.form == BYTES ? 1 : 4;
}

@inline
function pixel(input: Input, at: usize): f32 {
  return input.form == BYTES ? <f32>load<u8>(at) : load<f32>(at);
}

/** Memory for a picture, with room for loads and stores that look ahead. */
function canvasOf(input: Input): usize {
  const bytes = input.length * valueBytes(input) + 64;
  if (input.canvasBytes < bytes) {
    release(input.canvas, input.canvasBytes);
    input.canvas = allocate(bytes);
    input.canvasBytes = bytes;
  }
  return input.canvas;
}

/** The row moved by at most one pixel up or down and to a side: what it shows is the same. What moves in is silent. */
export function shift(input: Input, row: usize): usize {
  const word = common();
  // 0 twice as often as 1 and −1.
  const dx = <i32>((word & 1) + ((word >> 1) & 1)) - 1;
  const dy = <i32>(((word >> 2) & 1) + ((word >> 3) & 1)) - 1;
  if (dx == 0 && dy == 0) return row;
  const rows = <i32>input.pictureRows;
  const line = <i32>(input.pictureColumns * valueBytes(input));
  const side = dx * <i32>valueBytes(input);
  const canvas = canvasOf(input);
  for (let y: i32 = 0; y < rows; y++) {
    const from = row + (y + dy) * line;
    const to = canvas + y * line;
    if (y + dy < 0 || y + dy >= rows) silence(input, to, input.pictureColumns);
    else if (dx >= 0) {
      memory.copy(to, from + side, line - side);
      silence(input, to + line - side, dx);
    } else {
      memory.copy(to - side, from, line + side);
      silence(input, to, 1);
    }
  }
  return canvas;
}

function silence(input: Input, to: usize, count: u32): void {
  if (input.form == BYTES) memory.fill(to, <u8>input.rest, count);
  else for (let i: u32 = 0; i < count; i++) store<f32>(to + i * 4, input.rest);
}

/** The picture at half its size: means of four pixels, rounded where the input began with bytes. */
export function halve(input: Input, row: usize, half: Input): usize {
  const whole = input.started == WHOLE;
  half.form = whole ? input.form : FLOATS;
  half.rest = input.rest;
  half.length = half.pictureRows * half.pictureColumns;
  widenInput(half, half.length);
  const canvas = canvasOf(half);
  const line = input.pictureColumns * valueBytes(input);
  for (let y: u32 = 0; y < half.pictureRows; y++) {
    const above = row + y * 2 * line;
    const below = above + line;
    const to = canvas + y * half.pictureColumns * valueBytes(half);
    if (whole && input.form == BYTES) {
      // Sixteen pixels of two lines at a time; what is written beyond the line is overwritten by the next one.
      for (let x: u32 = 0; x < half.pictureColumns; x += 8) {
        const sums = i16x8.add(i16x8.extadd_pairwise_i8x16_u(v128.load(above + x * 2)), i16x8.extadd_pairwise_i8x16_u(v128.load(below + x * 2)));
        const means = i16x8.shr_u(i16x8.add(sums, i16x8.splat(2)), 2);
        v128.store64_lane(to + x, i8x16.narrow_i16x8_u(means, means), 0);
      }
    } else {
      const size = valueBytes(input);
      for (let x: u32 = 0; x < half.pictureColumns; x++) {
        const a = above + x * 2 * size;
        const b = below + x * 2 * size;
        const mean: f32 = 0.25 * pixel(input, a) + 0.25 * pixel(input, a + size) + 0.25 * pixel(input, b) + 0.25 * pixel(input, b + size);
        store<f32>(to + x * 4, whole ? Mathf.floor(mean + 0.5) : mean);
      }
    }
  }
  return canvas;
}
