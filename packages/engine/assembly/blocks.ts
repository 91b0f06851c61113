// New blocks, and what they see.
import { columnAt, drawLinear, hatOf, isUsual } from './column';
import { allocate, at, push as append, resize, top } from './memory';
import { Block, exists, Field, FIELD_ALL, FIELD_SHARE, FIELD_WINDOW, Hexagon, isSpiking, LANES, net, ROW, Unit } from './model';
import { BELOW, CATEGORIES, Encoding, Input, Link, Readout } from './terminals';
import { growReadout, readoutGrowth } from './output';
import { below, normal } from './random';
import { encodingAt, hasRoom } from './room';
import { addSection, averagesOf, blockOf } from './section';
import { placeWindow, seesHalves, windowSide } from './windows';

/** Encodings up to which a block sees all of an input, and about the number it sees of a larger one. */
const FIELD_SIZE: u32 = 100;
/** Blocks that an encoding joins which comes later, where fields are drawn by lot; blocks of another hexagon that one block reads. */
const JOIN: u32 = 4;
const NEURON_FIELD: u32 = 8;
/** Random weights are N(0, (SPREAD / √(1 + n))²), n the block's typical squared activation. */
const SPREAD: f32 = 0.35;
/** Biases of neurons that see tables are N(0, BIAS²). */
const BIAS: f32 = 0.5;
/** Memory that must be free for a block to begin, beside the readouts: what it sees may have to move to larger places. */
const ROOM: usize = 1 << 20;
const MOST_MOVED: usize = 64 << 20;

/** Grows one more block, if there is memory for it. */
export function growBlock(hexagon: Hexagon): void {
  let bytes = ROOM + min(MOST_MOVED, top() / 2);
  for (let i: u32 = 0; i < hexagon.readouts.length; i++) bytes += readoutGrowth(at<Readout>(hexagon.readouts, i), (hexagon.blocks.length + 1) * LANES);
  if (!hasRoom(bytes)) return;
  const b = newBlock(hexagon);
  for (let i: u32 = 0; i < hexagon.links.length; i++) {
    const link = at<Link>(hexagon.links, i);
    // A unit two hexagons away is seen by half of the blocks, one three away by a third.
    if (link.distance > 1 && below(link.distance) != 0) continue;
    const field = changetype<Field>(b.fields + i * offsetof<Field>());
    const input = link.input;
    const from = link.hexagon;
    if (input) seeInput(b, field, input);
    else if (from) seeHexagon(b, field, from);
  }
  initialise(b);
  for (let i: u32 = 0; i < hexagon.readers.length; i++) offer(b, hexagon, at<Hexagon>(hexagon.readers, i));
}

/** A block that sees nothing yet; the outputs of its hexagon read it with weights of 0, so that answers stay as they are. */
export function newBlock(hexagon: Hexagon): Block {
  const b = changetype<Block>(allocate(offsetof<Block>()));
  b.number = net.blocks.length;
  b.hexagon = hexagon;
  b.fields = allocate(hexagon.links.length * offsetof<Field>());
  if (b.number == net.blockCapacity) growArrays(max<u32>(32, net.blockCapacity * 2));
  append<Block>(net.blocks, b);
  append<Block>(hexagon.blocks, b);
  const neurons = hexagon.blocks.length * LANES;
  // One pair more than there are neurons: `fire` writes ahead.
  if (neurons >= hexagon.firedCapacity) {
    const had = hexagon.firedCapacity * 8;
    const used = hexagon.firedEnd - hexagon.fired;
    hexagon.firedCapacity = max<u32>(256, hexagon.firedCapacity * 2);
    hexagon.fired = resize(hexagon.fired, had, used, hexagon.firedCapacity * 8);
    hexagon.firedEnd = hexagon.fired + used;
  }
  for (let i: u32 = 0; i < hexagon.readouts.length; i++) growReadout(at<Readout>(hexagon.readouts, i), neurons);
  if (hexagon.readers.length > 0) {
    b.neurons = allocate(LANES * offsetof<Unit>());
    for (let lane: u32 = 0; lane < LANES; lane++) {
      neuron(b, lane).followed = net.steps;
      neuron(b, lane).averaged = net.steps;
    }
  }
  return b;
}

