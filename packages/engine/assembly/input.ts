// From raw values to active sources.
import { channelAt, addLevel, insert, observe } from './channel';
import { MAX_FEATURES, newFeature } from './direct';
import { allocate, at, push as append, release, resize } from './memory';
import { BROKEN, BYTES, Channel, exists, FLOATS, Hexagon, Input, Link, net, Output, PAIRS, Place, Readout, Source, WHOLE } from './model';
import { halve, shift } from './picture';

/** Inputs of floats up to this width are narrow. */
const NARROW: u32 = 32;
/** Largest distance of a value from its rest that counts: borders that are made of it stay finite. */
const FARTHEST: f32 = 1e38;
/** Values whose lower median is the rest of a Place. */
const EARLY: u32 = 7;
/** Largest value of a feature, in sizes of the values that came first. */
const LARGEST: f32 = 1e6;
/** A value is a level if so many of the next LEVEL_VALUES are equal to it. */
const LEVEL_OFTEN: u32 = 8;
const LEVEL_VALUES: u32 = 64;

/** Makes room for `width` values; what was learnt stays. */
export function widenInput(input: Input, width: u32): void {
  if (width <= input.width) return;
  const old = input.width * sizeof<usize>();
  const bytes = width * sizeof<usize>();
  input.above = resize(input.above, old, old, bytes);
  input.below = resize(input.below, old, old, bytes);
  release(input.heard, input.width * 8 + 8);
  input.heard = allocate(width * 8 + 8);
  input.width = width;
}

/** Lists the sources that a row activates. While learning a picture is shifted, borders move, and channels that are new come into being. */
@inline
export function sense(input: Input, row: usize, learning: bool): void {
  if (learning && !input.started) start(input, row);
  const half = input.half;
  if (half) {
    if (learning) row = shift(input, row);
    // A size that no bundle sees costs nothing.
    if (half.users > 0) activate(half, halve(input, row, half), learning);
    if (input.users == 0) return;
  }
  activate(input, row, learning);
}

/** Before the first row is learnt: what rests, and whether single values count. */
function start(input: Input, row: usize): void {
  input.started = input.form == BYTES ? WHOLE : BROKEN;
  input.narrow = <u32>(input.form == FLOATS && input.width <= NARROW);
  if (!input.narrow) {
    if (input.form != PAIRS && input.width > NARROW) input.rest = majority(input, row);
    return;
  }
  connect(input);
  input.constant = newFeature(input, true);
}

/** Lets the outputs read a narrow input directly that answer to it. */
export function connect(input: Input): void {
  input.features = allocate(MAX_FEATURES * 8 + 8);
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    if (answersTo(output, input)) append<Input>(output.direct, input);
  }
}

function answersTo(output: Output, input: Input): bool {
  for (let i: u32 = 0; i < output.readouts.length; i++) if (reads(at<Readout>(output.readouts, i).hexagon, input)) return true;
  return false;
}

function reads(hexagon: Hexagon, input: Input): bool {
  for (let i: u32 = 0; i < hexagon.links.length; i++) {
    const link = at<Link>(hexagon.links, i);
    const from = link.hexagon;
    if (link.input == input || (from && reads(from, input))) return true;
  }
  return false;
}

@inline
function valueAt(input: Input, row: usize, i: u32): f32 {
  return input.form == BYTES ? <f32>load<u8>(row + i) : load<f32>(row + i * 4);
}

/** The value that at least half of a row's values are, such as a white background; 0 if there is none (majority vote: Boyer and Moore 1981). */
function majority(input: Input, row: usize): f32 {
  let candidate: f32 = 0;
  let votes: i32 = 0;
  for (let i: u32 = 0; i < input.length; i++) {
    const v = valueAt(input, row, i);
    if (votes == 0) candidate = v;
    votes += v == candidate ? 1 : -1;
  }
  let count: u32 = 0;
  for (let i: u32 = 0; i < input.length; i++) count += <u32>(valueAt(input, row, i) == candidate);
  return count * 2 >= input.length ? candidate : 0;
}

// A row passes through short loops, each with few enough live values for the registers: values → channels → sources.

/** Lists the sources that one row of values activates. */
function activate(input: Input, row: usize, learning: bool): void {
  const end = input.narrow ? gatherNarrow(input, row, learning) : gather(input, row);
  let known = input.heard;
  for (let p = input.heard; p < end; p += 8) {
    const v = load<f32>(p, 4);
    const side = v > 0 ? input.above : input.below;
    const i = load<u32>(p);
    const potential = atMost(abs(v), FARTHEST);
    const channel = learning ? observe(input, side, i, potential) : channelAt(side, i);
    store<u32>(known, <u32>changetype<usize>(channel));
    store<f32>(known, potential, 4);
    if (exists(channel)) known += 8;
  }
  input.heardEnd = known;
  let to = input.active;
  for (let p = input.heard; p < known; p += 8) {
    const channel = changetype<Channel>(<usize>load<u32>(p));
    const potential = load<f32>(p, 4);
    store<u32>(to, load<u32>(p));
    store<f32>(to, atMost(potential * channel.scale, 1), 4);
    to += 8;
    for (let s = channel.next; exists(s) && potential > s.from; s = s.next) {
      store<u32>(to, <u32>changetype<usize>(s));
      store<f32>(to, atMost((potential - s.from) * s.scale, 1), 4);
      to += 8;
    }
  }
  input.activeEnd = to;
  if (input.narrow) listFeatures(input);
}

