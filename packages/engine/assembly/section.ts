// Sections: the weights from a unit to the blocks that read it. The loops here are where the time of a cluster goes.
import { allocate, release } from './memory';
import { net, ROW, Unit } from './model';

/** Averages are brought up to date when this part of their window has passed: often enough, and rarely enough to cost little. */
const AVERAGE_EVERY: f32 = 1.0 / 256;

// Rates of this step, set by `startStep`. Kept out of the net: they follow from its steps.
let averageRate: f32 = 1;
let meanRate: f32 = 1;

export function startStep(): void {
  const t = <f32>net.steps;
  // Averages cover about the last tenth of all steps, at most the last 100,000.
  averageRate = max<f32>(1 / (1 + 0.1 * t), 0.00001);
  meanRate = max<f32>(0.001, 1 / (1 + t));
}

/** Where a unit's targets stand: before its rows, so that one stream of memory holds both. */
@inline
export function targets(unit: Unit): usize {
  return unit.rows - targetBytes(unit.capacity);
}

/** Bytes of the targets of `capacity` sections: whole cache lines. */
@inline
function targetBytes(capacity: u32): u32 {
  return (capacity * 4 + 63) & ~63;
}

@inline
export function averagesOf(unit: Unit): usize {
  return unit.rows + unit.capacity * ROW;
}

/** The number of the block that section k leads to. */
@inline
export function blockOf(unit: Unit, k: u32): u32 {
  return load<u32>(targets(unit) + k * 4) / ROW;
}

/** A new section from `unit` to the block of this number, its weights and averages 0. Returns the address of the weights. */
export function addSection(unit: Unit, block: u32): usize {
  if (unit.count == unit.capacity) growSections(unit, unit.capacity + max<u32>(4, unit.capacity / 4));
  const k = unit.count++;
  store<u32>(targets(unit) + k * 4, block * ROW);
  return unit.rows + k * ROW;
}

/** Makes room for `capacity` sections, at least the ones there are. */
export function growSections(unit: Unit, capacity: u32): void {
  const old = targets(unit);
  const had = unit.capacity;
  const block = allocate(targetBytes(capacity) + capacity * ROW * 2);
  const rows = block + targetBytes(capacity);
  if (had > 0) {
    memory.copy(block, old, unit.count * 4);
    memory.copy(rows, unit.rows, unit.count * ROW);
    memory.copy(rows + capacity * ROW, averagesOf(unit), unit.count * ROW);
    release(old, targetBytes(had) + had * ROW * 2);
  }
  unit.rows = rows;
  unit.capacity = capacity;
}

/** Takes section k away; the last one takes its place. */
export function removeSection(unit: Unit, k: u32): void {
  const last = --unit.count;
  memory.copy(unit.rows + k * ROW, unit.rows + last * ROW, ROW);
  memory.copy(averagesOf(unit) + k * ROW, averagesOf(unit) + last * ROW, ROW);
  store<u32>(targets(unit) + k * 4, load<u32>(targets(unit) + last * 4));
}

/** pre-activation += activation · weights, for all blocks that read the unit; with the averages instead of the weights for an answer. */
@inline
export function push(unit: Unit, activation: f32, averaged: bool): void {
  if (averaged && unit.averaged != net.steps) settle(unit);
  const r = f32x4.splat(activation);
  const z = net.value;
  let row = averaged ? averagesOf(unit) : unit.rows;
  let target = targets(unit);
  for (const end = target + unit.count * 4; target < end; target += 4, row += ROW) {
    const to = z + load<u32>(target);
    v128.store(to, f32x4.relaxed_madd(r, v128.load(row), v128.load(to)));
    v128.store(to, f32x4.relaxed_madd(r, v128.load(row, 16), v128.load(to, 16)), 16);
    v128.store(to, f32x4.relaxed_madd(r, v128.load(row, 32), v128.load(to, 32)), 32);
    v128.store(to, f32x4.relaxed_madd(r, v128.load(row, 48), v128.load(to, 48)), 48);
  }
}