function growArrays(capacity: u32): void {
  const old = net.blockCapacity * ROW;
  const bytes = capacity * ROW;
  net.value = resize(net.value, old, old, bytes);
  net.error = resize(net.error, old, old, bytes);
  net.bias = resize(net.bias, old, old, bytes);
  net.idle = resize(net.idle, old, old, bytes);
  net.biasAverage = resize(net.biasAverage, old, old, bytes);
  net.sum = resize(net.sum, old / 4, old / 4, bytes / 4);
  if (isSpiking()) {
    net.potential = resize(net.potential, old, old, bytes);
    net.refractoryLeft = resize(net.refractoryLeft, old, old, bytes);
    net.spiked = resize(net.spiked, old, old, bytes);
  }
  net.blockCapacity = capacity;
}

@inline
export function neuron(b: Block, lane: u32): Unit {
  return changetype<Unit>(b.neurons + lane * offsetof<Unit>());
}

/** The neuron of a hexagon by its place among all of them. */
@inline
export function neuronOf(hexagon: Hexagon, place: u32): Unit {
  return neuron(at<Block>(hexagon.blocks, place / LANES), place % LANES);
}

function see(b: Block, unit: Unit): void {
  addSection(unit, b.number);
  append<Unit>(net.seen, unit);
}

function seeEncoding(b: Block, encoding: Encoding): void {
  for (let s: Unit = encoding; exists(s); s = s.next) see(b, s);
}

function seeHexagon(b: Block, field: Field, from: Hexagon): void {
  field.kind = FIELD_SHARE;
  const n = from.blocks.length;
  // Draws NEURON_FIELD of n without repetition: each is taken with the chance (still wanted) / (still to come).
  for (let k: u32 = 0; k < n && field.count < NEURON_FIELD; k++) {
    if (below(n - k) >= NEURON_FIELD - field.count) continue;
    field.count++;
    for (let lane: u32 = 0; lane < LANES; lane++) see(b, neuron(at<Block>(from.blocks, k), lane));
  }
}

/** Lets blocks farther on that have room read a new block; with weights of 0, so that answers stay as they are. */
function offer(b: Block, from: Hexagon, reader: Hexagon): void {
  let i: u32 = 0;
  while (at<Link>(reader.links, i).hexagon != from) i++;
  for (let k: u32 = 0; k < reader.blocks.length; k++) {
    const field = changetype<Field>(at<Block>(reader.blocks, k).fields + i * offsetof<Field>());
    if (field.kind != FIELD_SHARE || field.count >= NEURON_FIELD) continue;
    field.count++;
    for (let lane: u32 = 0; lane < LANES; lane++) addSection(neuron(b, lane), at<Block>(reader.blocks, k).number);
  }
}

function seeInput(b: Block, field: Field, input: Input): void {
  if (input.table) {
    field.kind = FIELD_ALL;
    for (let i: u32 = 0; i < input.columnCount; i++) {
      const column = columnAt(input, i);
      if (exists(column.linear)) drawLinear(input, column.linear, addSection(column.linear, b.number));
      if (exists(column.missing)) addSection(column.missing, b.number);
      const areCategories = (column.made & CATEGORIES) != 0;
      for (let k: u32 = 0; k < column.hatCount; k++) {
        if (areCategories && !isUsual(column, k)) continue;
        const weights = addSection(hatOf(column, k), b.number);
        if (areCategories) drawLinear(input, hatOf(column, k), weights);
      }
    }
    return;
  }
  if (input.pictureColumns != 0) {
    if (seesHalves(b.hexagon.blocks.length) != (input.half == null)) return;
    field.kind = FIELD_WINDOW;
    placeWindow(field, input);
    const side = windowSide(input);
    for (let y = max(0, field.y); y < min(field.y + side, <i32>input.pictureRows); y++) {
      for (let x = max(0, field.x); x < min(field.x + side, <i32>input.pictureColumns); x++) {
        const i = <u32>y * input.pictureColumns + <u32>x;
        seeEncoding(b, encodingAt(input.above, i));
        seeEncoding(b, encodingAt(input.below, i));
      }
    }
    return;
  }
  const n = input.encodings.length;
  field.kind = input.width <= FIELD_SIZE ? FIELD_ALL : FIELD_SHARE;
  for (let k: u32 = 0; k < n; k++) if (field.kind == FIELD_ALL || below(n) < FIELD_SIZE) seeEncoding(b, at<Encoding>(input.encodings, k));
}

