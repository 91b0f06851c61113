// Answers against targets: errors of each group, of the answer, and of the least-squares layer.
import { byHeart, firstHeldOut, fresh, isHeldOut, isReplayed, secondHeldOut, unseen } from './fold';
import { exists, MOST_GROUPS, net, ROW } from './model';
import { areClasses, laneOf, Output } from './terminals';
import { leftOut, MOST_TOLD } from './regression';
import { errorRow, errorsOf, observeTarget, SCALE_FIRST, target, valueOf, within } from './target';
import { FOLD_OUTLIER, forgetLead, moved, track, MIXING_RATE } from './mixing';

/** Errors up to this size are not worth a step: of classes in a net of one group, else of classes, and of measurements. */
const CLASS_THRESHOLD: f32 = 0.12;
const FOLD_CLASS_THRESHOLD: f32 = 0.02;
const THRESHOLD: f32 = 0.01;

/** Errors of linear outputs count up to so many times their usual size; for the least-squares layer, which sees each row once, up to more. */
const OUTLIER: f32 = 3;
const REGRESSION_OUTLIER: f32 = 9;

/** Errors of rows are told from wrong ones by at least this size, in scales. */
const LEAST_SIZE: f32 = 0.03;
/** How fast the running mean of errors moves. */
const ERROR_RATE: f32 = 0.002;

/** What the comparisons since `startComparison` found: for each group Σ e² (f32), and whether any error is worth a step (u32). */
const squaresOf = memory.data(9 * 4);
const worthOf = memory.data(9 * 4);

@inline
export function squares(group: u32): f32 {
  return load<f32>(squaresOf + group * 4);
}

/** Whether a group learns from the row at hand. */
@inline
export function learns(group: u32): bool {
  return load<u32>(worthOf + group * 4) != 0;
}

/** Whether any group does. */
export function anyLearns(): bool {
  for (let g: u32 = 0; g < net.groups; g++) if (learns(g)) return true;
  return false;
}

export function startComparison(): void {
  memory.fill(squaresOf, 0, MOST_GROUPS * 4);
  memory.fill(worthOf, 0, MOST_GROUPS * 4);
}

/**
 * Errors of all values of an output against one row of targets, of each group by itself, as if it stood alone beside the least-squares layer; and of that
 * layer, as if there were no hexagons. The groups learn what it lacks, and are mixed in as far as that helps. Returns the largest |e| of the answer.
 */
export function compare(output: Output, row: usize, learning: bool, reliance: f32): f32 {
  if (learning && !isReplayed()) observeTargets(output, row);
  // The error of the answer: with folds of the one that never learnt from this row.
  const answering = valueOf(output, net.folds == 1 ? 0 : isHeldOut() ? firstHeldOut() : net.groups);
  errorsOf(output, answering, output.mixing, row, errorRow(output, net.groups));
  const peak = peakOf(output, learning && !isReplayed());
  compareGroups(output, row, peak, reliance);
  if (!learning || !exists(output.regression)) return peak;
  if (net.folds == 1) mixAlone(output, answering);
  if (fresh) compareRegression(output, row, reliance);
  if (net.groups == net.folds || isReplayed()) return peak;
  if (unseen) track(output, row);
  else forgetLead(output);
  return peak;
}

/** Takes targets into the scales of linear values. */
function observeTargets(output: Output, row: usize): void {
  for (let i: u32 = 0; i < output.length; i++) {
    const lane = laneOf(output, i);
    const t = target(output, row, i);
    if (lane.linear && t == t) observeTarget(output, i, lane, t);
  }
}

/** The error of value i of the answer, as far as it counts. */
@inline
function clippedError(output: Output, i: u32): f32 {
  const e = load<f32>(errorRow(output, net.groups) + i * 4);
  const lane = laneOf(output, i);
  return lane.linear ? within(e, outlier() * lane.errorSize) : e;
}

/** The largest |e| of the answer. @param counting whether usual errors are learnt from it. */
function peakOf(output: Output, counting: bool): f32 {
  let peak: f32 = 0;
  for (let i: u32 = 0; i < output.length; i++) {
    const lane = laneOf(output, i);
    const e = abs(load<f32>(errorRow(output, net.groups) + i * 4));
    if (lane.linear && counting && lane.seen > SCALE_FIRST) lane.errorSize = max<f32>(1e-6, lane.errorSize + 0.01 * (min(e, 5 * lane.errorSize) - lane.errorSize));
    peak = max(peak, abs(clippedError(output, i)));
  }
  if (counting) output.error += max<f32>(ERROR_RATE, 1 / (1 + <f32>net.rows)) * (peak - output.error);
  return peak;
}

/** The error that is worth a step. */
function thresholdOf(output: Output): f32 {
  for (let i: u32 = 0; i < output.length; i++) if (laneOf(output, i).linear) return THRESHOLD;
  return net.folds > 1 ? FOLD_CLASS_THRESHOLD : output.length > 1 ? CLASS_THRESHOLD : THRESHOLD;
}

