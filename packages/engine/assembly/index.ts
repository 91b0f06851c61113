// The kernel's door: build a net, stage rows, train, request. Called from src/kernel.ts.
import { fire, learnHidden, maskError, potential, settle, startCycle } from './bundle';
import { drawSigns, grow } from './growth';
import { encode, encodeAndLearn, SKETCH_CYCLES, sketches, widenInput } from './input';
import { allocate, at, FIRST, List, newList, push, release, startArena, top } from './memory';
import { Bundle, Hexagon, Input, Link, net, Net, Output } from './model';
import { answer, chooseKinds, compare, largest, learnOutputs, squares, startComparison, widenOutput, worthAStep } from './output';
import { below, uniform } from './random';

export { blocks, neurons, sections, synapses } from './stats';

/** Step at a task's end, as a part of the step at its start. Averaged weights leave it little to do: 0.05 and 1 are no better on MNIST. */
const LAST_STEP: f32 = 0.3;
/** Cycles between two looks of the controller. */
const PROBE_EVERY: u32 = 32;
/** Samples with a larger error are kept for replay; the chance that one of them follows a cycle; how many are kept, in rows and bytes. */
const REPLAY_ERROR: f32 = 0.5;
const REPLAY_CHANCE: f32 = 0.25;
const REPLAY_ROWS: u32 = 2000;
const REPLAY_BYTES: u32 = 4 << 20;

// ---- building ----

export function init(seed: u64, maxBundles: u32): void {
  startArena(offsetof<Net>());
  net.random = seed;
  net.maxBundles = maxBundles;
  net.caution = 1;
  net.schedule = 1;
  net.hexagons = newList();
  net.inputs = newList();
  net.outputs = newList();
}

/** A hexagon that grows neurons; made in topological order. */
export function addHexagon(): usize {
  const hexagon = changetype<Hexagon>(allocate(offsetof<Hexagon>()));
  hexagon.bundles = newList();
  hexagon.links = newList();
  hexagon.readers = newList();
  hexagon.outputs = newList();
  hexagon.maxBundles = net.maxBundles;
  hexagon.gain = 1;
  push<Hexagon>(net.hexagons, hexagon);
  return changetype<usize>(hexagon);
}

export function addInput(): usize {
  const input = changetype<Input>(allocate(offsetof<Input>()));
  input.readers = newList();
  push<Input>(net.inputs, input);
  return changetype<usize>(input);
}

export function addOutput(): usize {
  const output = changetype<Output>(allocate(offsetof<Output>()));
  output.bundles = newList();
  output.hexagons = newList();
  push<Output>(net.outputs, output);
  return changetype<usize>(output);
}

export function linkInput(hexagon: Hexagon, input: Input, distance: u32): void {
  const link = changetype<Link>(allocate(offsetof<Link>()));
  link.input = input;
  link.distance = distance;
  push<Link>(hexagon.links, link);
  push<Hexagon>(input.readers, hexagon);
}

export function linkHexagon(hexagon: Hexagon, source: Hexagon, distance: u32): void {
  const link = changetype<Link>(allocate(offsetof<Link>()));
  link.hexagon = source;
  link.distance = distance;
  push<Link>(hexagon.links, link);
  push<Hexagon>(source.readers, hexagon);
}

export function linkOutput(output: Output, hexagon: Hexagon): void {
  push<Hexagon>(output.hexagons, hexagon);
  push<Output>(hexagon.outputs, output);
}

// ---- rows ----

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

// ---- the state as bytes ----

export { top } from './memory';

/** The blocks that a snapshot leaves out, since they hold rows and nothing learnt: staging (0) and replay (1). */
export function scratchStart(which: u32): usize {
  return which == 0 ? net.staging : net.replay;
}

export function scratchBytes(which: u32): usize {
  return which == 0 ? net.stagingBytes : net.replayRowBytes * net.replayCapacity;
}

/** Makes the memory as large as a snapshot whose arena ended at `end`. */
export function prepareRestore(end: usize): void {
  startArena(end - FIRST);
}

/** After the bytes of a snapshot were put back: forgets the rows that it left out. */
export function finishRestore(): void {
  net.replayCount = 0;
  net.replayNext = 0;
}

/** A 64-bit checksum of memory, eight bytes at a time (the mixing step is that of random.ts). `bytes` is a multiple of 8. */
export function checksum(from: usize, bytes: usize, seed: u64): u64 {
  let sum = seed;
  for (let p = from; p < from + bytes; p += 8) {
    sum = (sum ^ load<u64>(p)) * 0xbf58476d1ce4e5b9;
    sum ^= sum >> 29;
  }
  return sum;
}

// ---- a cycle ----

/** Clears the active lists and activates the sources of row `n`, or of the replayed row at `replayed`. */
function sense(n: u32, replayed: usize, learn: bool): void {
  for (let i: u32 = 0; i < net.hexagons.length; i++) clear(at<Hexagon>(net.hexagons, i).bundles);
  for (let i: u32 = 0; i < net.outputs.length; i++) clear(at<Output>(net.outputs, i).bundles);
  for (let i: u32 = 0; i < net.inputs.length; i++) {
    const input = at<Input>(net.inputs, i);
    const row = replayed != 0 ? replayed : input.data + n * input.stride;
    if (learn) encodeAndLearn(input, row);
    else encode(input, row);
    if (replayed != 0) replayed += input.length * (input.bytes ? 1 : 4);
  }
}

@inline
function clear(bundles: List): void {
  for (let k: u32 = 0; k < bundles.length; k++) {
    const b = at<Bundle>(bundles, k);
    b.activeEnd = b.active;
  }
}

