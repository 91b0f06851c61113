// The kernel's door, as src/kernel.ts sees it.
import { columnAt, sectionsOf } from './column';
import { liveIsBetter } from './controller';
import { cycle, forward, senseAll } from './cycle';
import { begin } from './groups';
import { neuron } from './blocks';
import { widenInput } from './room';
import { allocate, at, release, room } from './memory';
import { Block, BLOCKS_A_COUNT, exists, Hexagon, LANES, net, Unit } from './model';
import { Encoding, FIELDS, Input, Output, Readout } from './terminals';
import { answer, widenOutput } from './output';
import { keep, keptRow, prepareReplay, times } from './replay';
import { startStep } from './section';
import { chooseKinds } from './target';
import { trackerLeads } from './mixing';

export { addHexagon, addInput, addOutput, init, linkHexagon, linkInput, linkOutput } from './build';
export { top } from './memory';
export { declareCategories } from './column';
export { shapeInput } from './picture';
export { checksum, restore, save } from './state';

/** Room for `bytes` bytes of rows; its address, 0 if there is no memory for it. */
export function stage(bytes: usize): usize {
  if (bytes > net.stagingBytes) {
    const more = max<usize>(bytes, net.stagingBytes * 2);
    if (!room(more)) return 0;
    release(net.staging, net.stagingBytes);
    net.stagingBytes = more;
    net.staging = allocate(more);
  }
  return net.staging;
}

export function feedInput(input: Input, data: usize, stride: u32, length: u32, form: u32): void {
  widenInput(input, length);
  input.data = data;
  input.stride = stride;
  input.length = length;
  input.form = form;
}

/** The rows of an input are fields of a table, however many. */
export function declareFields(input: Input): void {
  input.declared = FIELDS;
}

export function feedOutput(output: Output, data: usize, stride: u32, length: u32, form: u32): void {
  widenOutput(output, length);
  output.data = data;
  output.stride = stride;
  output.length = length;
  output.form = form;
}

/** Index of the first of `count` floats at `data` that is infinite; -1 if none is. */
export function firstInfinite(data: usize, count: u32): i32 {
  const sign = i32x4.splat(0x7fffffff);
  const infinite = i32x4.splat(0x7f800000);
  let i: u32 = 0;
  while (i + 4 <= count && !v128.any_true(i32x4.eq(v128.and(v128.load(data + i * 4), sign), infinite))) i += 4;
  for (; i < count; i++) if ((load<u32>(data + i * 4) & 0x7fffffff) == 0x7f800000) return <i32>i;
  return -1;
}

/**
 * Trains `rows` fed rows, one cycle each. Returns the mean of the largest errors.
 * @param to where the answers to each row go from before it was learnt (cycle.ts), laid out as those of a request; NaN for a row without; 0 for nowhere.
 */
export function train(rows: u32, to: usize): f32 {
  if (rows == 0) return 0;
  startStep();
  begin();
  for (let i: u32 = 0; i < net.outputs.length; i++) chooseKinds(at<Output>(net.outputs, i), rows);
  prepareReplay();
  let sum: f32 = 0;
  let width: u32 = 0;
  for (let i: u32 = 0; i < net.outputs.length; i++) width += at<Output>(net.outputs, i).width;
  if (to != 0) memory.fill(to, 0xff, rows * width * 4);
  for (let n: u32 = 0; n < rows; n++) {
    const error = cycle(n, 0, to == 0 ? 0 : to + n * width * 4);
    sum += error;
    keep(n, error);
    for (let again = times(); again > 0; again--) cycle(0, keptRow(), 0);
  }
  return sum / <f32>rows;
}

/** Answers `rows` fed rows into `to`: for each row the values of all outputs, one output after the other. */
export function request(rows: u32, to: usize): void {
  startStep();
  const averaged = net.groups > 1 || !liveIsBetter();
  let tracking = false;
  for (let i: u32 = 0; i < net.outputs.length; i++) if (trackerLeads(at<Output>(net.outputs, i))) tracking = true;
  for (let n: u32 = 0; n < rows; n++) {
    senseAll(n, 0, false);
    forward(averaged, true);
    const row = to;
    for (let i: u32 = 0; i < net.outputs.length; i++) {
      const output = at<Output>(net.outputs, i);
      answer(output, to, false);
      to += output.width * 4;
    }
    if (tracking) answerTracking(row);
  }
}

/** Answers of the tracker, by its live weights, where it leads. */
function answerTracking(to: usize): void {
  forward(false, false);
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    if (trackerLeads(output)) answer(output, to, true);
    to += output.width * 4;
  }
}

// What has grown: counts for people who ask.

/** Neurons: 16 a hidden block, and one an output value. */
export function neurons(): u32 {
  let n = net.blocks.length * LANES;
  for (let i: u32 = 0; i < net.outputs.length; i++) n += at<Output>(net.outputs, i).width;
  return n;
}

/** Neurons of a hexagon and of its copies in all groups; `own` hexagons are in each. */
export function hexagonNeurons(index: u32, own: u32): u32 {
  let n: u32 = 0;
  for (let i = index; i < net.hexagons.length; i += own) n += at<Hexagon>(net.hexagons, i).blocks.length * LANES;
  return n;
}

/** Neuron blocks, full or not, of hexagons and of outputs. */
export function blocks(): u32 {
  let n: u32 = 0;
  for (let i: u32 = 0; i < net.hexagons.length; i++) n += (at<Hexagon>(net.hexagons, i).blocks.length + BLOCKS_A_COUNT - 1) / BLOCKS_A_COUNT;
  for (let i: u32 = 0; i < net.outputs.length; i++) n += (at<Output>(net.outputs, i).blocks + BLOCKS_A_COUNT - 1) / BLOCKS_A_COUNT;
  return n;
}

/** Sections: the weights from one unit to the 16 neurons of one block. */
export function sections(): u32 {
  let n: u32 = 0;
  for (let i: u32 = 0; i < net.views.length; i++) {
    const input = at<Input>(net.views, i);
    for (let k: u32 = 0; k < input.columnCount; k++) n += sectionsOf(columnAt(input, k));
    for (let k: u32 = 0; k < input.encodings.length; k++) for (let s: Unit = at<Encoding>(input.encodings, k); exists(s); s = s.next) n += s.count;
  }
  for (let k: u32 = 0; k < net.blocks.length; k++) {
    const b = at<Block>(net.blocks, k);
    if (b.neurons != 0) for (let lane: u32 = 0; lane < LANES; lane++) n += neuron(b, lane).count;
  }
  return n;
}

/** Synapses: 16 a section, and a weight from each neuron that an output reads to each of its values. */
export function synapses(): f64 {
  let n = <f64>sections() * LANES;
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    for (let r: u32 = 0; r < output.readouts.length; r++) n += <f64>at<Readout>(output.readouts, r).hexagon.blocks.length * LANES * output.width;
  }
  return n;
}

/** 1 once memory was too short for something new. */
export function full(): u32 {
  return net.full;
}
