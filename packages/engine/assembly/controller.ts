// The controller of the steps where there are no folds.
import { compareWithAverages } from './compare';
import { at } from './memory';
import { net } from './model';
import { Output } from './terminals';

/** Cycles between two looks of the controller; how fast its means move; looks before it acts. */
export const LOOK_EVERY: u32 = 32;
const LOOK_RATE: f32 = 0.02;
const FIRST_LOOKS: u32 = 20;
/** Variances of the mean lead of the live weights that it must exceed. */
const SURE: f32 = 2;
/** The correlation of errors and overshoot that it aims at, how strongly, and the shortest steps as a part of the usual ones. */
const OVERSHOOT: f32 = 0.2;
const LOOK_GAIN: f32 = 0.2;
const LEAST_CAUTION: f32 = 0.1;

/**
 * The controller of the steps. Let Δ be what the live weights add to the potentials that their averages give. Where errors go with Δ, going back would
 * have been better: steps are too long for how noisy the targets are. The correlation tells that apart from noise that no step can remove.
 */
export function control(liveError: f32, averageError: f32): void {
  const rate = max<f32>(LOOK_RATE, 1 / (1 + <f32>net.looks));
  const lead = averageError - liveError;
  net.lead += rate * (lead - net.lead);
  net.leadSquares += rate * (lead * lead - net.leadSquares);
  for (let i: u32 = 0; i < net.outputs.length; i++) compareWithAverages(at<Output>(net.outputs, i), rate);
  if (++net.looks < FIRST_LOOKS) return;
  const correlation = net.overshoot / Mathf.sqrt(net.errors * net.differences + 1e-20);
  net.caution = min<f32>(1, max<f32>(LEAST_CAUTION, net.caution * Mathf.exp(LOOK_GAIN * (OVERSHOOT - correlation))));
}

/**
 * Whether the live weights should answer: where what is to be learnt changes quickly they lead their averages. For classes their lead must be beyond what
 * chance makes of it, since at equal errors averages are right more often.
 */
export function liveIsBetter(): bool {
  const rate = max<f32>(LOOK_RATE, 1 / (1 + <f32>net.looks));
  return net.lead > 0 && (net.linear != 0 || net.lead * net.lead > SURE * rate * net.leadSquares);
}
