// From raw values to activities: channels, their borders, and sources.
import { activate, addRow, averages, follow } from './bundle';
import { allocate, at, release, resize } from './memory';
import { Bundle, Channel, exists, Field, FIELD_ALL, FIELD_SHARE, FIELD_WINDOW, Hexagon, Input, Link, net, Source } from './model';
import { normal, uniform } from './random';

/** Values that set a channel's first border. */
const EARLY: u32 = 7;
/** Channels up to which a bundle sees all of an input, and the number it sees of a larger one. */
export const FIELD_SIZE: u32 = 100;
/** Side of the window that a bundle sees of a picture. */
export const WINDOW: i32 = 10;
/** Inputs up to this width get fine steps from the start, for curves. */
const NARROW: u32 = 32;
const NARROW_STEPS: u32 = 8;
/** Cycles over which correlations are gathered. */
export const SKETCH_CYCLES: u32 = 3000;

@inline
export function channelAt(channels: usize, i: u32): Channel | null {
  return changetype<Channel | null>(load<usize>(channels + i * sizeof<usize>()));
}

/** Makes room for `width` values; what was learnt stays. */
export function widenInput(input: Input, width: u32): void {
  if (width <= input.width) return;
  const old = input.width * sizeof<usize>();
  const bytes = width * sizeof<usize>();
  input.positive = resize(input.positive, old, old, bytes);
  input.negative = resize(input.negative, old, old, bytes);
  release(input.heard, input.width * 8 + 8);
  input.heard = allocate(width * 8 + 8);
  input.width = width;
}

/** Whether channels of this input are chosen by correlation. */
@inline
export function sketches(input: Input): bool {
  return input.width > FIELD_SIZE && input.pictureColumns == 0;
}

/** Lists the values of a row that are not 0 as pairs (index: u32, value: f32); returns the end of the list. */
function gather(input: Input, row: usize): usize {
  const n = input.length;
  const zero = i64x2.splat(0);
  let to = input.heard;
  let i: u32 = 0;
  // Sixteen bytes, or four floats, are looked at together; most of them are silent.
  if (input.bytes) {
    for (; i + 16 <= n; i += 16) {
      for (let mask = i8x16.bitmask(i8x16.ne(v128.load(row + i), zero)); mask != 0; mask &= mask - 1, to += 8) {
        const k = i + ctz(mask);
        store<u32>(to, k);
        store<f32>(to, <f32>load<u8>(row + k), 4);
      }
    }
    for (; i < n; i++) {
      store<u32>(to, i);
      store<f32>(to, <f32>load<u8>(row + i), 4);
      if (load<u8>(row + i) != 0) to += 8;
    }
  } else {
    for (; i < n; i++) {
      const v = load<f32>(row + i * 4);
      store<u32>(to, i);
      store<f32>(to, v, 4);
      if (v != 0) to += 8;
    }
  }
  return to;
}

/** min(x, 1), without the branches that a scalar minimum compiles to. */
@inline
function atMostOne(x: f32): f32 {
  return f32x4.extract_lane(f32x4.pmin(f32x4.splat(x), f32x4.splat(1)), 0);
}

// A row passes through three short loops, each with few enough live values for the registers: values → channels → sources → bundles.

/** Activates the sources of one row of values; nothing moves, what was never seen stays silent. */
export function encode(input: Input, row: usize): void {
  const end = gather(input, row);
  let known = input.heard;
  for (let p = input.heard; p < end; p += 8) {
    const v = load<f32>(p, 4);
    const channel = load<u32>((v > 0 ? input.positive : input.negative) + load<u32>(p) * sizeof<usize>());
    store<u32>(known, channel);
    store<f32>(known, abs(v), 4);
    if (channel != 0) known += 8;
  }
  let to = input.active;
  for (let p = input.heard; p < known; p += 8) {
    const channel = changetype<Channel>(<usize>load<u32>(p));
    const potential = load<f32>(p, 4);
    to = respond(to, channel, atMostOne(potential * channel.scale));
    for (let s = channel.next; exists(s) && potential > s.from; s = s.next) {
      to = respond(to, s, atMostOne((potential - s.from) * s.scale));
    }
  }
  activateAll(input, to);
}

