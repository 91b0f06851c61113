// A cluster's state as a stream of bytes. One walk through the net serves both ways: it hands over each piece of memory, to be read or to be filled.
import { EARLY, newEncoding } from './encoding';
import { addHat, addMissing, addRestored, columnAt, growColumns, hatOf, makeRoom, MOST_LEVELS, newColumnUnit, sampled } from './column';
import { arrange } from './groups';
import { neuron, newBlock } from './blocks';
import { continueRun, ENTRY, lastPair } from './fold';
import { newUnit, widenInput } from './room';
import { allocate, at } from './memory';
import { Block, exists, Field, Hexagon, isSpiking, LANES, MOST_FEATURES, MOST_GROUPS, net, Net, NO_FEATURE, ROW, Unit } from './model';
import { BELOW, CATEGORIES, Column, Effect, EffectColumn, Encoding, Input, Lane, LINEAR, MISSING, Output, Readout, Regression } from './terminals';
import { growReadout, widenOutput } from './output';
import { growEffects, isEffect } from './effects';
import { growFeatures } from './regression';
import { addHalf } from './picture';
import { averagesOf, blockOf, growSections, targets } from './section';

/** The host reads these bytes, or fills them. */
@external("env", "transfer")
declare function transfer(at: usize, bytes: usize): void;

/** Effects, and columns of them, that a state may have. */
const MOST_EFFECTS: u32 = 1 << 24;

let restoring: bool = false;
const cell = memory.data(4);

/** Hands the state to the host. */
export function save(): void {
  restoring = false;
  walk();
}

/** Takes the state from the host, into a net that was just built from the same template. */
export function restore(): void {
  restoring = true;
  walk();
}

/** Ends a restore whose bytes cannot be right; the host makes an error of it. */
function must(right: bool): void {
  if (!right) unreachable();
}

/** A number that is part of the stream: the given one, or the one that was read. */
function number(n: u32): u32 {
  store<u32>(cell, n);
  transfer(cell, 4);
  return load<u32>(cell);
}

function walk(): void {
  transfer(changetype<usize>(net), offsetof<Net>('maxBlocks'));
  must(net.features <= MOST_FEATURES && net.effects <= MOST_EFFECTS && net.effectColumns <= MOST_EFFECTS);
  const features = net.features;
  net.features = 0;
  for (let i: u32 = 0; i < net.inputs.length; i++) walkInput(at<Input>(net.inputs, i));
  for (let i: u32 = 0; i < net.outputs.length; i++) walkOutput(at<Output>(net.outputs, i));
  if (restoring && net.inputs.length > 0 && at<Input>(net.inputs, 0).started) arrange();
  for (let i: u32 = 0; i < net.hexagons.length; i++) transfer(changetype<usize>(at<Hexagon>(net.hexagons, i)) + offsetof<Hexagon>('errorEnergy'), 8);
  walkBlocks();
  for (let i: u32 = 0; i < net.views.length; i++) {
    walkColumns(at<Input>(net.views, i), features);
    walkEncodings(at<Input>(net.views, i));
  }
  net.features = features;
  growFeatures();
  growEffects();
  walkRegressions();
  walkKept();
  for (let k: u32 = 0; k < net.blocks.length; k++) {
    const b = at<Block>(net.blocks, k);
    if (b.neurons != 0) for (let lane: u32 = 0; lane < LANES; lane++) walkUnit(neuron(b, lane));
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) walkReadouts(at<Output>(net.outputs, i));
}

function walkInput(input: Input): void {
  const state = changetype<usize>(input) + offsetof<Input>('width');
  transfer(state, offsetof<Input>('half') - offsetof<Input>('width'));
  if (restoring) {
    const width = input.width;
    input.width = 0;
    widenInput(input, width);
    // A picture that has a half; halves themselves come with their parents.
    if (number(0)) addHalf(input);
  } else number(input.half ? 1 : 0);
  const half = input.half;
  if (half) walkInput(half);
}