/** Errors of each group that may learn from the row. @param peak the largest |e| of the answer. */
function compareGroups(output: Output, row: usize, peak: f32, reliance: f32): void {
  const folded = net.folds > 1;
  const threshold = thresholdOf(output);
  for (let g: u32 = 0; g < net.groups; g++) {
    if (folded && !byHeart && (g == firstHeldOut() || g == secondHeldOut())) continue;
    if (folded && g == net.folds && !fresh) continue;
    const errors = errorRow(output, g);
    errorsOf(output, valueOf(output, g), 1, row, errors);
    let sum: f32 = 0;
    let most: f32 = folded ? 0 : peak;
    for (let i: u32 = 0; i < output.length; i++) {
      const lane = laneOf(output, i);
      let e = load<f32>(errors + i * 4);
      if (lane.linear) {
        const limit = outlier() * max(LEAST_SIZE, lane.errorSize);
        // Of a row that was seen before, what is beyond the limit counts less the farther it is: it is rather wrong than not yet learnt.
        e = fresh || abs(e) <= limit ? within(e, limit) : (limit * limit) / e;
      }
      e *= reliance;
      store<f32>(errors + i * 4, e);
      sum += e * e;
      if (folded) most = max(most, abs(e));
    }
    // Values beyond the ones given have no target.
    if (!areClasses(output)) memory.fill(errors + output.length * 4, 0, (output.width - output.length) * 4);
    store<f32>(squaresOf + g * 4, squares(g) + sum);
    if (most > threshold) store<u32>(worthOf + g * 4, 1);
  }
}

/** The mixing weight of hexagons without folds: a step along the gradient of the loss. @param h what they give. */
function mixAlone(output: Output, h: usize): void {
  let agreement: f32 = 0;
  let energy: f32 = 0;
  for (let i: u32 = 0; i < output.length; i++) {
    const value = load<f32>(h + i * 4);
    const e = clippedError(output, i);
    agreement -= (laneOf(output, i).linear ? e : 4 * e) * value;
    energy += value * value;
  }
  output.energy += max<f32>(MIXING_RATE, 1 / (1 + <f32>net.time)) * (energy - output.energy);
  output.mixing = moved(output.mixing, MIXING_RATE * agreement, output.energy);
}

@inline
function outlier(): f32 {
  return net.folds > 1 ? FOLD_OUTLIER : OUTLIER;
}

/**
 * Errors of the least-squares layer, and what the row tells: s = p (1 − p) of classes, 1 / σ² of measurements with σ² the variance of what is left (1 at the
 * start); less where an error is clipped.
 */
function compareRegression(output: Output, row: usize, reliance: f32): void {
  errorsOf(output, output.regressionValue, 0, row, output.regressionError);
  const several = areClasses(output);
  output.slope = 0;
  output.used = reliance;
  for (let i: u32 = 0; i < output.width; i++) {
    const lane = laneOf(output, i);
    let e = load<f32>(output.regressionError + i * 4);
    if (several || !lane.linear) {
      const t = i < output.length ? target(output, row, i) : 0;
      const p = <f64>(e + max<f32>(0, min<f32>(1, t == t ? t : 0)));
      output.slope += (several ? 0.5 : 1) * p * (1 - p);
      continue;
    }
    const variance = 1.6 * <f64>lane.regressionSize * <f64>lane.regressionSize;
    output.slope = max<f64>(output.slope, min<f64>(MOST_TOLD, max<f64>(1, 1 / max<f64>(1e-6, variance))));
    const limit = REGRESSION_OUTLIER * lane.regressionSize;
    if (fresh && lane.seen > SCALE_FIRST) lane.regressionSize = max<f32>(1e-6, lane.regressionSize + 0.01 * (min(abs(e), 5 * lane.regressionSize) - lane.regressionSize));
    if (abs(e) > limit) {
      output.used = min<f64>(output.used, (reliance * limit) / abs(e));
      store<f32>(output.regressionError + i * 4, within(e, limit));
    }
  }
  if (reliance < 1) for (let i: u32 = 0; i < output.length * 4; i += 4) store<f32>(output.regressionError + i, load<f32>(output.regressionError + i) * reliance);
  if (!several) memory.fill(output.regressionError + output.length * 4, 0, (output.width - output.length) * 4);
}

/** Of a row that the least-squares layer has seen: takes what it gives to what it would have given if it had not. */
export function leaveOut(output: Output, row: usize, reliance: f32): void {
  if (!exists(output.regression)) return;
  compareRegression(output, row, reliance);
  const part = leftOut(output.regression, output.slope);
  for (let i: u32 = 0; i < output.length; i++) {
    const z = output.regressionValue + i * 4;
    store<f32>(z, load<f32>(z) + part * load<f32>(output.regressionError + i * 4));
  }
}

/** Keeps the pre-activations that the averages gave. */
export function rememberAverages(output: Output): void {
  memory.copy(output.averageValue, output.value, output.blocks * ROW);
}

/** Takes into the controller's sums how the errors of the live weights go with what these changed since the averages. */
export function compareWithAverages(output: Output, rate: f32): void {
  let overshoot: f32 = 0;
  let errors: f32 = 0;
  let differences: f32 = 0;
  for (let i: u32 = 0; i < output.length; i++) {
    const e = load<f32>(output.errors + i * 4);
    const difference = load<f32>(output.value + i * 4) - load<f32>(output.averageValue + i * 4);
    overshoot += e * difference;
    errors += e * e;
    differences += difference * difference;
  }
  net.overshoot += rate * (overshoot - net.overshoot);
  net.errors += rate * (errors - net.errors);
  net.differences += rate * (differences - net.differences);
}
