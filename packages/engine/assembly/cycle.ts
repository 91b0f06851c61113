// One cycle: sense, forward, compare, backward, grow.
import { backward, passStep } from './backward';
import { control, liveIsBetter, PROBE_EVERY } from './controller';
import { follow } from './drift';
import { byHeart, firstHeldOut, fresh, isHeldOut, recall, recognise } from './fold';
import { neuronOf } from './blocks';
import { grow, growFolds } from './growth';
import { sense } from './input';
import { at } from './memory';
import { Block, Hexagon, isSpiking, LANES, net, ROW, Unit } from './model';
import { Input, Output } from './terminals';
import { anyLearns, compare, leaveOut, rememberAverages, startComparison } from './compare';
import { answer, answerOfPair, read } from './output';
import { notePeaks, reduce } from './reduction';
import { gatherAll, learnRegressions } from './regression';
import { inputBytes, outputBytes } from './rows';
import { learn, push } from './section';
import { spike } from './spiking';
import { trackerLeads, weighFolds } from './mixing';

/** Lists what the inputs of row `n`, or of the kept row at `replayed`, activate. Returns how much the row counts (table.ts). */
export function senseAll(n: u32, replayed: usize, learning: bool): f32 {
  let reliance: f32 = 1;
  for (let i: u32 = 0; i < net.inputs.length; i++) {
    const input = at<Input>(net.inputs, i);
    const row = replayed != 0 ? replayed : input.data + n * input.stride;
    reliance = min(reliance, sense(input, row, learning, learning && replayed == 0, fresh));
    if (replayed != 0) replayed += inputBytes(input);
  }
  return reliance;
}

/** From active inputs to the pre-activations of all outputs. @param passing false for a mere probe, which leaves no trace in neurons that remember. */
export function forward(averaged: bool, passing: bool): void {
  memory.copy(net.value, averaged ? net.biasAverage : net.bias, net.blocks.length * ROW);
  for (let i: u32 = 0; i < net.views.length; i++) {
    const input = at<Input>(net.views, i);
    for (let p = input.active; p < input.activeEnd; p += 8) push(changetype<Unit>(<usize>load<u32>(p)), load<f32>(p, 4), averaged);
  }
  for (let i: u32 = 0; i < net.hexagons.length; i++) fire(at<Hexagon>(net.hexagons, i), averaged, passing);
  for (let i: u32 = 0; i < net.outputs.length; i++) read(at<Output>(net.outputs, i), averaged);
}

/** Lists the neurons that fire, those with a pre-activation above 0, and hands their activation on. */
function fire(hexagon: Hexagon, averaged: bool, passing: bool): void {
  const zero = f32x4.splat(0);
  let to = hexagon.fired;
  for (let k: u32 = 0; k < hexagon.blocks.length; k++) {
    const number = at<Block>(hexagon.blocks, k).number;
    if (isSpiking()) spike(number, passing);
    const value = net.value + number * ROW;
    // Every neuron is written to the list; only those that fire move its end. No branch depends on what fires.
    for (let i: u32 = 0; i < LANES; i += 4) {
      const h = f32x4.max(v128.load(value + i * 4), zero);
      const fires = i32x4.bitmask(f32x4.gt(h, zero));
      const neuron = k * LANES + i;
      store<u32>(to, neuron);
      store<f32>(to, f32x4.extract_lane(h, 0), 4);
      to += (fires & 1) << 3;
      store<u32>(to, neuron + 1);
      store<f32>(to, f32x4.extract_lane(h, 1), 4);
      to += (fires & 2) << 2;
      store<u32>(to, neuron + 2);
      store<f32>(to, f32x4.extract_lane(h, 2), 4);
      to += (fires & 4) << 1;
      store<u32>(to, neuron + 3);
      store<f32>(to, f32x4.extract_lane(h, 3), 4);
      to += fires & 8;
    }
  }
  hexagon.firedEnd = to;
  if (hexagon.readers.length == 0) return;
  for (let p = hexagon.fired; p < to; p += 8) push(neuronOf(hexagon, load<u32>(p)), load<f32>(p, 4), averaged);
}