/** min(x, most), without the branches that a scalar minimum compiles to. */
@inline
function atMost(x: f32, most: f32): f32 {
  return f32x4.extract_lane(f32x4.pmin(f32x4.splat(x), f32x4.splat(most)), 0);
}

/** Lists the values of a row that are not at rest as pairs (index: u32, deviation: f32); returns the end of the list. */
function gather(input: Input, row: usize): usize {
  const n = input.length;
  const rest = input.rest;
  let to = input.heard;
  let i: u32 = 0;
  if (input.form == PAIRS) {
    const bytes = load<u32>(row, 4) - load<u32>(row);
    memory.copy(to, input.data + load<u32>(row), bytes);
    return to + bytes;
  }
  // Sixteen bytes, or four floats, are looked at together; most of them are silent.
  if (input.form == BYTES) {
    const silent = i8x16.splat(<i8>rest);
    for (; i + 16 <= n; i += 16) {
      for (let mask = i8x16.bitmask(i8x16.ne(v128.load(row + i), silent)); mask != 0; mask &= mask - 1) to = hear(to, i + ctz(mask), <f32>load<u8>(row + i + ctz(mask)) - rest);
    }
  } else {
    const silent = f32x4.splat(rest);
    for (; i + 4 <= n; i += 4) {
      for (let mask = i32x4.bitmask(f32x4.ne(v128.load(row + i * 4), silent)); mask != 0; mask &= mask - 1) to = hear(to, i + ctz(mask), load<f32>(row + (i + ctz(mask)) * 4) - rest);
    }
  }
  for (; i < n; i++) {
    const v = valueAt(input, row, i) - rest;
    if (v != 0) to = hear(to, i, v);
  }
  return to;
}

@inline
function hear(to: usize, i: u32, deviation: f32): usize {
  store<u32>(to, i);
  store<f32>(to, deviation, 4);
  return to + 8;
}

/** The same for narrow inputs: each value rests at the lower median of its first ones, and is a feature of the direct path. */
function gatherNarrow(input: Input, row: usize, learning: bool): usize {
  growPlaces(input, input.length);
  let to = input.heard;
  let feature = hear(input.features, input.constant, 1);
  for (let i: u32 = 0; i < input.length; i++) {
    const place = changetype<Place>(input.places + i * offsetof<Place>());
    const value = valueAt(input, row, i);
    if (place.seen < EARLY) {
      if (learning) settle(input, place, value);
      continue;
    }
    const v = max<f32>(-FARTHEST, min<f32>(FARTHEST, value - place.rest));
    if (learning) watch(input, place, i, v);
    if (v == 0) continue;
    to = hear(to, i, v);
    const channel = channelAt(v > 0 ? input.above : input.below, i);
    if (place.scale == 0 && exists(channel) && channel.seen >= EARLY) place.scale = 1 / channel.border;
    if (place.scale == 0 || place.feature == MAX_FEATURES) continue;
    // Beyond the last border a value is as good as the border.
    const limit = min<f32>(LARGEST, (exists(channel) ? channel.border : abs(v)) * place.scale);
    feature = hear(feature, place.feature, max(-limit, min(limit, v * place.scale)));
  }
  input.featuresEnd = feature;
  return to;
}

export function growPlaces(input: Input, count: u32): void {
  if (count <= input.placeCount) return;
  const old = input.placeCount * offsetof<Place>();
  input.places = resize(input.places, old, old, count * offsetof<Place>());
  input.placeCount = count;
}

/** One of a place's first values. */
function settle(input: Input, place: Place, value: f32): void {
  const early = changetype<usize>(place) + offsetof<Place>('early0');
  insert(early, place.seen++, value);
  place.rest = load<f32>(early + ((place.seen - 1) / 2) * 4);
  if (place.seen == EARLY) place.feature = newFeature(input, true);
}

/** Looks for values that come again and again. */
function watch(input: Input, place: Place, i: u32, v: f32): void {
  place.levelCount += <u32>(v == place.level);
  if (++place.levelSeen <= LEVEL_VALUES) return;
  const channel = channelAt(place.level > 0 ? input.above : input.below, i);
  if (place.levelCount >= LEVEL_OFTEN && exists(channel)) addLevel(input, channel, abs(place.level));
  place.level = v;
  place.levelSeen = 0;
  place.levelCount = 0;
}

/** The active steps are features of the direct path too. */
function listFeatures(input: Input): void {
  let feature = input.featuresEnd;
  for (let p = input.active; p < input.activeEnd; p += 8) {
    const number = changetype<Source>(<usize>load<u32>(p)).feature;
    if (number < MAX_FEATURES) feature = hear(feature, number, load<f32>(p, 4));
  }
  input.featuresEnd = feature;
}
