// Errors run back, and everything takes its step.
import { fresh } from './fold';
import { neuronOf } from './blocks';
import { at } from './memory';
import { Block, Hexagon, isSpiking, LANES, net, ROW, Unit } from './model';
import { Input, Output } from './terminals';
import { learns, squares } from './compare';
import { errorOf, learnOutput } from './output';
import { SAMPLE_TIMES } from './replay';
import { average, centre, learn, measure, startStep, total } from './section';

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
/** Errors run back through what was active; everything takes its step. */
export function backward(): void {
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
export function passStep(): void {
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
