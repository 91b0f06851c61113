// One cycle: sense, forward, compare, backward, grow.
import { control, liveIsBetter, PROBE_EVERY } from './controller';
import { follow } from './drift';
import { byHeart, firstHeldOut, fresh, isHeldOut, recall, recognise } from './fold';
import { grow, growFolds, neuronOf } from './growth';
import { sense } from './input';
import { at } from './memory';
import { Block, Hexagon, isSpiking, LANES, net, ROW, Unit } from './model';
import { Input, Output } from './terminals';
import { compare, largest, learns, leaveOut, rememberAverages, squares, startComparison, worthAStep } from './compare';
import { answer, answerOfPair, errorOf, learnOutput, read } from './output';
import { notePeaks, reduce } from './reduction';
import { SAMPLE_TIMES } from './replay';
import { gatherAll, learnRegressions } from './regression';
import { inputBytes, outputBytes } from './rows';
import { average, centre, learn, measure, push, startStep, total } from './section';
import { spike } from './spiking';
import { startRow } from './table';
import { trackerLeads, weighFolds } from './mixing';

/** Steps of outputs and of hidden blocks: as large as the normalised step can be for classes, shorter for measurements, that are met more closely. */
const OUTPUT_STEP: f32 = 1.5;
const HIDDEN_STEP: f32 = 1;
const LINEAR_OUTPUT_STEP: f32 = 0.1;
const LINEAR_HIDDEN_STEP: f32 = 0.2;
const FOLD_STEP: f32 = 1.5;
const LINEAR_FOLD_STEP: f32 = 0.4;
const TRACKER_STEP: f32 = 1;
/** Rows that a pass counts at least. */
const LEAST_PASS: u32 = 500;
/** A neuron that has not fired for IDLE steps is lifted by this part of the usual pre-activation at each step, until it does: none is lost for good. */
const IDLE: f32 = 50;
const LIFT: f32 = 0.03;
/** A step changes a hexagon's pre-activations by at most this part of their length: more would silence neurons for good. */
const MOST_CHANGE: f32 = 0.2;
/** Lists what the inputs of row `n`, or of the kept row at `replayed`, activate. */
export function senseAll(n: u32, replayed: usize, learning: bool): void {
  startRow();
  for (let i: u32 = 0; i < net.inputs.length; i++) {
    const input = at<Input>(net.inputs, i);
    sense(input, replayed != 0 ? replayed : input.data + n * input.stride, learning, learning && replayed == 0, fresh);
    if (replayed != 0) replayed += inputBytes(input);
  }
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

/** Compares all outputs with the targets of row `n`, or of the kept row at `replayed`. */
function compareAll(n: u32, replayed: usize, learning: bool): void {
  startComparison();
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    compare(output, targetsOf(output, n, replayed), learning);
  }
}

/** Errors run back through what was active; everything takes its step. */
function backward(): void {
  net.steps++;
  startStep();
  const rate = max<f32>(0.002, 1 / (1 + <f32>net.steps));
  if (net.groups == 1) net.errorEnergy += rate * (squares(0) - net.errorEnergy);
  memory.fill(net.error, 0, net.blocks.length * ROW);
  memory.fill(net.sum, 0, (net.blocks.length * ROW) / 4);
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    learnOutput(at<Output>(net.outputs, i), outputStep(), TRACKER_STEP);
  }
  // From here on the activations in the lists are centred: without that a bright background would drown everything else.
  for (let i: u32 = 0; i < net.views.length; i++) {
    const input = at<Input>(net.views, i);
    for (let p = input.active; p < input.activeEnd; p += 8) {
      // Columns are centred by their encoding.
      if (input.table) measure(changetype<Unit>(<usize>load<u32>(p)), load<f32>(p, 4));
      else take(changetype<Unit>(<usize>load<u32>(p)), p);
    }
  }
  for (let i: u32 = 0; i < net.hexagons.length; i++) {
    const hexagon = at<Hexagon>(net.hexagons, i);
    if (hexagon.readers.length > 0) for (let p = hexagon.fired; p < hexagon.firedEnd; p += 8) take(neuronOf(hexagon, load<u32>(p)), p);
  }
  for (let i = <i32>net.hexagons.length - 1; i >= 0; i--) {
    const hexagon = at<Hexagon>(net.hexagons, i);
    if (!learns(hexagon.group)) continue;
    if (hexagon.readers.length > 0) {
      for (let p = hexagon.fired; p < hexagon.firedEnd; p += 8) {
        const error = errorOf(hexagon, load<u32>(p));
        store<f32>(error, load<f32>(error) + learn(neuronOf(hexagon, load<u32>(p)), load<f32>(p, 4), true));
      }
    }
    prepareSteps(hexagon, rate);
  }
  for (let i: u32 = 0; i < net.views.length; i++) {
    const input = at<Input>(net.views, i);
    for (let p = input.active; p < input.activeEnd; p += 8) learn(changetype<Unit>(<usize>load<u32>(p)), load<f32>(p, 4), false);
  }
  stepBiases();
}

/** Centres the activation at `p` and adds it to what blocks see. */
@inline
function take(unit: Unit, p: usize): void {
  const c = centre(unit, load<f32>(p, 4));
  store<f32>(p, c, 4);
  measure(unit, c);
}

/**
 * η = step / ((1 + max(n, n_now/4)) · gain) for each block, with n the running mean of n_now = 1 + Σ c². The gain keeps steps small where errors
 * have grown on their way from the outputs. A bias moves by η · (1 − Σ m c): what centring the weights' steps takes from it.
 */
