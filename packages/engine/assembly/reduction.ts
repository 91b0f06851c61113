// Reduction, for templates that ask for it: sections that carry nearly nothing are taken away.
import { neuronOf } from './growth';
import { at } from './memory';
import { Bundle, Channel, exists, Hexagon, Input, LANES, net, ROW, Source } from './model';
import { bundleOf, removeSection } from './section';

/** Cycles from one reduction to the next: what was used in any of them stays. */
const REDUCE_EVERY: u32 = 2000;
/** A section was used if it once carried at least this part of what its bundle's sections carry at their peaks, on average. */
const LITTLE: f32 = 0.4;

/** Remembers how active the sources of this cycle were at most since the last reduction. */
export function notePeaks(): void {
  for (let i: u32 = 0; i < net.views.length; i++) {
    const input = at<Input>(net.views, i);
    for (let p = input.active; p < input.activeEnd; p += 8) notePeak(changetype<Source>(<usize>load<u32>(p)), load<f32>(p, 4));
  }
  for (let i: u32 = 0; i < net.hexagons.length; i++) {
    const hexagon = at<Hexagon>(net.hexagons, i);
    if (hexagon.readers.length == 0) continue;
    for (let p = hexagon.fired; p < hexagon.firedEnd; p += 8) notePeak(neuronOf(hexagon, load<u32>(p)), load<f32>(p, 4));
  }
}

@inline
function notePeak(source: Source, activity: f32): void {
  source.peak = max(source.peak, activity);
}

/** Takes away, from time to time, the sections that were not used. */
export function reduce(): void {
  if (net.time - net.reduced < REDUCE_EVERY) return;
  net.reduced = net.time;
  // For each bundle how much its sections carry at their peaks, and how many they are.
  memory.fill(net.sum, 0, (net.bundles.length * ROW) / 4);
  visit(weigh);
  visit(cut);
}

function visit(act: (source: Source) => void): void {
  for (let i: u32 = 0; i < net.views.length; i++) {
    const channels = at<Input>(net.views, i).channels;
    for (let k: u32 = 0; k < channels.length; k++) for (let s: Source = at<Channel>(channels, k); exists(s); s = s.next) act(s);
  }
  for (let i: u32 = 0; i < net.hexagons.length; i++) {
    const hexagon = at<Hexagon>(net.hexagons, i);
    if (hexagon.readers.length > 0) for (let n: u32 = 0; n < hexagon.bundles.length * LANES; n++) act(neuronOf(hexagon, n));
  }
}

function weigh(source: Source): void {
  for (let k: u32 = 0; k < source.count; k++) {
    const sum = net.sum + bundleOf(source, k) * (ROW / 4);
    store<f32>(sum, load<f32>(sum) + carries(source, k));
    store<f32>(sum, load<f32>(sum, 4) + 1, 4);
  }
}

function cut(source: Source): void {
  for (let k = <i32>source.count - 1; k >= 0; k--) {
    const sum = net.sum + bundleOf(source, k) * (ROW / 4);
    if (carries(source, k) * load<f32>(sum, 4) < LITTLE * load<f32>(sum)) removeSection(source, k);
  }
  source.peak = 0;
}

/** The most that a section gave to one of its bundle's neurons. */
function carries(source: Source, k: u32): f32 {
  let largest = f32x4.splat(0);
  for (let i: u32 = 0; i < ROW; i += 16) largest = f32x4.max(largest, f32x4.abs(v128.load(source.rows + <u32>k * ROW + i)));
  const a = max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1));
  const b = max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3));
  return source.peak * max(a, b);
}
