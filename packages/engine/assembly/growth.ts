// New bundles and what they see.
import { addRow, growRows, neuron, newBundle, rowSource } from './bundle';
import { channelAt, FIELD_SIZE, randomise, sees, sketches, WINDOW } from './input';
import { allocate, at, push, release } from './memory';
import {
  Bundle,
  Channel,
  exists,
  Field,
  FIELD_ALL,
  FIELD_SHARE,
  FIELD_WINDOW,
  Hexagon,
  Input,
  Link,
  LANES,
  net,
  Output,
  ROW,
  Source,
} from './model';
import { below, bits, uniform } from './random';
import { readBundle } from './output';

/** Bundles that a hexagon starts with, and the error that must gather for one more. */
const START: u32 = 16;
const CREDIT: f32 = 10;
/** Bundles of another hexagon that one bundle reads. */
const NEURON_FIELD: u32 = 8;

/** After each trained sample: errors buy bundles, for the hexagon that has fewest. */
export function grow(largestError: f32): void {
  net.credit += min<f32>(1, largestError);
  let fewest: Hexagon | null = null;
  for (let i: u32 = 0; i < net.hexagons.length; i++) {
    const hexagon = at<Hexagon>(net.hexagons, i);
    const n = hexagon.bundles.length;
    if (n < min(START, hexagon.maxBundles)) growBundle(hexagon);
    else if (n < hexagon.maxBundles && (!fewest || n < fewest.bundles.length)) fewest = hexagon;
  }
  if (net.credit < CREDIT) return;
  net.credit = 0;
  if (fewest) growBundle(fewest);
}

function growBundle(hexagon: Hexagon): void {
  const b = newBundle(hexagon.bundles.length, true);
  b.hexagon = hexagon;
  b.fields = allocate(hexagon.links.length * offsetof<Field>());
  for (let i: u32 = 0; i < hexagon.links.length; i++) {
    const link = at<Link>(hexagon.links, i);
    // A source two hexagons away is seen by half of the bundles, one three away by a third.
    if (link.distance > 1 && below(link.distance) != 0) continue;
    const field = changetype<Field>(b.fields + i * offsetof<Field>());
    const input = link.input;
    const source = link.hexagon;
    if (input) seeInput(b, field, input);
    else if (source) seeHexagon(b, field, source);
  }
  // Weights fit the activity of this moment, or what the hexagon's other bundles are used to if that is more.
  let n: f32 = 1;
  for (let k: u32 = 0; k < b.rowCount; k++) {
    const source = rowSource(b, k);
    if (source.touched == net.time) n += (source.activity - source.mean) * (source.activity - source.mean);
  }
  let others: f32 = 0;
  for (let k: u32 = 0; k < hexagon.bundles.length; k++) others += at<Bundle>(hexagon.bundles, k).norm;
  if (hexagon.bundles.length > 0) n = max(n, others / <f32>hexagon.bundles.length);
  b.norm = n;
  for (let k: u32 = 0; k < b.rowCount; k++) randomise(b, b.rows + k * ROW);

  push<Bundle>(hexagon.bundles, b);
  for (let i: u32 = 0; i < hexagon.outputs.length; i++) {
    const output = at<Output>(hexagon.outputs, i);
    for (let k: u32 = 0; k < output.bundles.length; k++) readBundle(at<Bundle>(output.bundles, k), b);
  }
  for (let i: u32 = 0; i < hexagon.readers.length; i++) offer(b, hexagon, at<Hexagon>(hexagon.readers, i));
}

/** Lets bundles farther on that have room read a new bundle; weights 0, so that answers stay as they are. */
function offer(b: Bundle, from: Hexagon, reader: Hexagon): void {
  let i: u32 = 0;
  while (at<Link>(reader.links, i).hexagon != from) i++;
  for (let k: u32 = 0; k < reader.bundles.length; k++) {
    const field = changetype<Field>(at<Bundle>(reader.bundles, k).fields + i * offsetof<Field>());
    if (field.kind != FIELD_SHARE || field.count >= NEURON_FIELD) continue;
    field.count++;
    readBundle(at<Bundle>(reader.bundles, k), b);
  }
}

function seeHexagon(b: Bundle, field: Field, from: Hexagon): void {
  field.kind = FIELD_SHARE;
  const n = from.bundles.length;
  growRows(b, b.rowCount + NEURON_FIELD * LANES);
  // Draws NEURON_FIELD of n without repetition: each is taken with the chance (still wanted) / (still to come).
  for (let k: u32 = 0; k < n && field.count < NEURON_FIELD; k++) {
    if (below(n - k) >= NEURON_FIELD - field.count) continue;
    field.count++;
    const source = at<Bundle>(from.bundles, k);
    for (let lane: u32 = 0; lane < LANES; lane++) addRow(b, neuron(source, lane));
  }
}