/** Where the targets of row `n`, or of the kept row at `replayed`, stand. */
function targetsOf(output: Output, n: u32, replayed: usize): usize {
  if (replayed == 0) return output.data + n * output.stride;
  for (let i: u32 = 0; i < net.inputs.length; i++) replayed += inputBytes(at<Input>(net.inputs, i));
  for (let i: u32 = 0; at<Output>(net.outputs, i) != output; i++) replayed += outputBytes(at<Output>(net.outputs, i));
  return replayed;
}

/** Compares all outputs with the targets of row `n`, or of the kept row at `replayed`. Returns the largest |e| of the answers. */
function compareAll(n: u32, replayed: usize, learning: bool, reliance: f32): f32 {
  startComparison();
  let largest: f32 = 0;
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    largest = max(largest, compare(output, targetsOf(output, n, replayed), learning, reliance));
  }
  return largest;
}

/** How a row is judged before it is learnt: by all hexagons, by the two folds that never learn from it, or by the tracker where it leads. */
function judge(to: usize, pair: bool, tracking: bool): void {
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    if (pair) answerOfPair(output, firstHeldOut(), to);
    else if (!tracking || trackerLeads(output)) answer(output, to, tracking);
    to += output.width * 4;
  }
}

/**
 * One training cycle on row `n`, or on a kept one. Returns the largest error before the step.
 * @param to where the answers to the row go that were worked out before it was learnt, as honest as they are in each pass (Σ width floats); untouched where
 * none were: without folds only every PROBE_EVERY-th row has any. 0 for nowhere.
 */
export function cycle(n: u32, replayed: usize, to: usize): f32 {
  if (replayed == 0) recognise(n);
  else recall(load<u32>(replayed));
  const rows = replayed != 0 ? replayed + 4 : 0;
  const reliance = senseAll(n, rows, true);
  // The least-squares layer knows rows that were seen before.
  const leaving = !fresh && !byHeart;
  if (leaving) gatherAll();
  const probing = replayed == 0 && net.groups == 1 && net.time % PROBE_EVERY == 0;
  let averageError: f32 = 0;
  if (probing) {
    forward(true, false);
    averageError = compareAll(n, 0, false, reliance);
    if (to != 0 && !liveIsBetter()) judge(to, false, false);
    for (let i: u32 = 0; i < net.outputs.length; i++) rememberAverages(at<Output>(net.outputs, i));
  }
  if (net.folds > 1 && isHeldOut()) {
    forward(true, false);
    let judged = to;
    for (let i: u32 = 0; i < net.outputs.length; i++) {
      const output = at<Output>(net.outputs, i);
      if (leaving) leaveOut(output, targetsOf(output, n, rows), reliance);
      if (to != 0 && fresh) answer(output, judged, false);
      judged += output.width * 4;
      weighFolds(output, targetsOf(output, n, rows));
    }
    if (to != 0 && leaving) judge(to, true, false);
  }
  forward(false, true);
  if (to != 0) {
    if (net.folds == 1) {
      if (probing && liveIsBetter()) judge(to, false, false);
    } else if (fresh) judge(to, false, isHeldOut());
    else if (!leaving || !isHeldOut()) judge(to, false, false);
  }
  if (leaving) for (let i: u32 = 0; i < net.outputs.length; i++) leaveOut(at<Output>(net.outputs, i), targetsOf(at<Output>(net.outputs, i), n, rows), reliance);
  const error = compareAll(n, rows, true, reliance);
  const worthAStep = anyLearns();
  if (probing) control(error, averageError);
  if (net.reduction && replayed == 0) notePeaks();
  if (fresh) learnRegressions();
  if (worthAStep) backward();
  else if (net.groups > 1) passStep();
  net.time++;
  if (replayed != 0) return error;
  if (net.groups > 1) {
    follow();
    growFolds();
  }
  else if (worthAStep) grow(error);
  if (net.reduction) reduce();
  return error;
}
