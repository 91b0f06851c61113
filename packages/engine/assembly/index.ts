// The kernel's door, as src/kernel.ts sees it: build a net (build.ts), stage rows, train, request; state.ts and stats.ts tell about it.
import { settle, startCycle } from './bundle';
import { cycle, forward, sense } from './cycle';
import { widenInput } from './input';
import { allocate, at, release } from './memory';
import { Bundle, Hexagon, Input, net, Output } from './model';
import { answer, chooseKinds, widenOutput } from './output';
import { uniform } from './random';
import { keep, keptRow, prepareReplay, REPLAY_CHANCE, REPLAY_ERROR } from './replay';

export * from './build';
export * from './state';
export * from './stats';

/** Step at a task's end, as a part of the step at its start. Averaged weights leave it little to do: 0.05 and 1 are no better on MNIST. */
const LAST_STEP: f32 = 0.3;

/** Room for `bytes` bytes of rows; its address. */
export function stage(bytes: usize): usize {
  if (bytes > net.stagingBytes) {
    release(net.staging, net.stagingBytes);
    net.stagingBytes = max<usize>(bytes, net.stagingBytes * 2);
    net.staging = allocate(net.stagingBytes);
  }
  return net.staging;
}

export function feedInput(input: Input, data: usize, stride: u32, length: u32, bytes: u32): void {
  if (length > input.width) widenInput(input, length);
  input.data = data;
  input.stride = stride;
  input.length = length;
  input.bytes = bytes;
}

export function shapeInput(input: Input, rows: u32, columns: u32): void {
  input.pictureRows = rows;
  input.pictureColumns = columns;
}

export function feedOutput(output: Output, data: usize, stride: u32, length: u32, bytes: u32): void {
  widenOutput(output, length);
  output.data = data;
  output.stride = stride;
  output.length = length;
  output.bytes = bytes;
}

/** Index of the first of `count` floats at `data` that is not finite; -1 if all are. */
export function firstNotFinite(data: usize, count: u32): i32 {
  for (let i: u32 = 0; i < count; i++) {
    if ((load<u32>(data + i * 4) & 0x7f800000) == 0x7f800000) return <i32>i;
  }
  return -1;
}

/** Trains `rows` fed rows, the cycles `from`, `from` + 1, … of a task of `total` (0: no end known). Returns the mean of the largest errors. */
export function train(rows: u32, from: u32, total: u32): f32 {
  prepareReplay();
  for (let i: u32 = 0; i < net.outputs.length; i++) chooseKinds(at<Output>(net.outputs, i), rows);
  let sum: f32 = 0;
  for (let n: u32 = 0; n < rows; n++) {
    net.schedule = total > 0 ? cosine(<f32>(from + n) / <f32>total) : 1;
    const error = cycle(n, 0);
    sum += error;
    if (error > REPLAY_ERROR) keep(n);
    if (net.replayCount > 0 && uniform() < REPLAY_CHANCE) cycle(0, keptRow());
  }
  net.unsettled = 1;
  return sum / <f32>max<u32>(1, rows);
}

/** Factor on the steps after `part` of a task: from 1 down to LAST_STEP along a cosine. */
function cosine(part: f32): f32 {
  return LAST_STEP + (1 - LAST_STEP) * 0.5 * (1 + Mathf.cos(3.14159265 * part));
}

/** Answers `rows` fed rows into `to`: for each row the values of all outputs, one output after the other. */
export function request(rows: u32, to: usize): void {
  if (net.unsettled) settleAll();
  for (let n: u32 = 0; n < rows; n++) {
    sense(n, 0, false);
    forward(true, false);
    for (let i: u32 = 0; i < net.outputs.length; i++) {
      const output = at<Output>(net.outputs, i);
      answer(output, to);
      to += output.width * 4;
    }
  }
}

function settleAll(): void {
  startCycle();
  for (let i: u32 = 0; i < net.hexagons.length; i++) {
    const bundles = at<Hexagon>(net.hexagons, i).bundles;
    for (let k: u32 = 0; k < bundles.length; k++) settle(at<Bundle>(bundles, k));
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const bundles = at<Output>(net.outputs, i).bundles;
    for (let k: u32 = 0; k < bundles.length; k++) settle(at<Bundle>(bundles, k));
  }
  net.unsettled = 0;
}
