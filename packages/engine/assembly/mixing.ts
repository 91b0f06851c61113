// Mixing weights: how much the hexagons count beside the least-squares layer, and when the tracker answers.
import { firstHeldOut, secondHeldOut } from './fold';
import { FOLDS, net } from './model';
import { areClasses, laneOf, Output } from './terminals';
import { errorRow, errorsOf, target, valueOf, within } from './target';

/** With folds errors of linear outputs count up to so many times their usual size. */
export const FOLD_OUTLIER: f32 = 6;
/** How fast mixing weights move a cycle, without folds and in the tracker. */
export const MIXING_RATE: f32 = 0.002;
/** The same with folds: first faster, later slower, since it must not waver. */
const HONEST_RATE: f32 = 0.0025;
const FIRST_RATE: f32 = 5;
const FIRST_CYCLES: f32 = 500;

/** From 1 / τ of one and two folds to that of all: (1/2 − 1/8) / (1 − 1/2). */
const EXTRAPOLATE: f32 = 0.75;

/** Tracker: rows that its lead is a mean over; standard errors, and part of the folds' loss, that it must exceed; how fast recent targets fade. */
const TRACKED: f32 = 500;
const SURE: f32 = 3;
const LEAST_LEAD: f32 = 0.1;
const RECENT: f32 = 0.2;

/** A mixing weight after a step along the gradient of the loss, in units of the squared pre-activation that it weighs. */
@inline
export function moved(weight: f32, gradient: f32, energy: f32): f32 {
  return max<f32>(0, min<f32>(1, weight + gradient / max<f32>(1e-12, energy)));
}

/** Trusts a fold, and the mean of a pair, as far as the averages of those that the row at hand is held out from would have helped. */
export function weighFolds(output: Output, row: usize): void {
  const one = valueOf(output, firstHeldOut());
  const other = valueOf(output, secondHeldOut());
  const step = max<f32>(HONEST_RATE, FIRST_RATE / (FIRST_CYCLES + <f32>net.time));
  const rate = max<f32>(0.002, 1 / (1 + <f32>net.time));
  const gradient: f32 = 0.5 * (helped(output, one, output.mixing, row) + helped(output, other, output.mixing, row));
  let energy: f32 = 0;
  let pairEnergy: f32 = 0;
  for (let i: u32 = 0; i < output.length; i++) {
    const a = load<f32>(one + i * 4);
    const b = load<f32>(other + i * 4);
    energy += 0.5 * (a * a + b * b);
    // The mean of the pair takes the place of the first.
    store<f32>(one + i * 4, 0.5 * (a + b));
    pairEnergy += 0.25 * (a + b) * (a + b);
  }
  output.energy += rate * (energy - output.energy);
  output.pairEnergy += rate * (pairEnergy - output.pairEnergy);
  output.mixing = moved(output.mixing, step * gradient, output.energy);
  output.pairMixing = moved(output.pairMixing, step * helped(output, one, output.pairMixing, row), output.pairEnergy);
}

/** How much more of `h` would have helped: the downward gradient of the loss along it. */
function helped(output: Output, h: usize, share: f32, row: usize): f32 {
  const errors = errorRow(output, net.groups);
  errorsOf(output, h, share, row, errors);
  let gradient: f32 = 0;
  for (let i: u32 = 0; i < output.length; i++) {
    const lane = laneOf(output, i);
    const e = load<f32>(errors + i * 4);
    gradient -= (lane.linear ? within(e, FOLD_OUTLIER * lane.errorSize) : 4 * e) * load<f32>(h + i * 4);
  }
  return gradient;
}

/**
 * How much the mean of the k folds counts. Of what folds give, C be the square of what is common, V the variance between them, S what agrees with the
 * target: the mean of n of them is best weighed by τₙ = S / (C + V / n), so 1 / τₙ is linear in 1 / n, and known for one and for two.
 */
@inline
export function foldsMixing(output: Output): f32 {
  if (net.folds < FOLDS) return output.mixing;
  const one = <f32>1 / max<f32>(0.001, output.mixing);
  const two = <f32>1 / max<f32>(0.001, max<f32>(output.mixing, output.pairMixing));
  return <f32>1 / max<f32>(1, two - EXTRAPOLATE * (one - two));
}