function prepareSteps(hexagon: Hexagon, rate: f32): void {
  let squared = f32x4.splat(0);
  let firing = squared;
  for (let k: u32 = 0; k < hexagon.blocks.length; k++) {
    const place = at<Block>(hexagon.blocks, k).number * ROW;
    for (let i: u32 = 0; i < ROW; i += 16) {
      let d = v128.load(net.error + place + i);
      // A neuron that did not take its input has not learnt from it either.
      if (isSpiking()) d = v128.and(d, v128.load(net.spiked + place + i));
      v128.store(net.error + place + i, d);
      squared = f32x4.relaxed_madd(d, d, squared);
      const h = v128.load(net.value + place + i);
      firing = f32x4.relaxed_madd(h, h, firing);
    }
  }
  const energy = total(squared) * <f32>net.shards;
  const now: f32 = (0.25 * energy) / max<f32>(1e-20, squares(hexagon.group));
  if (total(firing) > 0) hexagon.firing += max<f32>(0.005, rate) * (total(firing) - hexagon.firing);
  const steady = net.groups == 1;
  let step: f32;
  if (steady) {
    hexagon.errorEnergy += rate * (energy - hexagon.errorEnergy);
    const usual = hexagon.errorEnergy / max<f32>(1e-20, net.errorEnergy);
    const gain = max<f32>(1, 0.25 * max(usual, now));
    const longest = MOST_CHANGE * Mathf.sqrt(total(firing) / max<f32>(1e-20, total(squared)));
    step = min(longest, ((net.linear ? LINEAR_HIDDEN_STEP : HIDDEN_STEP) * net.stepScale) / gain);
  } else step = (hexagon.group == net.folds ? TRACKER_STEP : foldStep()) / max<f32>(1, now);
  const lift = f32x4.splat(LIFT * Mathf.sqrt(hexagon.firing / <f32>max<u32>(1, hexagon.blocks.length * LANES)));
  for (let k: u32 = 0; k < hexagon.blocks.length; k++) {
    const b = at<Block>(hexagon.blocks, k);
    const sum = net.sum + b.number * (ROW / 4);
    const n: f32 = 1 + load<f32>(sum);
    b.norm += 0.005 * (n - b.norm);
    const size = step / (steady ? 1 + max(b.norm, n * 0.25) : n);
    store<f32>(sum, size);
    store<f32>(sum, size * (1 - load<f32>(sum, 4)), 4);
    liftIdle(b.number * ROW, lift);
  }
}

/** Steps of outputs and hidden blocks of folds: longer for classes than for measurements, and shorter the more often rows have come again: by 1 / √passes. */
@inline
function foldStep(): f32 {
  const aPass: u32 = (1 + SAMPLE_TIMES) * max(LEAST_PASS, net.fresh);
  const passes = <f32>net.time / <f32>aPass;
  return (net.linear ? LINEAR_FOLD_STEP : FOLD_STEP) / Mathf.sqrt(max<f32>(1, passes));
}

@inline
function outputStep(): f32 {
  if (net.groups > 1) return foldStep();
  return (net.linear ? LINEAR_OUTPUT_STEP : OUTPUT_STEP) * net.stepScale;
}

/** Counts the steps in which the neurons of a block were silent, and lifts those that are idle. */
@inline
function liftIdle(place: u32, lift: v128): void {
  for (let i = place; i < place + ROW; i += 16) {
    const silent = f32x4.le(v128.load(net.value + i), f32x4.splat(0));
    const steps = v128.and(f32x4.add(v128.load(net.idle + i), f32x4.splat(1)), silent);
    v128.store(net.idle + i, steps);
    v128.store(net.bias + i, f32x4.add(v128.load(net.bias + i), v128.and(f32x4.gt(steps, f32x4.splat(IDLE)), lift)));
  }
}

/** A cycle without a step: the averages go on towards the weights. */
function passStep(): void {
  net.steps++;
  startStep();
  average(net.bias, net.biasAverage, net.blocks.length * ROW, 1);
}

function stepBiases(): void {
  average(net.bias, net.biasAverage, net.blocks.length * ROW, 1);
  for (let k: u32 = 0; k < net.blocks.length; k++) {
    if (!learns(at<Block>(net.blocks, k).hexagon.group)) continue;
    const g = f32x4.splat(-load<f32>(net.sum + k * (ROW / 4), 4));
    const bias = net.bias + k * ROW;
    const error = net.error + k * ROW;
    for (let i: u32 = 0; i < ROW; i += 16) v128.store(bias + i, f32x4.relaxed_madd(g, v128.load(error + i), v128.load(bias + i)));
  }
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
  senseAll(n, rows, true);
  // The least-squares layer knows rows that were seen before.
  const leaving = !fresh && !byHeart;
  if (leaving) gatherAll();
  const probing = replayed == 0 && net.groups == 1 && net.time % PROBE_EVERY == 0;
  let averageError: f32 = 0;
  if (probing) {
    forward(true, false);
    compareAll(n, 0, false);
    averageError = largest;
    if (to != 0 && !liveIsBetter()) judge(to, false, false);
    for (let i: u32 = 0; i < net.outputs.length; i++) rememberAverages(at<Output>(net.outputs, i));
  }
  if (net.folds > 1 && isHeldOut()) {
    forward(true, false);
    let judged = to;
    for (let i: u32 = 0; i < net.outputs.length; i++) {
      const output = at<Output>(net.outputs, i);
      if (leaving) leaveOut(output, targetsOf(output, n, rows));
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
  if (leaving) for (let i: u32 = 0; i < net.outputs.length; i++) leaveOut(at<Output>(net.outputs, i), targetsOf(at<Output>(net.outputs, i), n, rows));
  compareAll(n, rows, true);
  const error = largest;
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
