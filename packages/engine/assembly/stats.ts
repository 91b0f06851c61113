// What has grown: counts for people who ask.
import { at, List } from './memory';
import { Bundle, BUNDLES_A_BLOCK, Hexagon, LANES, net, Output, Source } from './model';

/** Neurons: 16 a hidden bundle, and one an output value. */
export function neurons(): u32 {
  let n: u32 = 0;
  for (let i: u32 = 0; i < net.hexagons.length; i++) n += at<Hexagon>(net.hexagons, i).bundles.length * LANES;
  for (let i: u32 = 0; i < net.outputs.length; i++) n += at<Output>(net.outputs, i).width;
  return n;
}

/** Neuron blocks, full or not. */
export function blocks(): u32 {
  let n: u32 = 0;
  for (let i: u32 = 0; i < net.hexagons.length; i++) n += blocksOf(at<Hexagon>(net.hexagons, i).bundles);
  for (let i: u32 = 0; i < net.outputs.length; i++) n += blocksOf(at<Output>(net.outputs, i).bundles);
  return n;
}

function blocksOf(bundles: List): u32 {
  return (bundles.length + BUNDLES_A_BLOCK - 1) / BUNDLES_A_BLOCK;
}

/** Sections: pairs (source, block that reads it). A row is the first of its section if no earlier bundle of its block reads the same source. */
export function sections(): u32 {
  let n: u32 = 0;
  for (let i: u32 = 0; i < net.hexagons.length; i++) n += sectionsOf(at<Hexagon>(net.hexagons, i).bundles);
  for (let i: u32 = 0; i < net.outputs.length; i++) n += sectionsOf(at<Output>(net.outputs, i).bundles);
  return n;
}

function sectionsOf(bundles: List): u32 {
  let n: u32 = 0;
  for (let k: u32 = 0; k < bundles.length; k++) {
    const b = at<Bundle>(bundles, k);
    for (let row: u32 = 0; row < b.rowCount; row++) {
      const source = changetype<Source>(load<usize>(b.rowSources + row * sizeof<usize>()));
      if (firstReader(source, bundles, k)) n++;
    }
  }
  return n;
}

function firstReader(source: Source, bundles: List, index: u32): bool {
  const block = index / BUNDLES_A_BLOCK;
  for (let f: u32 = 0; f < source.fanoutLength; f++) {
    const reader = changetype<Bundle>(<usize>load<u32>(source.fanout + f * 8));
    if (reader.index / BUNDLES_A_BLOCK != block || reader.index >= index || reader.index >= bundles.length) continue;
    if (at<Bundle>(bundles, reader.index) == reader) return false;
  }
  return true;
}

/** Synapses: a weight of each neuron for each source that it reads. */
export function synapses(): u32 {
  let n: u32 = 0;
  for (let i: u32 = 0; i < net.hexagons.length; i++) {
    const bundles = at<Hexagon>(net.hexagons, i).bundles;
    for (let k: u32 = 0; k < bundles.length; k++) n += at<Bundle>(bundles, k).rowCount * LANES;
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    // Every bundle of an output reads the same neurons, and only the lanes in use count.
    if (output.bundles.length > 0) n += at<Bundle>(output.bundles, 0).rowCount * output.width;
  }
  return n;
}