/** The tracker against the folds, and against a predictor that knows nothing but recent targets: by their losses on rows that are new. */
export function track(output: Output, row: usize): void {
  const tracker = valueOf(output, net.folds);
  const folds = lossOf(output, valueOf(output, net.groups), foldsMixing(output), row);
  const own = lossOf(output, tracker, output.trackerMixing, row);
  let energy: f32 = 0;
  for (let i: u32 = 0; i < output.length; i++) energy += load<f32>(tracker + i * 4) * load<f32>(tracker + i * 4);
  output.trackerEnergy += max<f32>(0.002, 1 / (1 + <f32>net.time)) * (energy - output.trackerEnergy);
  output.trackerMixing = moved(output.trackerMixing, MIXING_RATE * helped(output, tracker, output.trackerMixing, row), output.trackerEnergy);
  const recent = recentLoss(output, row);
  output.compared++;
  const rate = max<f32>(1 / TRACKED, 1 / output.compared);
  output.foldsLoss += rate * (folds - output.foldsLoss);
  output.lead += rate * (folds - own - output.lead);
  output.leadSquares += rate * ((folds - own - output.lead) * (folds - own - output.lead) - output.leadSquares);
  output.recentLead += rate * (recent - own - output.recentLead);
  output.recentLeadSquares += rate * ((recent - own - output.recentLead) * (recent - own - output.recentLead) - output.recentLeadSquares);
  output.tracking = <f32>leads(output);
}

/** A row that comes again speaks against a concept that moves. */
export function forgetLead(output: Output): void {
  output.lead -= output.lead / TRACKED;
}

/** Whether the tracker answers. */
@inline
export function trackerLeads(output: Output): bool {
  return output.tracking != 0 && net.groups > net.folds;
}

/** What is to be learnt moves if the tracker is surely better than the folds and than recent targets; it answers until the folds are better again. */
function leads(output: Output): bool {
  if (output.compared < 50) return false;
  if (output.tracking != 0) return output.lead > 0 && output.recentLead > 0;
  const error = SURE * Mathf.sqrt(max<f32>(1e-12, output.leadSquares) / TRACKED);
  const recentError = SURE * Mathf.sqrt(max<f32>(1e-12, output.recentLeadSquares) / TRACKED);
  return output.lead > error && output.lead > LEAST_LEAD * output.foldsLoss && output.recentLead > recentError;
}

/** Loss of an answer: −log p of what was the case, or the mean |e| in scales, up to 10. */
function lossOf(output: Output, h: usize, share: f32, row: usize): f32 {
  const answerErrors = errorRow(output, net.groups);
  errorsOf(output, h, share, row, answerErrors);
  let loss: f32 = 0;
  const several = areClasses(output);
  for (let i: u32 = 0; i < output.length; i++) {
    const e = load<f32>(answerErrors + i * 4);
    if (laneOf(output, i).linear && !several) loss += min<f32>(10, abs(e)) / <f32>output.length;
    else if (!several) loss -= Mathf.log(max<f32>(0.001, 1 - abs(e)));
    else if (target(output, row, i) == 1) loss -= Mathf.log(max<f32>(0.001, 1 + e));
  }
  return loss;
}

function recentLoss(output: Output, row: usize): f32 {
  let loss: f32 = 0;
  const several = areClasses(output);
  for (let i: u32 = 0; i < output.length; i++) {
    const lane = laneOf(output, i);
    const t = target(output, row, i);
    if (t != t) continue;
    const linear = lane.linear != 0 && !several;
    if (linear) loss += min<f32>(10, abs(lane.recent - t) / lane.scale) / <f32>output.length;
    else if (!several || t == 1) loss -= Mathf.log(max<f32>(0.001, 1 - abs(lane.recent - t)));
    lane.recent += RECENT * (t - lane.recent);
    if (!linear) lane.recent = max<f32>(0.001, min<f32>(0.999, lane.recent));
  }
  return loss;
}
