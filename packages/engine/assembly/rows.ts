// The rows at work: how many bytes they have.
import { BYTES, DOUBLES, Input, Output } from './model';

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
  return output.length * valueBytes(output.form);
}