/** The same while learning: borders move, and channels and steps that are new come into being. */
export function encodeAndLearn(input: Input, row: usize): void {
  const end = gather(input, row);
  for (let p = input.heard; p < end; p += 8) {
    const v = load<f32>(p, 4);
    const channel = observe(input, v > 0 ? input.positive : input.negative, load<u32>(p), abs(v));
    store<u32>(p, <u32>changetype<usize>(channel));
    store<f32>(p, abs(v), 4);
  }
  let to = input.active;
  for (let p = input.heard; p < end; p += 8) {
    const channel = changetype<Channel>(<usize>load<u32>(p));
    const potential = load<f32>(p, 4);
    const r = atMostOne(potential * channel.scale);
    follow(channel, r);
    to = respond(to, channel, r);
    if (channel.sketch != 0) sketch(channel.sketch, r);
    for (let s = channel.next; exists(s) && potential > s.from; s = s.next) {
      const r = atMostOne((potential - s.from) * s.scale);
      follow(s, r);
      to = respond(to, s, r);
    }
  }
  activateAll(input, to);
}

@inline
function respond(to: usize, source: Source, r: f32): usize {
  store<u32>(to, <u32>changetype<usize>(source));
  store<f32>(to, r, 4);
  return to + 8;
}

function activateAll(input: Input, end: usize): void {
  for (let p = input.active; p < end; p += 8) activate(changetype<Source>(<usize>load<u32>(p)), load<f32>(p, 4));
}

/** sketch += activity · signs of this cycle. */
@inline
function sketch(sums: usize, activity: f32): void {
  const r = f32x4.splat(activity);
  for (let k: usize = 0; k < 256; k += 16) {
    v128.store(sums + k, f32x4.relaxed_madd(r, v128.load(net.signs + k), v128.load(sums + k)));
  }
}

function newChannel(input: Input, i: u32): Channel {
  const channel = changetype<Channel>(allocate(offsetof<Channel>()));
  channel.index = i;
  channel.early = allocate(EARLY * 4);
  if (sketches(input) && net.time < SKETCH_CYCLES) channel.sketch = allocate(256);
  input.channels++;
  countSource(input);
  return channel;
}

/** Makes room for one more source in the list of active ones. */
function countSource(input: Input): void {
  if (++input.sources <= input.activeCapacity) return;
  const old = input.activeCapacity * 8;
  input.activeCapacity = max<u32>(64, input.activeCapacity * 2);
  input.active = resize(input.active, old, 0, input.activeCapacity * 8);
}

/** The channel of value `i`, made if it is new, its borders moved by the potential `p`. */
@inline
function observe(input: Input, channels: usize, i: u32, p: f32): Channel {
  const channel = changetype<Channel>(load<usize>(channels + i * sizeof<usize>()));
  if (!exists(channel) || channel.seen < EARLY) return observeEarly(input, channels, i, p);
  if (p > 1.25 * channel.border) exceed(input, channel);
  else channel.excess *= 0.98;
  return channel;
}

/** One outlier changes nothing: only eight values far above the last border, close together, double the range. */
function exceed(input: Input, channel: Channel): void {
  channel.excess += 1;
  if (channel.excess < 8) return;
  const border = channel.border;
  addStep(input, channel, border, border * 2);
  channel.border = border * 2;
  channel.excess = 0;
}

