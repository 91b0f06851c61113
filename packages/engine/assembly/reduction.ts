// Reduction, for templates that ask for it: sections that carry nearly nothing are taken away.
import { neuronOf } from './blocks';
import { at } from './memory';
import { exists, Hexagon, LANES, net, ROW, Unit } from './model';
import { Encoding, Input } from './terminals';
import { blockOf, removeSection } from './section';

/** Cycles from one reduction to the next: what was used in any of them stays. */
const REDUCE_EVERY: u32 = 2000;
/** A section was used if it once carried at least this part of what its block's sections carry at their peaks, on average. */
const LITTLE: f32 = 0.4;

/** Remembers how active the units of this cycle were at most since the last reduction. */
export function notePeaks(): void {
  for (let i: u32 = 0; i < net.views.length; i++) {
    const input = at<Input>(net.views, i);
    for (let p = input.active; p < input.activeEnd; p += 8) notePeak(changetype<Unit>(<usize>load<u32>(p)), load<f32>(p, 4));
  }
  for (let i: u32 = 0; i < net.hexagons.length; i++) {
    const hexagon = at<Hexagon>(net.hexagons, i);
    if (hexagon.readers.length == 0) continue;
    for (let p = hexagon.fired; p < hexagon.firedEnd; p += 8) notePeak(neuronOf(hexagon, load<u32>(p)), load<f32>(p, 4));
  }
}

@inline
function notePeak(unit: Unit, activation: f32): void {
  unit.peak = max(unit.peak, activation);
}

/** Takes away, from time to time, the sections that were not used. */
export function reduce(): void {
  if (net.time - net.reduced < REDUCE_EVERY) return;
  net.reduced = net.time;
  // For each block how much its sections carry at their peaks, and how many they are.
  memory.fill(net.sum, 0, (net.blocks.length * ROW) / 4);
  visit(weigh);
  visit(cut);
}

function visit(act: (unit: Unit) => void): void {
  for (let i: u32 = 0; i < net.views.length; i++) {
    // Units of columns, whose sections stand in one order, are in no list of encodings, and stay.
    const encodings = at<Input>(net.views, i).encodings;
    for (let k: u32 = 0; k < encodings.length; k++) for (let s: Unit = at<Encoding>(encodings, k); exists(s); s = s.next) act(s);
  }
  for (let i: u32 = 0; i < net.hexagons.length; i++) {
    const hexagon = at<Hexagon>(net.hexagons, i);
    if (hexagon.readers.length > 0) for (let n: u32 = 0; n < hexagon.blocks.length * LANES; n++) act(neuronOf(hexagon, n));
  }
}

function weigh(unit: Unit): void {
  for (let k: u32 = 0; k < unit.count; k++) {
    const sum = net.sum + blockOf(unit, k) * (ROW / 4);
    store<f32>(sum, load<f32>(sum) + carries(unit, k));
    store<f32>(sum, load<f32>(sum, 4) + 1, 4);
  }
}

function cut(unit: Unit): void {
  for (let k = <i32>unit.count - 1; k >= 0; k--) {
    const sum = net.sum + blockOf(unit, k) * (ROW / 4);
    if (carries(unit, k) * load<f32>(sum, 4) < LITTLE * load<f32>(sum)) removeSection(unit, k);
  }
  unit.peak = 0;
}

/** The most that a section gave to one of its block's neurons. */
function carries(unit: Unit, k: u32): f32 {
  let largest = f32x4.splat(0);
  for (let i: u32 = 0; i < ROW; i += 16) largest = f32x4.max(largest, f32x4.abs(v128.load(unit.rows + <u32>k * ROW + i)));
  const a = max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1));
  const b = max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3));
  return unit.peak * max(a, b);
}