function seeInput(b: Bundle, field: Field, input: Input): void {
  if (input.pictureColumns != 0 && input.width > FIELD_SIZE) {
    field.kind = FIELD_WINDOW;
    field.x = corner(input.pictureColumns);
    field.y = corner(input.pictureRows);
  } else if (sketches(input)) {
    field.kind = FIELD_SHARE;
    seeCorrelated(b, field, input);
    return;
  } else field.kind = FIELD_ALL;
  growRows(b, b.rowCount + min(FIELD_SIZE, input.channels));
  for (let i: u32 = 0; i < input.width; i++) {
    if (sees(field, input, i)) {
      addChannel(b, channelAt(input.positive, i));
      addChannel(b, channelAt(input.negative, i));
    }
  }
}

/** A window may hang over the picture's edge by 2. */
function corner(size: u32): i32 {
  return <i32>below(max<i32>(1, <i32>size - WINDOW + 5)) - 2;
}

function addChannel(b: Bundle, channel: Channel | null): void {
  if (!channel) return;
  for (let s: Source = channel; exists(s); s = s.next) addRow(b, s);
}

/** Draws this cycle's random signs. */
export function drawSigns(): void {
  if (net.signs == 0) {
    net.signs = allocate(256);
    net.signSums = allocate(256);
  }
  let word = bits();
  for (let k: usize = 0; k < 256; k += 4, word >>= 1) {
    const sign: f32 = word & 1 ? 1 : -1;
    store<f32>(net.signs + k, sign);
    store<f32>(net.signSums + k, load<f32>(net.signSums + k) + sign);
  }
}

/** Cosine of two channels' sketches, their mean parts removed: an estimate of the correlation of their activities. */
function correlation(a: Channel, b: Channel): f32 {
  const ma = a.mean;
  const mb = b.mean;
  let ab: f32 = 0;
  let aa: f32 = 1e-12;
  let bb: f32 = 1e-12;
  for (let k: usize = 0; k < 256; k += 4) {
    const s = load<f32>(net.signSums + k);
    const x = load<f32>(a.sketch + k) - ma * s;
    const y = load<f32>(b.sketch + k) - mb * s;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Mathf.sqrt(aa * bb);
}

/** Sees the channels most correlated with a random one that is active now; those without a sketch by chance. */
function seeCorrelated(b: Bundle, field: Field, input: Input): void {
  growRows(b, b.rowCount + FIELD_SIZE);
  const seed = activeChannel(input);
  // A histogram of the correlations (in 1/512) gives the threshold that leaves FIELD_SIZE channels.
  const size: usize = 1025 * 4;
  const histogram = allocate(size);
  const scores = allocate(input.width * 8);
  let known: u32 = 0;
  for (let half: u32 = 0; half < 2; half++) {
    for (let i: u32 = 0; i < input.width; i++) {
      const channel = channelAt(half == 0 ? input.positive : input.negative, i);
      if (!channel) continue;
      const score: f32 = seed && seed.sketch != 0 && channel.sketch != 0 ? correlation(seed, channel) : uniform() * 0.25;
      store<f32>(scores + (half * input.width + i) * 4, score);
      const bin = histogram + <usize>((min<f32>(1, max<f32>(-1, score)) + 1) * 512) * 4;
      store<u32>(bin, load<u32>(bin) + 1);
      known++;
    }
  }
  let bin: u32 = 1024;
  let above = load<u32>(histogram + bin * 4);
  while (bin > 0 && above < FIELD_SIZE) above += load<u32>(histogram + --bin * 4);
  for (let half: u32 = 0; half < 2; half++) {
    for (let i: u32 = 0; i < input.width && field.count < FIELD_SIZE; i++) {
      const channel = channelAt(half == 0 ? input.positive : input.negative, i);
      if (!channel) continue;
      const score = load<f32>(scores + (half * input.width + i) * 4);
      if (<u32>((min<f32>(1, max<f32>(-1, score)) + 1) * 512) < bin) continue;
      field.count++;
      addChannel(b, channel);
    }
  }
  release(histogram, size);
  release(scores, input.width * 8);
}

/** A random channel among those that are active in this cycle (reservoir of one); null if there is none. */
function activeChannel(input: Input): Channel | null {
  let found: Channel | null = null;
  let n: u32 = 0;
  for (let half: u32 = 0; half < 2; half++) {
    for (let i: u32 = 0; i < input.width; i++) {
      const channel = channelAt(half == 0 ? input.positive : input.negative, i);
      if (channel && channel.touched == net.time && below(++n) == 0) found = channel;
    }
  }
  return found;
}
