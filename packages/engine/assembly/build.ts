// From a layout to an empty net.
import { allocate, newList, push, startArena } from './memory';
import { Hexagon, Input, Link, net, Net, Output } from './model';

export function init(seed: u64, maxBundles: u32): void {
  startArena(offsetof<Net>());
  net.random = seed;
  net.maxBundles = maxBundles;
  net.caution = 1;
  net.schedule = 1;
  net.hexagons = newList();
  net.inputs = newList();
  net.outputs = newList();
}

/** A hexagon that grows neurons; made in topological order. */
export function addHexagon(): usize {
  const hexagon = changetype<Hexagon>(allocate(offsetof<Hexagon>()));
  hexagon.bundles = newList();
  hexagon.links = newList();
  hexagon.readers = newList();
  hexagon.outputs = newList();
  hexagon.maxBundles = net.maxBundles;
  hexagon.gain = 1;
  push<Hexagon>(net.hexagons, hexagon);
  return changetype<usize>(hexagon);
}

export function addInput(): usize {
  const input = changetype<Input>(allocate(offsetof<Input>()));
  input.readers = newList();
  push<Input>(net.inputs, input);
  return changetype<usize>(input);
}

export function addOutput(): usize {
  const output = changetype<Output>(allocate(offsetof<Output>()));
  output.bundles = newList();
  output.hexagons = newList();
  push<Output>(net.outputs, output);
  return changetype<usize>(output);
}

export function linkInput(hexagon: Hexagon, input: Input, distance: u32): void {
  const link = changetype<Link>(allocate(offsetof<Link>()));
  link.input = input;
  link.distance = distance;
  push<Link>(hexagon.links, link);
  push<Hexagon>(input.readers, hexagon);
}

export function linkHexagon(hexagon: Hexagon, source: Hexagon, distance: u32): void {
  const link = changetype<Link>(allocate(offsetof<Link>()));
  link.hexagon = source;
  link.distance = distance;
  push<Link>(hexagon.links, link);
  push<Hexagon>(source.readers, hexagon);
}

export function linkOutput(output: Output, hexagon: Hexagon): void {
  push<Hexagon>(output.hexagons, hexagon);
  push<Output>(hexagon.outputs, output);
}
