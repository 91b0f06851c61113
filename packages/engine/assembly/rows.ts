// The rows at work: where they stand, how many bytes they have, and rows in a form that an input does not read itself.
import { allocate, release } from './memory';
import { BYTES, CLASSES, DOUBLES, Input, Output, PAIRS } from './terminals';

/** The largest double that single precision holds, nearly. */
const LARGEST: f64 = 3.4e38;

@inline
export function valueBytes(form: u32): u32 {
  return form == BYTES ? 1 : form == DOUBLES ? 8 : 4;
}

@inline
export function inputBytes(input: Input): u32 {
  return input.length * valueBytes(input.form);
}

@inline
export function outputBytes(output: Output): u32 {
  return output.form == CLASSES ? 4 : output.length * valueBytes(output.form);
}

/** Where what row `n` holds begins, and how many bytes it is: of pairs their list. */
export function rowAt(input: Input, n: u32): usize {
  const row = input.data + n * input.stride;
  return input.form == PAIRS ? input.data + load<u32>(row) : row;
}

export function rowBytes(input: Input, n: u32): u32 {
  const row = input.data + n * input.stride;
  return input.form == PAIRS ? load<u32>(row, 4) - load<u32>(row) : inputBytes(input);
}

/** Memory for a row that is written out. */
function scratch(input: Input, bytes: u32): usize {
  if (input.writtenBytes < bytes) {
    release(input.written, input.writtenBytes);
    input.written = allocate(bytes);
    input.writtenBytes = bytes;
  }
  return input.written;
}

/** A row of pairs as doubles: what is in no pair is 0. */
export function writtenOut(input: Input, row: usize): usize {
  const to = scratch(input, input.length * 8);
  memory.fill(to, 0, input.length * 8);
  for (let p = input.data + load<u32>(row), end = input.data + load<u32>(row, 4); p < end; p += 8) {
    store<f64>(to + load<u32>(p) * 8, <f64>load<f32>(p, 4));
  }
  return to;
}

/** A row of doubles in single precision. */
export function rounded(input: Input, row: usize): usize {
  const to = scratch(input, input.length * 4 + 64);
  for (let i: u32 = 0; i < input.length; i++) store<f32>(to + i * 4, <f32>max<f64>(-LARGEST, min<f64>(LARGEST, load<f64>(row + i * 8))));
  return to;
}
