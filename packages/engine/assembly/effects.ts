// Random effects: weights of categories that are too many for the covariance. Each is taken as independent of all others, and shrinks towards 0 by how little was
// seen of it beside how much categories of its column differ (best linear unbiased prediction: Henderson 1975); so rare ones weigh in as they come.
import { at, resize } from './memory';
import { exists, MOST_FEATURES, net, NO_FEATURE, ROW, Unit } from './model';
import { areClasses, Effect, EffectColumn, Input, laneOf, Output, Regression } from './terminals';

/** Variance that weights of categories are expected to have in spreads of the target; how much that counts for effects, in rows that tell 1. */
export const EFFECT_PRIOR: f64 = 0.1;
const PRIOR_COUNTS: f64 = 10;
const LEAST_PRIOR: f64 = 1e-4;
/** Residuals of classes, in logits, that count at most. */
const LARGEST: f64 = 4;

@inline
export function isEffect(feature: u32): bool {
  return feature >= MOST_FEATURES && feature != NO_FEATURE;
}

@inline
function effectOf(r: Regression, feature: u32): Effect {
  return changetype<Effect>(r.effects + (feature - MOST_FEATURES) * offsetof<Effect>());
}

@inline
function columnOf(r: Regression, effect: Effect): EffectColumn {
  return changetype<EffectColumn>(r.effectColumns + effect.column * offsetof<EffectColumn>());
}

/** A column whose categories have effects; its number. */
export function newEffectColumn(): u32 {
  const column = net.effectColumns++;
  growEffectColumns(column);
  return column;
}

/** Room for the columns of effects; those from `first` on are new. */
export function growEffectColumns(first: u32): void {
  for (let i: u32 = 0; i < net.regressions.length; i++) {
    const r = at<Regression>(net.regressions, i);
    r.effectColumns = resize(r.effectColumns, first * offsetof<EffectColumn>(), first * offsetof<EffectColumn>(), net.effectColumns * offsetof<EffectColumn>());
    for (let k = first; k < net.effectColumns; k++) {
      const made = changetype<EffectColumn>(r.effectColumns + k * offsetof<EffectColumn>());
      made.agreement = EFFECT_PRIOR * PRIOR_COUNTS;
      made.weight = PRIOR_COUNTS;
    }
  }
}

/** A new effect, of which nothing is known; its feature. */
export function newEffect(column: u32): u32 {
  const feature = MOST_FEATURES + net.effects++;
  growEffects();
  for (let i: u32 = 0; i < net.regressions.length; i++) effectOf(at<Regression>(net.regressions, i), feature).column = column;
  return feature;
}

/** Room for all effects. */
export function growEffects(): void {
  for (let i: u32 = 0; i < net.regressions.length; i++) {
    const r = at<Regression>(net.regressions, i);
    const old = r.effectCapacity;
    if (net.effects <= old) continue;
    r.effectCapacity = max<u32>(net.effects, max<u32>(64, old * 2));
    r.effects = resize(r.effects, old * offsetof<Effect>(), old * offsetof<Effect>(), r.effectCapacity * offsetof<Effect>());
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    if (!exists(output.regression) || output.regression.effectCapacity <= output.effectRows) continue;
    const bytes = output.blocks * ROW;
    output.effects = resize(output.effects, output.effectRows * bytes, output.effectRows * bytes, output.regression.effectCapacity * bytes);
    output.effectRows = output.regression.effectCapacity;
  }
}

/** v = 1 / (1 / τ² + Σ s): what is unknown of an effect; its weights are v · Σ s (what the row had left). */
export function varianceOf(r: Regression, feature: u32): f64 {
  const effect = effectOf(r, feature);
  return 1 / (1 / priorOf(columnOf(r, effect)) + effect.known);
}

/** τ² of a column's effects. */
@inline
function priorOf(column: EffectColumn): f64 {
  return max(LEAST_PRIOR, column.agreement / column.weight);
}

/** Where Σ s (what rows had left) of an effect stands: (blocks, 16) f32. */
@inline
export function sumsOf(output: Output, feature: u32): usize {
  return output.effects + (feature - MOST_FEATURES) * output.blocks * ROW;
}

/** Begins an effect anew. */
export function forgetEffect(r: Regression, feature: u32): void {
  effectOf(r, feature).known = 0;
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    if (output.regression == r) memory.fill(sumsOf(output, feature), 0, output.blocks * ROW);
  }
}

/**
 * Learns from a row that is new. What else is unknown of the row is noise to an effect: s' = s / (1 + s (rᵀ P r − v)). @param slope s, what the row tells.
 * @param variance rᵀ P r of all that is active.
 */
export function learnEffects(r: Regression, slope: f64, variance: f64): void {
  for (let i: u32 = 0; net.effects > 0 && i < r.inputs.length; i++) {
    const input = at<Input>(r.inputs, i);
    for (let p = input.active; p < input.activeEnd; p += 8) {
      const feature = changetype<Unit>(<usize>load<u32>(p)).feature;
      if (isEffect(feature)) learnEffect(r, feature, slope, variance);
    }
  }
}

function learnEffect(r: Regression, feature: u32, slope: f64, variance: f64): void {
  const effect = effectOf(r, feature);
  const column = columnOf(r, effect);
  const v = varianceOf(r, feature);
  const told = slope / (1 + slope * max<f64>(0, variance - v));
  const prior = priorOf(column);
  // How far this row and the earlier ones of the category say the same: of independent residuals E[r · mean] = τ².
  const weight = effect.known > 0 ? 1 / ((prior + 1 / effect.known) * (prior + 1 / told)) : 0;
  let agreement: f64 = 0;
  let lanes: u32 = 0;
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    if (output.regression != r) continue;
    const sums = sumsOf(output, feature);
    const several = areClasses(output);
    for (let k: u32 = 0; k < output.width; k++) {
      const sum = <f64>load<f32>(sums + k * 4);
      const e = -<f64>load<f32>(output.regressionError + k * 4);
      const step = laneOf(output, k).linear && !several ? e : max(-LARGEST, min(LARGEST, e / slope));
      const residual = step + v * sum;
      if (effect.known > 0) agreement += (residual * sum) / effect.known;
      store<f32>(sums + k * 4, <f32>(sum + told * residual));
      lanes++;
    }
  }
  effect.known += told;
  column.agreement += (weight * agreement) / <f64>max<u32>(1, lanes);
  column.weight += weight;
}
