// Rows that were answered badly, kept to be trained again.
import { allocate, at, release } from './memory';
import { Input, net, Output } from './model';
import { below } from './random';

/** Samples with a larger error are kept for replay; the chance that one of them follows a cycle; how many are kept, in rows and bytes. */
export const REPLAY_ERROR: f32 = 0.5;
export const REPLAY_CHANCE: f32 = 0.25;
const REPLAY_ROWS: u32 = 2000;
const REPLAY_BYTES: u32 = 4 << 20;

function replayRowBytes(): u32 {
  let bytes: u32 = 0;
  for (let i: u32 = 0; i < net.inputs.length; i++) {
    const input = at<Input>(net.inputs, i);
    bytes += input.length * (input.bytes ? 1 : 4);
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    bytes += output.length * (output.bytes ? 1 : 4);
  }
  return bytes;
}

/** Room for kept rows of the present form; rows of another form are dropped. */
export function prepareReplay(): void {
  const bytes = replayRowBytes();
  if (bytes == net.replayRowBytes) return;
  release(net.replay, net.replayRowBytes * net.replayCapacity);
  net.replayRowBytes = bytes;
  net.replayCapacity = min<u32>(REPLAY_ROWS, REPLAY_BYTES / max<u32>(1, bytes));
  net.replay = allocate(bytes * net.replayCapacity);
  net.replayCount = 0;
  net.replayNext = 0;
}

export function keep(n: u32): void {
  if (net.replayCapacity == 0) return;
  let to = net.replay + net.replayNext * net.replayRowBytes;
  for (let i: u32 = 0; i < net.inputs.length; i++) {
    const input = at<Input>(net.inputs, i);
    const bytes = input.length * (input.bytes ? 1 : 4);
    memory.copy(to, input.data + n * input.stride, bytes);
    to += bytes;
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    const bytes = output.length * (output.bytes ? 1 : 4);
    memory.copy(to, output.data + n * output.stride, bytes);
    to += bytes;
  }
  net.replayNext = (net.replayNext + 1) % net.replayCapacity;
  net.replayCount = min(net.replayCount + 1, net.replayCapacity);
}

/** The address of a random kept row. */
export function keptRow(): usize {
  return net.replay + below(net.replayCount) * net.replayRowBytes;
}
