// Rows that are kept to be trained again: of tables a uniform sample of all, else those that were answered badly.
import { fresh, heldOut } from './fold';
import { inputBytes, outputBytes } from './rows';
import { at, release, resize, room } from './memory';
import { isSpiking, net } from './model';
import { Input, Output, PAIRS } from './terminals';
import { common } from './random';

/** Hard rows: the error from which on one is kept; the chance that one of them follows a cycle, in 1/256; how many are kept, in rows and bytes. */
const HARD_ERROR: f32 = 0.7;
const HARD_CHANCE: u32 = 96;
const HARD_ROWS: u32 = 2000;
const HARD_BYTES: u32 = 4 << 20;
/** The sample of tables: rows that follow each cycle, and how many are kept. */
export const SAMPLE_TIMES: u32 = 3;
const SAMPLE_ROWS: u32 = 20000;
const SAMPLE_BYTES: u32 = 16 << 20;

/** Room for kept rows of the present form; rows of another form are dropped. Where order matters, or errors have no end, none are kept. */
export function prepareReplay(): void {
  const sample = net.folds > 1;
  let bytes: u32 = 4;
  let none = isSpiking() || (net.linear != 0 && !sample);
  for (let i: u32 = 0; i < net.inputs.length; i++) {
    bytes += inputBytes(at<Input>(net.inputs, i));
    if (at<Input>(net.inputs, i).form == PAIRS) none = true;
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) bytes += outputBytes(at<Output>(net.outputs, i));
  if (none) bytes = 0;
  if (bytes == net.replayRowBytes) return;
  release(net.replay, net.replayRowBytes * net.replayCapacity);
  net.replayRowBytes = bytes;
  net.replayCapacity = 0;
  net.replay = 0;
  net.replayCount = 0;
  net.replayNext = 0;
}

/** Makes room for one more row; false if there are as many as there may be. */
function grow(most: u32): bool {
  if (net.replayCount < net.replayCapacity) return true;
  const capacity = min<u32>(most, max<u32>(256, net.replayCapacity * 2));
  if (capacity <= net.replayCapacity || !room(capacity * net.replayRowBytes + (1 << 20))) return false;
  const had = net.replayCapacity * net.replayRowBytes;
  net.replay = resize(net.replay, had, had, capacity * net.replayRowBytes);
  net.replayCapacity = capacity;
  return true;
}

/**
 * Keeps row `n`, with the folds that it is held out from: a hard one in the place of the oldest, one of a sample of all in a random place, so that each row
 * has the same chance.
 */
export function keep(n: u32, error: f32): void {
  const bytes = net.replayRowBytes;
  if (bytes == 0) return;
  let place = net.replayCount;
  if (net.folds > 1) {
    if (!fresh) return;
    net.sampled++;
    if (!grow(min(SAMPLE_ROWS, SAMPLE_BYTES / bytes))) {
      place = <u32>((<u64>common() * <u64>net.sampled) >> 32);
      if (place >= net.replayCount) return;
    }
  } else {
    if (error <= HARD_ERROR) return;
    if (!grow(min(HARD_ROWS, HARD_BYTES / bytes))) {
      if (net.replayCount == 0) return;
      place = net.replayNext;
      net.replayNext = (place + 1) % net.replayCount;
    }
  }
  net.replayCount = max(net.replayCount, place + 1);
  let to = net.replay + place * bytes;
  store<u32>(to, heldOut);
  to += 4;
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
}

/** Rows that are to be trained again after a cycle. */
export function times(): u32 {
  if (net.replayCount == 0) return 0;
  if (net.folds > 1) return SAMPLE_TIMES;
  // Where steps are short because targets are noisy, badly answered rows are rather wrong than hard, and are seldom trained again.
  return <u32>(<f32>(common() & 255) < <f32>HARD_CHANCE * net.stepScale * net.stepScale);
}

/** The address of a random kept row. */
export function keptRow(): usize {
  return net.replay + <u32>((<u64>common() * <u64>net.replayCount) >> 32) * net.replayRowBytes;
}
