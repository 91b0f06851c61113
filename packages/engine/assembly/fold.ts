// Folds: two of the eight never learn from a row, so that it has honest answers in every pass, and a pair of them, which tells how much they vary. Rows are
// known again by their hashes.
import { inputBytes, outputBytes, rowAt, rowBytes, valueBytes } from './rows';
import { allocate, at, release, room } from './memory';
import { FOLDS, net } from './model';
import { Input, Output, PAIRS } from './terminals';
import { common } from './random';

/** Most rows that are remembered as known; bytes of each: its hash, with its fold in the lowest 8 bits, and its number when it came last. */
const MOST_KNOWN: u32 = 1 << 19;
export const ENTRY: u32 = 12;
/** The first different rows are held out from no fold: where they are all there are, such as the lines of a truth table, nothing can be told from the others. */
const FEW: u32 = 32;
/** Times that rows must have come on average, and the error of answers below which there is hardly any noise, for all folds to learn them by heart. */
const OFTEN: u32 = 16;
const EXACT: f32 = 0.35;
/** The first rows that count as new even if they come again: scales need some values. */
const ALWAYS_FRESH: u32 = 64;
/** How fast the part of rows that follow each other as before is forgotten, and the part that means another pass. */
const ORDER_RATE: f32 = 0.06;
const ORDERLY: f32 = 0.2;
/** Places that are looked at for a row. */
const PROBES: u32 = 32;
/** Rows of a series that follow each other in one fold: neighbours tell each other's targets. */
const RUN: u32 = 256;

/**
 * The pair of folds that the row at hand is held out from: one in the lower four bits, the other above; whether it counts as new, and whether there never
 * was one like it.
 */
export let heldOut: u32 = 0;
export let fresh: bool = true;
export let unseen: bool = true;
/** Whether all folds learn the row at hand after all. */
export let byHeart: bool = false;
let replayed: bool = false;

/** No folds. */
const NONE: u32 = 0xff;

/** Two different folds, each pair with the same chance; one fold is held out where there are but few. */
function pairOf(hash: u32): u32 {
  const first = hash % net.folds;
  if (net.folds < FOLDS) return first | (first << 4);
  return first | (((first + 1 + (hash / net.folds) % (net.folds - 1)) % net.folds) << 4);
}

/** Whether rows are to be known by heart: each came many times, and what is to be learnt is nearly without noise. */
function isExact(): bool {
  if (net.rows < OFTEN * net.knownCount) return false;
  for (let i: u32 = 0; i < net.outputs.length; i++) if (at<Output>(net.outputs, i).error > EXACT) return false;
  return true;
}

/** Whether the row at hand is a kept one. */
@inline
export function isReplayed(): bool {
  return replayed;
}

/** Whether the row at hand is held out from any folds. A pair that comes from a state may name folds that there are not. */
@inline
export function isHeldOut(): bool {
  return firstHeldOut() < net.folds && secondHeldOut() < net.folds;
}

/** The folds that the row at hand is held out from. */
@inline
export function firstHeldOut(): u32 {
  return heldOut & 15;
}

@inline
export function secondHeldOut(): u32 {
  return heldOut >> 4;
}

/** Finds the folds that row `n` is held out from, and whether it is new. */
export function recognise(n: u32): void {
  heldOut = NONE;
  fresh = true;
  replayed = false;
  unseen = net.folds == 1;
  if (net.folds == 1) return;
  let hash: u64 = 0x9e3779b97f4a7c15;
  for (let i: u32 = 0; i < net.inputs.length; i++) {
    const input = at<Input>(net.inputs, i);
    hash = mix(hash, rowAt(input, n), rowBytes(input, n));
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    hash = mix(hash, output.data + n * output.stride, outputBytes(output));
  }
  remember(n, max<u64>(1 << 8, hash));
}

/** The pair that the last new row is held out from: a run of a series goes on with it. */
export let lastPair: u32 = NONE;

export function continueRun(pair: u32): void {
  lastPair = pair;
}

