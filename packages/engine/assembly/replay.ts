// Rows that were answered badly, kept to be trained again.
import { allocate, at, release } from './memory';
import { BYTES, Input, isSpiking, net, Output, PAIRS } from './model';
import { common } from './random';

/** Samples with a larger error are kept; the chance that one of them follows a cycle, in 1/256; how many are kept, in rows and bytes. */
const REPLAY_ERROR: f32 = 0.7;
const REPLAY_CHANCE: u32 = 96;
const REPLAY_ROWS: u32 = 2000;
const REPLAY_BYTES: u32 = 4 << 20;

@inline
export function inputBytes(input: Input): u32 {
  return input.length * (input.form == BYTES ? 1 : 4);
}

@inline
export function outputBytes(output: Output): u32 {
  return output.length * (output.form == BYTES ? 1 : 4);
}

/** Room for kept rows of the present form; rows of another form are dropped. Where order matters, or errors have no end, none are kept. */
export function prepareReplay(): void {
  let bytes: u32 = 0;
  let none = isSpiking() || net.linear != 0;
  for (let i: u32 = 0; i < net.inputs.length; i++) {
    bytes += inputBytes(at<Input>(net.inputs, i));
    if (at<Input>(net.inputs, i).form == PAIRS) none = true;
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) bytes += outputBytes(at<Output>(net.outputs, i));
  if (none) bytes = 0;
  if (bytes == net.replayRowBytes) return;
  release(net.replay, net.replayRowBytes * net.replayCapacity);
  net.replayRowBytes = bytes;
  net.replayCapacity = min<u32>(REPLAY_ROWS, REPLAY_BYTES / max<u32>(1, bytes));
  net.replay = allocate(bytes * net.replayCapacity);
  net.replayCount = 0;
  net.replayNext = 0;
}

export function keep(n: u32, error: f32): void {
  if (error <= REPLAY_ERROR || net.replayRowBytes == 0 || net.replayCapacity == 0) return;
  let to = net.replay + net.replayNext * net.replayRowBytes;
  for (let i: u32 = 0; i < net.inputs.length; i++) {
    const input = at<Input>(net.inputs, i);
    memory.copy(to, input.data + n * input.stride, inputBytes(input));
    to += inputBytes(input);
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    memory.copy(to, output.data + n * output.stride, outputBytes(output));
    to += outputBytes(output);
  }
  net.replayNext = (net.replayNext + 1) % net.replayCapacity;
  net.replayCount = min(net.replayCount + 1, net.replayCapacity);
}

/**
 * The address of a random kept row, if it is time for one; else 0. Where steps are short because targets are noisy, badly answered rows are rather
 * wrong than hard, and are seldom trained again.
 */
export function keptRow(): usize {
  if (net.replayCount == 0) return 0;
  const word = common();
  if (<f32>(word & 255) >= <f32>REPLAY_CHANCE * net.caution * net.caution) return 0;
  return net.replay + <u32>(((word >> 8) * <u64>net.replayCount) >> 24) * net.replayRowBytes;
}
