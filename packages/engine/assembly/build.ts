// From a layout to an empty net.
import { allocate, newList, push as append, startArena } from './memory';
import { Hexagon, MOST_GROUPS, net, Net } from './model';
import { Input, Link, Output, Readout } from './terminals';

/**
 * @param shard which of `shards` parts of a cluster this is: each grows neurons of its own, and all answer together.
 * @param limit bytes that the net may take.
 */
export function init(seed: u64, shard: u32, shards: u32, maxBlocks: u32, cooldown: f32, refractory: u32, reduction: u32, limit: usize): void {
  startArena(offsetof<Net>(), limit);
  net.choice = seed;
  net.random = seed + <u64>shard * 0xd1342543de82ef95;
  net.shard = shard;
  net.shards = shards;
  net.maxBlocks = maxBlocks;
  net.cooldown = cooldown;
  net.refractory = refractory;
  net.reduction = reduction;
  net.stepScale = 1;
  net.hexagons = newList();
  net.inputs = newList();
  net.views = newList();
  net.outputs = newList();
  net.blocks = newList();
  net.seen = newList();
  net.regressions = newList();
  net.groups = 1;
  net.folds = 1;
}

/** A hexagon that grows neurons; made in topological order. */
export function addHexagon(): usize {
  const hexagon = changetype<Hexagon>(allocate(offsetof<Hexagon>()));
  hexagon.readers = newList();
  hexagon.readouts = newList();
  hexagon.blocks = newList();
  hexagon.links = newList();
  append<Hexagon>(net.hexagons, hexagon);
  return changetype<usize>(hexagon);
}

export function addInput(): usize {
  const input = newInput();
  append<Input>(net.inputs, input);
  return changetype<usize>(input);
}

export function newInput(): Input {
  const input = changetype<Input>(allocate(offsetof<Input>()));
  input.readers = newList();
  input.encodings = newList();
  append<Input>(net.views, input);
  return input;
}

export function addOutput(): usize {
  const output = changetype<Output>(allocate(offsetof<Output>()));
  output.readouts = newList();
  output.norms = allocate(MOST_GROUPS * 4);
  output.mixing = 1;
  output.pairMixing = 1;
  output.trackerMixing = 1;
  append<Output>(net.outputs, output);
  return changetype<usize>(output);
}

export function linkInput(hexagon: Hexagon, input: Input, distance: u32): void {
  const link = changetype<Link>(allocate(offsetof<Link>()));
  link.input = input;
  link.distance = distance;
  append<Link>(hexagon.links, link);
  append<Hexagon>(input.readers, hexagon);
}

export function linkHexagon(hexagon: Hexagon, unit: Hexagon, distance: u32): void {
  const link = changetype<Link>(allocate(offsetof<Link>()));
  link.hexagon = unit;
  link.distance = distance;
  append<Link>(hexagon.links, link);
  append<Hexagon>(unit.readers, hexagon);
}

export function linkOutput(output: Output, hexagon: Hexagon): void {
  const readout = changetype<Readout>(allocate(offsetof<Readout>()));
  readout.hexagon = hexagon;
  readout.output = output;
  append<Readout>(output.readouts, readout);
  append<Readout>(hexagon.readouts, readout);
}