/** The first border: the largest of the first values that is at most 8 times their lower median. */
function observeEarly(input: Input, channels: usize, i: u32, p: f32): Channel {
  let channel = changetype<Channel>(load<usize>(channels + i * sizeof<usize>()));
  if (!exists(channel)) {
    channel = newChannel(input, i);
    store<usize>(channels + i * sizeof<usize>(), changetype<usize>(channel));
  }
  // Insertion keeps the few values sorted.
  let at = channel.seen++;
  const early = channel.early;
  while (at > 0 && load<f32>(early + (at - 1) * 4) > p) {
    store<f32>(early + at * 4, load<f32>(early + (at - 1) * 4));
    at--;
  }
  store<f32>(early + at * 4, p);
  const limit: f32 = 8 * load<f32>(early + ((channel.seen - 1) / 2) * 4);
  let border: f32 = p;
  for (let k: u32 = 0; k < channel.seen; k++) {
    const v = load<f32>(early + k * 4);
    if (v <= limit) border = v;
  }
  // Smaller ones would have no reciprocal.
  border = max<f32>(border, 1e-30);
  const steps: u32 = input.width <= NARROW ? NARROW_STEPS : 1;
  const width = border / <f32>steps;
  if (channel.seen == 1) {
    addChannel(input, channel);
    for (let q: u32 = 1; q < steps; q++) addStep(input, channel, 0, 1);
  }
  let q: u32 = 0;
  for (let s: Source = channel; exists(s); s = s.next) {
    s.from = width * <f32>q;
    s.scale = 1 / width;
    q++;
  }
  channel.border = border;
  if (channel.seen == EARLY) {
    release(channel.early, EARLY * 4);
    channel.early = 0;
  }
  return channel;
}

/** A new channel goes to the bundles whose fields cover it. */
function addChannel(input: Input, channel: Channel): void {
  channel.touched = net.time;
  for (let i: u32 = 0; i < input.readers.length; i++) {
    const hexagon = at<Hexagon>(input.readers, i);
    let link: u32 = 0;
    while (at<Link>(hexagon.links, link).input != input) link++;
    for (let k: u32 = 0; k < hexagon.bundles.length; k++) {
      const b = at<Bundle>(hexagon.bundles, k);
      const field = changetype<Field>(b.fields + link * offsetof<Field>());
      if (sees(field, input, channel.index)) randomise(b, addRow(b, channel));
    }
  }
}

/** A new step goes to the bundles that see its channel. */
function addStep(input: Input, channel: Channel, from: f32, to: f32): void {
  const source = changetype<Source>(allocate(offsetof<Source>()));
  countSource(input);
  source.from = from;
  source.scale = 1 / (to - from);
  source.touched = net.time;
  let last: Source = channel;
  while (exists(last.next)) last = last.next;
  last.next = source;
  // Steps of the first border start with random weights, later ones with none: the answers stay as they are.
  const random = channel.border == 0;
  for (let k: u32 = 0; k < channel.fanoutLength; k++) {
    const b = changetype<Bundle>(<usize>load<u32>(channel.fanout + k * 8));
    const row = addRow(b, source);
    if (random) randomise(b, row);
  }
}

/** Whether a bundle sees the channel of value `index`. */
export function sees(field: Field, input: Input, index: u32): bool {
  if (field.kind == FIELD_ALL) return true;
  if (field.kind == FIELD_WINDOW) {
    const x = <i32>(index % input.pictureColumns) - field.x;
    const y = <i32>(index / input.pictureColumns) - field.y;
    return x >= 0 && x < WINDOW && y >= 0 && y < WINDOW;
  }
  if (field.kind == FIELD_SHARE && field.count < FIELD_SIZE && uniform() * <f32>input.channels < <f32>FIELD_SIZE) {
    field.count++;
    return true;
  }
  return false;
}

/** Weights N(0, (0.45 / √(1 + n))²), n the bundle's typical squared activity. */
export function randomise(b: Bundle, row: usize): void {
  const deviation: f32 = 0.45 / Mathf.sqrt(1 + b.norm);
  for (let lane: usize = 0; lane < 16; lane++) {
    const w = deviation * normal();
    store<f32>(row + lane * 4, w);
    store<f32>(row + averages(b) + lane * 4, w);
  }
}
