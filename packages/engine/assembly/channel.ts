// Channels: the halves of input values above and below their rest, and the border steps that their potential runs through.
import { channelAt, hasRoom, newUnit } from './room';
import { reach } from './growth';
import { allocate, insert, push as append, release } from './memory';
import { exists, Unit } from './model';
import { BELOW, Channel, Input } from './terminals';
import { addSection, blockOf } from './section';

/** Values that set a channel's first border: few, since wide inputs have many channels. */
export const EARLY: u32 = 7;
/** Memory that must be free for a channel to begin. */
const ROOM: usize = 1 << 20;

/** The channel of value `i` on one side, made if it is new, its borders moved by the potential `p`; null if there is no memory for a new one. */
@inline
export function observe(input: Input, side: usize, i: u32, p: f32): Channel {
  const channel = channelAt(side, i);
  if (!exists(channel) || channel.seen < EARLY) return observeEarly(input, side, i, p);
  if (p > channel.border) exceed(input, channel);
  else if (channel.excess != 0) channel.excess *= 0.98;
  return channel;
}

/** One outlier changes nothing: only some values beyond the last border, close together, double the range. */
function exceed(input: Input, channel: Channel): void {
  channel.excess += 1;
  if (channel.excess < 8 || !hasRoom(ROOM)) return;
  let last: Unit = channel;
  while (exists(last.next)) last = last.next;
  const step = newUnit(input);
  last.next = step;
  // Without weights, so that answers stay as they are.
  for (let k: u32 = 0; k < channel.count; k++) addSection(step, blockOf(channel, k));
  step.from = channel.border;
  step.scale = <f32>1 / channel.border;
  channel.border *= 2;
  channel.excess = 0;
}

/** The first border: a quarter above the largest of the first values that is at most 8 times their lower median. */
function observeEarly(input: Input, side: usize, i: u32, p: f32): Channel {
  let channel = channelAt(side, i);
  if (!exists(channel)) {
    if (!hasRoom(ROOM)) return channel;
    channel = newChannel(input, side == input.below ? i | BELOW : i);
    channel.early = allocate(EARLY * 4);
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
  channel.scale = <f32>1 / channel.border;
  if (channel.seen == EARLY) {
    release(early, channel.seen * 4);
    channel.early = 0;
  }
  return channel;
}

/** A channel without steps beside its first. */
export function newChannel(input: Input, index: u32): Channel {
  const channel = changetype<Channel>(newUnit(input));
  channel.index = index;
  append<Channel>(input.channels, channel);
  store<usize>((index & BELOW ? input.below : input.above) + (index & ~BELOW) * sizeof<usize>(), changetype<usize>(channel));
  return channel;
}
