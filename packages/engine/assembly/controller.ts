// The controller of the steps where there are no folds.
import { compareWithAverages } from './compare';
import { at } from './memory';
import { net } from './model';
import { Output } from './terminals';

/** Cycles between two probes of the controller (an answer of the averages, compared with the live one); how fast its means move; probes before it acts. */
export const PROBE_EVERY: u32 = 32;
const PROBE_RATE: f32 = 0.02;
const FIRST_PROBES: u32 = 20;
/** Variances of the mean lead of the live weights that it must exceed. */
const SURE: f32 = 2;
/** The correlation of errors and overshoot that it aims at, how strongly, and the shortest steps as a part of the usual ones. */
const OVERSHOOT: f32 = 0.2;
const PROBE_GAIN: f32 = 0.2;
const LEAST_STEP_SCALE: f32 = 0.1;

/**
 * The controller of the steps. Let Δ be what the live weights add to the pre-activations that their averages give. Where errors go with Δ, going back would
 * have been better: steps are too long for how noisy the targets are. The correlation tells that apart from noise that no step can remove.
 */
export function control(liveError: f32, averageError: f32): void {
  const rate = max<f32>(PROBE_RATE, 1 / (1 + <f32>net.probes));
  const lead = averageError - liveError;
  net.lead += rate * (lead - net.lead);
  net.leadSquares += rate * (lead * lead - net.leadSquares);
  for (let i: u32 = 0; i < net.outputs.length; i++) compareWithAverages(at<Output>(net.outputs, i), rate);
  if (++net.probes < FIRST_PROBES) return;
  const correlation = net.overshoot / Mathf.sqrt(net.errors * net.differences + 1e-20);
  net.stepScale = min<f32>(1, max<f32>(LEAST_STEP_SCALE, net.stepScale * Mathf.exp(PROBE_GAIN * (OVERSHOOT - correlation))));
}

/**
 * Whether the live weights should answer: where what is to be learnt changes quickly they lead their averages. For classes their lead must be beyond what
 * chance makes of it, since at equal errors averages are right more often.
 */
export function liveIsBetter(): bool {
  const rate = max<f32>(PROBE_RATE, 1 / (1 + <f32>net.probes));
  return net.lead > 0 && (net.linear != 0 || net.lead * net.lead > SURE * rate * net.leadSquares);
}