function walkOutput(output: Output): void {
  transfer(changetype<usize>(output), offsetof<Output>('blocks'));
  transfer(output.norms, MOST_GROUPS * 4);
  if (restoring) {
    const width = output.width;
    output.width = 0;
    widenOutput(output, width);
  }
  transfer(output.lanes, output.width * offsetof<Lane>());
  transfer(output.bias, output.blocks * ROW);
  transfer(output.biasAverage, output.blocks * ROW);
}

function walkBlocks(): void {
  const n = number(net.blocks.length);
  for (let k: u32 = 0; k < n; k++) {
    let place: u32 = 0;
    if (!restoring) while (at<Hexagon>(net.hexagons, place) != at<Block>(net.blocks, k).hexagon) place++;
    place = number(place);
    must(place < net.hexagons.length);
    const hexagon = at<Hexagon>(net.hexagons, place);
    const b = restoring ? newBlock(hexagon) : at<Block>(net.blocks, k);
    transfer(changetype<usize>(b), 4);
    transfer(b.fields, hexagon.links.length * offsetof<Field>());
  }
  transfer(net.bias, n * ROW);
  transfer(net.biasAverage, n * ROW);
  transfer(net.idle, n * ROW);
  if (!isSpiking()) return;
  transfer(net.potential, n * ROW);
  transfer(net.refractoryLeft, n * ROW);
}

function walkEncodings(input: Input): void {
  const n = number(input.encodings.length);
  for (let k: u32 = 0; k < n; k++) {
    const index = number(restoring ? 0 : at<Encoding>(input.encodings, k).index);
    must((index & ~BELOW) < input.width);
    const encoding = restoring ? newEncoding(input, index) : at<Encoding>(input.encodings, k);
    transfer(changetype<usize>(encoding) + offsetof<Encoding>('index'), offsetof<Encoding>('early') - offsetof<Encoding>('index'));
    must(encoding.seen <= EARLY);
    if (encoding.seen < EARLY) {
      if (restoring) encoding.early = allocate(EARLY * 4);
      transfer(encoding.early, encoding.seen * 4);
    }
    walkUnit(encoding);
    let s: Unit = encoding;
    while (number(exists(s.next) ? 1 : 0)) {
      if (restoring) s.next = newUnit(input);
      s = s.next;
      walkUnit(s);
    }
  }
}

function walkUnit(unit: Unit): void {
  transfer(changetype<usize>(unit), offsetof<Unit>('capacity'));
  const n = unit.count;
  if (n == 0) return;
  if (restoring) {
    unit.count = 0;
    growSections(unit, n);
    unit.count = n;
  }
  transfer(targets(unit), n * 4);
  for (let k: u32 = 0; k < n; k++) must(blockOf(unit, k) < net.blocks.length);
  transfer(unit.rows, n * ROW);
  transfer(averagesOf(unit), n * ROW);
}

function walkReadouts(output: Output): void {
  for (let i: u32 = 0; i < output.readouts.length; i++) {
    const readout = at<Readout>(output.readouts, i);
    const neurons = readout.hexagon.blocks.length * LANES;
    growReadout(readout, neurons);
    transfer(readout.weights, neurons * output.blocks * ROW);
    transfer(readout.averages, neurons * output.blocks * ROW);
    transfer(readout.averaged, neurons * 4);
  }
  if (!exists(output.regression)) return;
  transfer(output.weights, net.features * output.blocks * ROW);
  transfer(output.effects, net.effects * output.blocks * ROW);
}

