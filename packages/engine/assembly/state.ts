// A cluster's state as a stream of bytes. One walk through the net serves both ways: it hands over each piece of memory, to be read or to be filled.
import { earlyValues, newChannel, newSource } from './channel';
import { growDirect, MAX_FEATURES } from './direct';
import { neuron, newBundle } from './growth';
import { connect, growPlaces, widenInput } from './input';
import { allocate, at } from './memory';
import {
  BELOW, Bundle, Channel, CHANNEL_STATE, exists, Field, Hexagon, Input, INPUT_STATE, isSpiking, Lane, LANES, net, NET_STATE, Output, OUTPUT_STATE, Place, Readout,
  ROW, Source, SOURCE_STATE,
} from './model';
import { growReadout, widenOutput } from './output';
import { addHalf } from './picture';
import { averagesOf, bundleOf, growSections, targets } from './section';

/** The host reads these bytes, or fills them. */
@external("env", "transfer")
declare function transfer(at: usize, bytes: usize): void;

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
  transfer(changetype<usize>(net), NET_STATE);
  must(net.features <= MAX_FEATURES);
  for (let i: u32 = 0; i < net.inputs.length; i++) walkInput(at<Input>(net.inputs, i));
  for (let i: u32 = 0; i < net.outputs.length; i++) walkOutput(at<Output>(net.outputs, i));
  for (let i: u32 = 0; i < net.hexagons.length; i++) transfer(changetype<usize>(at<Hexagon>(net.hexagons, i)) + offsetof<Hexagon>('errorEnergy'), 8);
  walkBundles();
  for (let i: u32 = 0; i < net.views.length; i++) walkChannels(at<Input>(net.views, i));
  for (let k: u32 = 0; k < net.bundles.length; k++) {
    const b = at<Bundle>(net.bundles, k);
    if (b.neurons != 0) for (let lane: u32 = 0; lane < LANES; lane++) walkSource(neuron(b, lane));
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) walkReadouts(at<Output>(net.outputs, i));
}

function walkInput(input: Input): void {
  const state = changetype<usize>(input) + offsetof<Input>('width');
  transfer(state, INPUT_STATE);
  if (restoring) {
    const width = input.width;
    input.width = 0;
    widenInput(input, width);
    if (input.narrow) connect(input);
    // A picture that has a half; halves themselves come with their parents.
    if (number(0)) addHalf(input);
  } else number(input.half ? 1 : 0);
  const half = input.half;
  if (half) walkInput(half);
}

function walkOutput(output: Output): void {
  transfer(changetype<usize>(output), OUTPUT_STATE);
  if (restoring) {
    const width = output.width;
    output.width = 0;
    widenOutput(output, width);
  }
  transfer(output.lanes, output.width * offsetof<Lane>());
  transfer(output.bias, output.bundles * ROW);
  transfer(output.biasAverage, output.bundles * ROW);
}

function walkBundles(): void {
  const n = number(net.bundles.length);
  for (let k: u32 = 0; k < n; k++) {
    let place: u32 = 0;
    if (!restoring) while (at<Hexagon>(net.hexagons, place) != at<Bundle>(net.bundles, k).hexagon) place++;
    place = number(place);
    must(place < net.hexagons.length);
    const hexagon = at<Hexagon>(net.hexagons, place);
    const b = restoring ? newBundle(hexagon) : at<Bundle>(net.bundles, k);
    transfer(changetype<usize>(b), 4);
    transfer(b.fields, hexagon.links.length * offsetof<Field>());
  }
  transfer(net.bias, n * ROW);
  transfer(net.biasAverage, n * ROW);
  transfer(net.idle, n * ROW);
  if (!isSpiking()) return;
  transfer(net.potential, n * ROW);
  transfer(net.tired, n * ROW);
}

function walkChannels(input: Input): void {
  const places = number(input.placeCount);
  growPlaces(input, places);
  transfer(input.places, places * offsetof<Place>());
  const n = number(input.channels.length);
  for (let k: u32 = 0; k < n; k++) {
    const index = number(restoring ? 0 : at<Channel>(input.channels, k).index);
    must((index & ~BELOW) < input.width);
    const channel = restoring ? newChannel(input, index) : at<Channel>(input.channels, k);
    transfer(changetype<usize>(channel) + offsetof<Channel>('index'), CHANNEL_STATE);
    must(channel.seen <= earlyValues(input));
    if (channel.seen < earlyValues(input)) {
      if (restoring) channel.early = allocate(earlyValues(input) * 4);
      transfer(channel.early, channel.seen * 4);
    }
    walkSource(channel);
    let s: Source = channel;
    while (number(exists(s.next) ? 1 : 0)) {
      if (restoring) s.next = newSource(input);
      s = s.next;
      walkSource(s);
    }
  }
}

function walkSource(source: Source): void {
  transfer(changetype<usize>(source), SOURCE_STATE);
  const n = source.count;
  if (n == 0) return;
  if (restoring) {
    source.count = 0;
    growSections(source, n);
    source.count = n;
  }
  transfer(targets(source), n * 4);
  for (let k: u32 = 0; k < n; k++) must(bundleOf(source, k) < net.bundles.length);
  transfer(source.rows, n * ROW);
  transfer(averagesOf(source), n * ROW);
}

function walkReadouts(output: Output): void {
  for (let i: u32 = 0; i < output.readouts.length; i++) {
    const readout = at<Readout>(output.readouts, i);
    const neurons = readout.hexagon.bundles.length * LANES;
    growReadout(readout, neurons);
    transfer(readout.weights, neurons * output.bundles * ROW);
    transfer(readout.averages, neurons * output.bundles * ROW);
    transfer(readout.averaged, neurons * 4);
  }
  if (output.direct.length == 0) return;
  if (restoring && net.priors == 0) net.priors = allocate(MAX_FEATURES * 8);
  transfer(net.priors, net.features * 8);
  growDirect(output);
  transfer(output.weights, net.features * output.bundles * ROW);
  for (let f: u32 = 0; f < net.features; f++) transfer(output.covariance + f * output.featureCapacity * 8, net.features * 8);
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