/** From active inputs to the potentials of all outputs. */
@inline
function forward(averaged: bool, learn: bool): void {
  for (let i: u32 = 0; i < net.hexagons.length; i++) {
    const hexagon = at<Hexagon>(net.hexagons, i);
    const centred = learn && hexagon.readers.length > 0;
    for (let k: u32 = 0; k < hexagon.bundles.length; k++) {
      const b = at<Bundle>(hexagon.bundles, k);
      potential(b, averaged);
      fire(b, centred);
    }
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    for (let k: u32 = 0; k < output.bundles.length; k++) potential(at<Bundle>(output.bundles, k), averaged);
  }
}

/** Compares all outputs with the targets of row `n`; their errors are left in the bundles. */
function compareAll(n: u32, replayed: usize, learn: bool): void {
  startComparison();
  if (replayed != 0) for (let i: u32 = 0; i < net.inputs.length; i++) {
    const input = at<Input>(net.inputs, i);
    replayed += input.length * (input.bytes ? 1 : 4);
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    if (replayed != 0) {
      compare(output, replayed, learn);
      replayed += output.length * (output.bytes ? 1 : 4);
    } else compare(output, output.data + n * output.stride, learn);
  }
}

/** Errors run back through what was active; each bundle takes its step. */
function backward(): void {
  const rate = max<f32>(0.002, 1 / (1 + <f32>net.time));
  const errorSquares = squares;
  net.errorEnergy += rate * (errorSquares - net.errorEnergy);
  const factor = net.caution * net.schedule;
  for (let i: u32 = 0; i < net.hexagons.length; i++) {
    const bundles = at<Hexagon>(net.hexagons, i).bundles;
    for (let k: u32 = 0; k < bundles.length; k++) memory.fill(at<Bundle>(bundles, k).error, 0, 64);
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) learnOutputs(at<Output>(net.outputs, i), (net.linear ? <f32>0.2 : <f32>2) * factor);
  for (let i = <i32>net.hexagons.length - 1; i >= 0; i--) {
    const hexagon = at<Hexagon>(net.hexagons, i);
    let energy: f32 = 0;
    for (let k: u32 = 0; k < hexagon.bundles.length; k++) energy += maskError(at<Bundle>(hexagon.bundles, k));
    hexagon.errorEnergy += rate * (energy - hexagon.errorEnergy);
    // The gain keeps steps small where errors have grown on their way from the outputs.
    const usual = hexagon.errorEnergy / max<f32>(1e-20, net.errorEnergy);
    const now: f32 = (0.25 * energy) / max<f32>(1e-20, errorSquares);
    hexagon.gain = max<f32>(1, 0.25 * max(usual, now));
    const step = ((net.linear ? <f32>0.2 : <f32>1) * factor) / hexagon.gain;
    let deep = false;
    for (let l: u32 = 0; l < hexagon.links.length; l++) if (at<Link>(hexagon.links, l).hexagon) deep = true;
    for (let k: u32 = 0; k < hexagon.bundles.length; k++) {
      const b = at<Bundle>(hexagon.bundles, k);
      if (silent(b)) continue;
      learnHidden(b, step, deep);
    }
  }
}

@inline
function silent(b: Bundle): bool {
  let any = v128.load(b.error);
  for (let i: usize = 16; i < 64; i += 16) any = v128.or(any, v128.load(b.error + i));
  return !v128.any_true(any);
}

/** One training cycle on row `n`, or on a kept one. Returns the largest error before the step. */
function cycle(n: u32, replayed: usize): f32 {
  startCycle();
  if (net.time < SKETCH_CYCLES) prepareSigns();
  sense(n, replayed, true);
  forward(false, true);
  compareAll(n, replayed, true);
  const error = largest;
  if (worthAStep) backward();
  if (replayed == 0) {
    grow(error);
    if (net.time >= 500 && net.time % PROBE_EVERY == 0) probe(n, error);
  }
  net.time++;
  return error;
}

/** The controller: where live weights err much more than their averages, steps are too long (and the other way round). */
function probe(n: u32, liveError: f32): void {
  sense(n, 0, false);
  forward(true, false);
  compareAll(n, 0, false);
  const rate: f32 = max<f32>(0.01, 1 / (1 + <f32>net.probes));
  net.liveError += rate * (liveError - net.liveError);
  net.averageError += rate * (largest - net.averageError);
  if (++net.probes < 50) return;
  const ratio = net.averageError / max<f32>(1e-9, net.liveError);
  net.caution = min<f32>(1, max<f32>(0.05, net.caution * Mathf.exp(0.05 * (ratio - 0.85))));
}

// ---- replay ----

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
function prepareReplay(): void {
  const bytes = replayRowBytes();
  if (bytes == net.replayRowBytes) return;
  release(net.replay, net.replayRowBytes * net.replayCapacity);
  net.replayRowBytes = bytes;
  net.replayCapacity = min<u32>(REPLAY_ROWS, REPLAY_BYTES / max<u32>(1, bytes));
  net.replay = allocate(bytes * net.replayCapacity);
  net.replayCount = 0;
  net.replayNext = 0;
}

function keep(n: u32): void {
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

// ---- many cycles ----

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
    if (net.replayCount > 0 && uniform() < REPLAY_CHANCE) cycle(0, net.replay + below(net.replayCount) * net.replayRowBytes);
  }
  net.unsettled = 1;
  return sum / <f32>max<u32>(1, rows);
}

/** Factor on the steps after `part` of a task: from 1 down to LAST_STEP along a cosine. */
function cosine(part: f32): f32 {
  return LAST_STEP + (1 - LAST_STEP) * 0.5 * (1 + Mathf.cos(3.14159265 * part));
}

function prepareSigns(): void {
  for (let i: u32 = 0; i < net.inputs.length; i++) {
    if (sketches(at<Input>(net.inputs, i))) {
      drawSigns();
      return;
    }
  }
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