function walkColumns(input: Input, features: u32): void {
  const count = number(input.columnCount);
  must(count <= input.width);
  if (restoring) growColumns(input, count);
  for (let i: u32 = 0; i < count; i++) {
    const column = columnAt(input, i);
    transfer(changetype<usize>(column), offsetof<Column>('knots'));
    if (column.made & CATEGORIES) {
      walkCategories(input, column, features);
      continue;
    }
    must(column.knotCount <= MOST_LEVELS && column.hatCount <= MOST_LEVELS);
    must(column.knotCount < 3 || column.hatCount >= column.knotCount);
    must((column.made & LINEAR) != 0 || (column.spread == 0 && column.hatCount == 0));
    if (restoring) makeRoom(column);
    transfer(column.sample, sampled(column) * 8);
    transfer(column.knots, column.knotCount * 8);
    if (restoring) {
      if (column.made & LINEAR) column.linear = newColumnUnit(input, false);
      if (column.made & MISSING) addMissing(input, column);
      const hats = column.hatCount;
      column.hatCount = 0;
      while (column.hatCount < hats) addHat(input, column);
    }
    if (exists(column.linear)) walkColumnUnit(column, column.linear, features);
    if (exists(column.missing)) walkColumnUnit(column, column.missing, features);
    for (let k: u32 = 0; k < column.hatCount; k++) walkColumnUnit(column, hatOf(column, k), features);
  }
}

function walkCategories(input: Input, column: Column, features: u32): void {
  must(column.knotCount == 0 && column.hatCount <= MOST_EFFECTS && column.effectColumn < net.effectColumns);
  if (restoring) {
    const hats = column.hatCount;
    column.hatCount = 0;
    while (column.hatCount < hats) addRestored(input, column);
    if (column.made & MISSING) addMissing(input, column);
  }
  transfer(column.counts, column.hatCount * 4);
  if (exists(column.missing)) walkColumnUnit(column, column.missing, features);
  for (let k: u32 = 0; k < column.hatCount; k++) walkColumnUnit(column, hatOf(column, k), features);
}

/** All units of a column lead to the same blocks. */
function walkColumnUnit(column: Column, unit: Unit, features: u32): void {
  walkUnit(unit);
  must(unit.feature < features || unit.feature == NO_FEATURE || (isEffect(unit.feature) && unit.feature - MOST_FEATURES < net.effects));
  must(!exists(column.linear) || unit.count == column.linear.count);
}

function walkRegressions(): void {
  for (let i: u32 = 0; i < net.regressions.length; i++) {
    const r = at<Regression>(net.regressions, i);
    for (let f: u32 = 0; f < net.features; f++) transfer(r.covariance + f * r.capacity * 8, net.features * 8);
    walkEffects(r);
  }
}

function walkEffects(r: Regression): void {
  transfer(r.effects, net.effects * offsetof<Effect>());
  transfer(r.effectColumns, net.effectColumns * offsetof<EffectColumn>());
  for (let k: u32 = 0; k < net.effects; k++) must(changetype<Effect>(r.effects + k * offsetof<Effect>()).column < net.effectColumns);
}

/** Rows that are kept or known: a net of tables goes on with them as if it had never stopped. */
function walkKept(): void {
  if (net.folds == 1) return;
  net.replayRowBytes = number(net.replayRowBytes);
  net.replayCount = number(net.replayCount);
  must(<u64>net.replayRowBytes * <u64>net.replayCount <= 1 << 25);
  if (restoring && net.replayCount > 0) {
    net.replayCapacity = net.replayCount;
    net.replay = allocate(net.replayCapacity * net.replayRowBytes);
  }
  transfer(net.replay, net.replayCount * net.replayRowBytes);
  net.knownCount = number(net.knownCount);
  net.knownCapacity = number(net.knownCapacity);
  must(net.knownCapacity <= 1 << 21 && (net.knownCapacity & (net.knownCapacity - 1)) == 0);
  if (restoring) net.known = allocate(net.knownCapacity * ENTRY);
  transfer(net.known, net.knownCapacity * ENTRY);
  net.run = number(net.run);
  continueRun(number(lastPair));
  net.previousBytes = number(net.previousBytes);
  must(net.previousBytes <= 1 << 24);
  if (restoring) net.previous = allocate(net.previousBytes);
  transfer(net.previous, net.previousBytes);
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