/** A new encoding goes to the blocks whose fields cover it. */
export function reach(input: Input, encoding: Encoding): void {
  for (let i: u32 = 0; i < input.readers.length; i++) {
    const hexagon = at<Hexagon>(input.readers, i);
    let link: u32 = 0;
    while (at<Link>(hexagon.links, link).input != input) link++;
    for (let k: u32 = 0; k < hexagon.blocks.length; k++) {
      const b = at<Block>(hexagon.blocks, k);
      if (!covers(changetype<Field>(b.fields + link * offsetof<Field>()), input, encoding.index & ~BELOW, hexagon.blocks.length)) continue;
      for (let s: Unit = encoding; exists(s); s = s.next) randomise(b, s, addSection(s, b.number));
    }
  }
}

function covers(field: Field, input: Input, index: u32, blocks: u32): bool {
  if (field.kind == FIELD_SHARE) return below(blocks) < JOIN;
  if (field.kind != FIELD_WINDOW) return field.kind == FIELD_ALL;
  const x = <i32>(index % input.pictureColumns) - field.x;
  const y = <i32>(index / input.pictureColumns) - field.y;
  return x >= 0 && x < windowSide(input) && y >= 0 && y < windowSide(input);
}

/** Random weights that fit the activation of this moment, or what the hexagon's other blocks are used to if that is more. */
function initialise(b: Block): void {
  const hexagon = b.hexagon;
  let n: f32 = 1;
  for (let i: u32 = 0; i < hexagon.links.length; i++) {
    const input = at<Link>(hexagon.links, i).input;
    const from = at<Link>(hexagon.links, i).hexagon;
    if (input) for (let p = input.active; p < input.activeEnd; p += 8) n += share(b, changetype<Unit>(<usize>load<u32>(p)), load<f32>(p, 4));
    else if (from) for (let p = from.fired; p < from.firedEnd; p += 8) n += share(b, neuronOf(from, load<u32>(p)), load<f32>(p, 4));
  }
  let others: f32 = 0;
  for (let k: u32 = 0; k < hexagon.blocks.length; k++) others += at<Block>(hexagon.blocks, k).norm;
  b.norm = max(n, others / <f32>max<u32>(1, hexagon.blocks.length - 1));
  for (let i: u32 = 0; i < net.seen.length; i++) {
    const unit = at<Unit>(net.seen, i);
    randomise(b, unit, unit.rows + (unit.count - 1) * ROW);
  }
  net.seen.length = 0;
  if (!seesTable(b)) return;
  for (let lane: u32 = 0; lane < ROW; lane += 4) {
    const bias = BIAS * normal();
    store<f32>(net.bias + b.number * ROW + lane, bias);
    store<f32>(net.biasAverage + b.number * ROW + lane, bias);
  }
}

function seesTable(b: Block): bool {
  const links = b.hexagon.links;
  for (let i: u32 = 0; i < links.length; i++) {
    const input = at<Link>(links, i).input;
    if (input && input.table) return true;
  }
  return false;
}

/** Squared activation of a unit, if its last section leads to `b`. After a step the lists hold centred activations. */
function share(b: Block, unit: Unit, activation: f32): f32 {
  return unit.count > 0 && blockOf(unit, unit.count - 1) == b.number ? activation * activation : 0;
}

function randomise(b: Block, unit: Unit, row: usize): void {
  const deviation: f32 = SPREAD / Mathf.sqrt(1 + b.norm);
  const averages = averagesOf(unit) - unit.rows;
  for (let lane: usize = 0; lane < 16; lane++) {
    const w = deviation * normal();
    store<f32>(row + lane * 4, w);
    store<f32>(row + averages + lane * 4, w);
  }
}