/** Takes an activation into the unit's running mean: silent steps fade it, this one adds to it. Returns the activation less its mean. */
@inline
export function centre(unit: Unit, activation: f32): f32 {
  // (1 − rate)^steps, nearly; the division is left out where it makes no difference.
  const fade = meanRate * <f32>(net.steps - unit.followed);
  let m = unit.mean;
  m = fade < 0.03125 ? m * (1 - fade + fade * fade) : m / (1 + fade);
  m += meanRate * (activation - m);
  unit.mean = m;
  unit.followed = net.steps;
  return activation - m;
}

/** For each block that reads the unit Σ c² and Σ m c, with c the centred activation and m its mean. */
@inline
export function measure(unit: Unit, centred: f32): void {
  const share = f32x4.replace_lane(f32x4.splat(centred * centred), 1, centred * unit.mean);
  let target = targets(unit);
  for (const end = target + unit.count * 4; target < end; target += 4) {
    const to = net.sum + (load<u32>(target) >> 2);
    v128.store(to, f32x4.add(v128.load(to), share));
  }
}

/** weights −= step · activation · error, block by block. Returns Σ weights · error, if it is asked for. */
@inline
export function learn(unit: Unit, activation: f32, handBack: bool): f32 {
  if (isDue(net.steps - unit.averaged)) settle(unit);
  let row = unit.rows;
  let target = targets(unit);
  let back = f32x4.splat(0);
  for (const end = target + unit.count * 4; target < end; target += 4, row += ROW) {
    const to = load<u32>(target);
    const d = net.error + to;
    const g = f32x4.splat(-activation * load<f32>(net.sum + (to >> 2)));
    const w0 = v128.load(row);
    const w1 = v128.load(row, 16);
    const w2 = v128.load(row, 32);
    const w3 = v128.load(row, 48);
    const d0 = v128.load(d);
    const d1 = v128.load(d, 16);
    const d2 = v128.load(d, 32);
    const d3 = v128.load(d, 48);
    if (handBack) {
      back = f32x4.relaxed_madd(w0, d0, back);
      back = f32x4.relaxed_madd(w1, d1, back);
      back = f32x4.relaxed_madd(w2, d2, back);
      back = f32x4.relaxed_madd(w3, d3, back);
    }
    v128.store(row, f32x4.relaxed_madd(g, d0, w0));
    v128.store(row, f32x4.relaxed_madd(g, d1, w1), 16);
    v128.store(row, f32x4.relaxed_madd(g, d2, w2), 32);
    v128.store(row, f32x4.relaxed_madd(g, d3, w3), 48);
  }
  return handBack ? total(back) : 0;
}

@inline
export function total(v: v128): f32 {
  const pairs = f32x4.add(v, i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Whether averages that are this many steps old are to be brought up to date before their weights change. */
@inline
export function isDue(steps: u32): bool {
  return averageRate * <f32>steps >= AVERAGE_EVERY;
}

/** Brings the averages of a unit's weights up to date. */
export function settle(unit: Unit): void {
  average(unit.rows, averagesOf(unit), unit.count * ROW, net.steps - unit.averaged);
  unit.averaged = net.steps;
}

/** averages += (1 − (1 − rate)^steps) · (weights − averages), nearly, over `bytes` bytes (a multiple of 16). */
export function average(weights: usize, averages: usize, bytes: usize, steps: u32): void {
  const q: f32 = 1 / (1 + averageRate * 0.25 * <f32>steps);
  const f = f32x4.splat(1 - q * q * q * q);
  for (let i: usize = 0; i < bytes; i += 16) {
    const a = v128.load(averages + i);
    v128.store(averages + i, f32x4.relaxed_madd(f, f32x4.sub(v128.load(weights + i), a), a));
  }
}