/** Whether a new row is the next window of the series that the last one is of, and belongs to the same run. */
function continuesSeries(n: u32): bool {
  let bytes: u32 = 0;
  for (let i: u32 = 0; i < net.inputs.length; i++) {
    if (at<Input>(net.inputs, i).form == PAIRS) return false;
    bytes += inputBytes(at<Input>(net.inputs, i));
  }
  const known = bytes == net.previousBytes;
  if (!known) {
    release(net.previous, net.previousBytes);
    net.previous = allocate(bytes);
    net.previousBytes = bytes;
  }
  let moved = false;
  let to = net.previous;
  for (let i: u32 = 0; i < net.inputs.length; i++) {
    const input = at<Input>(net.inputs, i);
    const row = input.data + n * input.stride;
    if (known && isNext(to, row, input.length, valueBytes(input.form))) moved = true;
    memory.copy(to, row, inputBytes(input));
    to += inputBytes(input);
  }
  net.run = moved ? (net.run + 1) % RUN : 0;
  return moved && net.run != 0;
}

/** Whether a row holds the values of another one some places on, and others behind them. */
function isNext(last: usize, row: usize, length: u32, size: u32): bool {
  if (length < 4 || memory.compare(last, row, length * size) == 0) return false;
  for (let step: u32 = 1; step <= length / 2; step++) {
    if (memory.compare(last + step * size, row, (length - step) * size) == 0) return true;
  }
  return false;
}

/** Forgets which rows were seen: all of them are new again. */
export function forgetRows(): void {
  memory.fill(net.known, 0, net.knownCapacity * ENTRY);
  net.knownCount = 0;
  net.order = 0;
}

/** The row at hand is a kept one that is held out from these folds. */
export function recall(pair: u32): void {
  heldOut = pair;
  byHeart = isExact();
  fresh = false;
  unseen = false;
  replayed = true;
}

function mix(hash: u64, from: usize, bytes: u32): u64 {
  let p = from;
  for (const end = from + (bytes & ~3); p < end; p += 4) {
    hash = (hash ^ <u64>load<u32>(p)) * 0xbf58476d1ce4e5b9;
    hash ^= hash >> 29;
  }
  for (const end = from + bytes; p < end; p++) {
    hash = (hash ^ <u64>load<u8>(p)) * 0xbf58476d1ce4e5b9;
    hash ^= hash >> 29;
  }
  return hash;
}

/**
 * Looks a row up among the known ones, and takes it in. One that comes again after all the others, or in the order of an earlier time, belongs to another
 * pass; one that comes again at once, or out of order, belongs to the data, and counts as new.
 */
function remember(n: u32, hash: u64): void {
  if (net.knownCount * 2 >= net.knownCapacity) growKnown();
  const entry = placeOf(hash);
  const found = load<u64>(entry);
  if (found >> 8 == hash >> 8) {
    const last = load<u32>(entry, 8);
    const age = net.rows - last;
    if (age > 1) net.order += ORDER_RATE * (<f32>(last == net.followed + 1) - net.order);
    net.followed = last;
    fresh = net.rows < ALWAYS_FRESH || (net.order < ORDERLY && age < net.knownCount - net.knownCount / 8);
    // What comes again and again will come again: it belongs to no folds for good.
    heldOut = fresh || age == 1 ? pairOf(common()) : <u32>(found & 0xff);
  } else {
    unseen = true;
    net.order -= ORDER_RATE * net.order;
    if (found == 0) net.knownCount++;
    heldOut = continuesSeries(n) ? lastPair : pairOf(common());
    lastPair = heldOut;
  }
  if (net.knownCount <= FEW) heldOut = NONE;
  store<u64>(entry, (hash & ~0xff) | heldOut);
  store<u32>(entry, net.rows++, 8);
  if (fresh) net.fresh++;
  byHeart = isExact();
}

/** Where a row stands or would stand; in a table that is full, the place of another one. */
function placeOf(hash: u64): usize {
  const mask = net.knownCapacity - 1;
  let place = <u32>(hash >> 8) & mask;
  for (let probe: u32 = 0; probe < PROBES; probe++, place = (place + 1) & mask) {
    const found = load<u64>(net.known + place * ENTRY);
    if (found == 0 || found >> 8 == hash >> 8) break;
  }
  return net.known + place * ENTRY;
}

/** Twice as many places; where there are as many as there may be, new rows take the places of old ones. */
function growKnown(): void {
  const old = net.knownCapacity;
  const from = net.known;
  if (old >= MOST_KNOWN * 2 || (old > 0 && !room(old * 2 * ENTRY))) return;
  net.knownCapacity = max<u32>(1024, old * 2);
  net.known = allocate(net.knownCapacity * ENTRY);
  for (let i: u32 = 0; i < old; i++) {
    const hash = load<u64>(from + i * ENTRY);
    if (hash != 0) memory.copy(placeOf(hash), from + i * ENTRY, ENTRY);
  }
  release(from, old * ENTRY);
}
