// Groups: in a net of tables each hexagon is copied. Eight of the copies are folds, which answer together; the last is the tracker: few neurons that learn each
// row once, with long steps, for what moves.
import { addHexagon, linkHexagon, linkInput, linkOutput } from './build';
import { startInput } from './input';
import { at } from './memory';
import { FOLDS, Hexagon, isSpiking, net } from './model';
import { Input, Link, Output, Readout } from './terminals';
import { regroup } from './output';
import { connectTables } from './regression';

/** Before the first row: what kind of inputs there are, and what follows from it. */
export function begin(): void {
  if (net.inputs.length == 0 || at<Input>(net.inputs, 0).started) return;
  for (let i: u32 = 0; i < net.inputs.length; i++) startInput(at<Input>(net.inputs, i));
  arrange();
}

/** What follows from the kinds of inputs: groups, and outputs that read tables directly. */
export function arrange(): void {
  split();
  connectTables(answersTo);
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

/** Copies the hexagons of a net of tables into its groups. */
function split(): void {
  let tables = net.inputs.length > 0 && !isSpiking();
  for (let i: u32 = 0; i < net.inputs.length; i++) if (!at<Input>(net.inputs, i).table) tables = false;
  net.folds = tables ? max<u32>(1, min<u32>(FOLDS, net.maxBlocks)) : 1;
  const tracker = net.folds == FOLDS ? min<u32>(4, net.maxBlocks / FOLDS) : 0;
  net.groups = net.folds + <u32>(tracker > 0);
  const own = net.hexagons.length;
  for (let i: u32 = 0; i < own; i++) at<Hexagon>(net.hexagons, i).most = max<u32>(1, (net.maxBlocks - tracker) / net.folds);
  for (let group: u32 = 1; group < net.groups; group++) copyHexagons(own, group, group < net.folds ? at<Hexagon>(net.hexagons, 0).most : tracker);
  for (let i: u32 = 0; i < net.outputs.length; i++) regroup(at<Output>(net.outputs, i));
}

function copyHexagons(own: u32, group: u32, most: u32): void {
  const first = net.hexagons.length;
  for (let i: u32 = 0; i < own; i++) {
    const copy = changetype<Hexagon>(addHexagon());
    copy.group = group;
    copy.most = most;
    const links = at<Hexagon>(net.hexagons, i).links;
    for (let k: u32 = 0; k < links.length; k++) {
      const link = at<Link>(links, k);
      const input = link.input;
      const from = link.hexagon;
      if (input) linkInput(copy, input, link.distance);
      else if (from) linkHexagon(copy, at<Hexagon>(net.hexagons, first + indexOf(from)), link.distance);
    }
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    const count = output.readouts.length;
    for (let k: u32 = 0; k < count; k++) {
      const hexagon = at<Readout>(output.readouts, k).hexagon;
      if (hexagon.group == 0) linkOutput(output, at<Hexagon>(net.hexagons, first + indexOf(hexagon)));
    }
  }
}

function indexOf(hexagon: Hexagon): u32 {
  let i: u32 = 0;
  while (at<Hexagon>(net.hexagons, i) != hexagon) i++;
  return i;
}
