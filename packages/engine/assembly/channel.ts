// Channels: the halves of input values above and below their rest, and the border steps that their potential runs through.
import { newFeature, surprise } from './direct';
import { reach } from './growth';
import { allocate, push as append, release, resize, room } from './memory';
import { BELOW, Channel, exists, Input, net, Source } from './model';
import { addSection, bundleOf } from './section';

/** Values that set a channel's first border: few, since wide inputs have many channels; more where single values count. */
const EARLY: u32 = 7;
const EARLY_NARROW: u32 = 64;
/** Steps that the channels of a narrow input begin with, all together and for one; the others begin with one. */
const NARROW_STEPS: u32 = 50;
const MOST_STEPS: u32 = 32;
/** Memory that must be free for a channel to begin. */
const ROOM: usize = 1 << 20;

@inline
export function channelAt(side: usize, i: u32): Channel {
  return changetype<Channel>(load<usize>(side + i * sizeof<usize>()));
}

/** The channel of value `i` on one side, made if it is new, its borders moved by the potential `p`; null if there is no memory for a new one. */
@inline
export function observe(input: Input, side: usize, i: u32, p: f32): Channel {
  const channel = channelAt(side, i);
  if (!exists(channel) || channel.seen < earlyValues(input)) return observeEarly(input, side, i, p);
  if (p > channel.border) exceed(input, channel);
  else if (channel.excess != 0) channel.excess *= input.narrow ? 0.998 : 0.98;
  return channel;
}

@inline
export function earlyValues(input: Input): u32 {
  return input.narrow ? EARLY_NARROW : EARLY;
}

/** One outlier changes nothing: only some values beyond the last border, close together, double the range. */
function exceed(input: Input, channel: Channel): void {
  channel.excess += 1;
  if (channel.excess < <f32>(input.narrow ? 4 : 8) || !hasRoom(ROOM)) return;
  const steps = max<u32>(1, firstSteps(input) / 4);
  const width = channel.border / <f32>steps;
  let last: Source = channel;
  while (exists(last.next)) last = last.next;
  for (let q: u32 = 0; q < steps; q++) {
    const step = addStep(input, channel, last, false);
    step.from = channel.border + width * <f32>q;
    step.scale = <f32>1 / width;
    last = step;
  }
  channel.border *= 2;
  channel.excess = 0;
}

/** The first border: a quarter above the largest of the first values that is at most 8 times their lower median. */
function observeEarly(input: Input, side: usize, i: u32, p: f32): Channel {
  let channel = channelAt(side, i);
  if (!exists(channel)) {
    if (!hasRoom(ROOM)) return channel;
    channel = newChannel(input, side == input.below ? i | BELOW : i);
    channel.early = allocate(earlyValues(input) * 4);
    channel.feature = newFeature(input, false);
    for (let q: u32 = 1; q < firstSteps(input); q++) newStep(input, channel, false);
    reach(input, channel);
  }
  const early = channel.early;
  insert(early, channel.seen++, p);
  const limit: f32 = 8 * load<f32>(early + ((channel.seen - 1) / 2) * 4);
  let largest: f32 = p;
  for (let k: u32 = 0; k < channel.seen; k++) {
    const v = load<f32>(early + k * 4);
    if (v <= limit) largest = v;
  }
  // Smaller ones would have no reciprocal.
  channel.border = max<f32>(1.25 * largest, 1e-30);
  const width = channel.border / <f32>firstSteps(input);
  let from: f32 = 0;
  for (let s: Source = channel; exists(s); s = s.next, from += width) {
    s.from = from;
    s.scale = <f32>1 / width;
  }
  if (channel.seen == earlyValues(input)) {
    release(early, channel.seen * 4);
    channel.early = 0;
  }
  return channel;
}

/** Puts a value into `count` sorted ones. */
export function insert(sorted: usize, count: u32, value: f32): void {
  let at = count;
  while (at > 0 && load<f32>(sorted + (at - 1) * 4) > value) {
    store<f32>(sorted + at * 4, load<f32>(sorted + (at - 1) * 4));
    at--;
  }
  store<f32>(sorted + at * 4, value);
}

@inline
function firstSteps(input: Input): u32 {
  return input.narrow ? max<u32>(1, min<u32>(MOST_STEPS, NARROW_STEPS / input.width)) : 1;
}

/** A channel without steps beside its first. */
export function newChannel(input: Input, index: u32): Channel {
  const channel = changetype<Channel>(newSource(input));
  channel.index = index;
  append<Channel>(input.channels, channel);
  store<usize>((index & BELOW ? input.below : input.above) + (index & ~BELOW) * sizeof<usize>(), changetype<usize>(channel));
  return channel;
}

/** A new step of a channel, behind another. */
function newStep(input: Input, behind: Source, level: bool): Source {
  const step = newSource(input);
  step.feature = newFeature(input, level);
  step.next = behind.next;
  behind.next = step;
  return step;
}

/** A source of an input. */
export function newSource(input: Input): Source {
  const source = changetype<Source>(allocate(offsetof<Channel>()));
  source.followed = net.steps;
  source.averaged = net.steps;
  if (++input.sources > input.activeCapacity) {
    const old = input.activeCapacity * 8;
    const end = input.activeEnd - input.active;
    input.activeCapacity = max<u32>(64, input.activeCapacity * 2);
    input.active = resize(input.active, old, end, input.activeCapacity * 8);
    input.activeEnd = input.active + end;
  }
  return source;
}

/** A step behind another of a channel that is in use, read by the bundles that read the channel; without weights, so that answers stay as they are. */
function addStep(input: Input, channel: Channel, behind: Source, level: bool): Source {
  const step = newStep(input, behind, level);
  for (let k: u32 = 0; k < channel.count; k++) addSection(step, bundleOf(channel, k));
  return step;
}

/**
 * A value that comes again and again gets a border of its own, so that what belongs to it can be learnt exactly: a step from there to the channel's
 * last border.
 */
export function addLevel(input: Input, channel: Channel, potential: f32): void {
  const near: f32 = 0.001 * channel.border;
  if (potential < near || potential > channel.border - near || !hasRoom(ROOM)) return;
  let behind: Source = channel;
  for (let s = channel.next; exists(s); s = s.next) {
    if (abs(s.from - potential) < near) return;
    if (s.from < potential) behind = s;
  }
  const step = addStep(input, channel, behind, true);
  step.from = potential;
  step.scale = <f32>1 / (channel.border - potential);
  surprise();
}

/** Whether memory is left for something new; if not, the cluster stays as large as it is, and says so. */
export function hasRoom(bytes: usize): bool {
  if (room(bytes)) return true;
  net.full = 1;
  return false;
}
