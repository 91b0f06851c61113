// Targets: how each value of an output is answered, the scales of unbounded ones, and errors.
import { forgetKnowledge } from './column';
import { forgetRows } from './fold';
import { at, insert } from './memory';
import { exists, net, ROW } from './model';
import { areClasses, BYTES, CLASSES, DOUBLES, Lane, laneOf, NO_CLASS, ODD, Output, Readout } from './terminals';
import { scaleCovariance } from './regression';

/** A target this many deviations from the mean counts as if it were nearer. */
const FAR: f32 = 30;

/** Targets of a linear output that its shift and scale are taken from; nothing is learnt from the first few. */
const SCALE_SAMPLES: f32 = 4096;

export const SCALE_FIRST: u32 = 8;

/** Bytes of what one group gives: a float for each value, and Σ h². */
@inline
export function groupBytes(output: Output): u32 {
  return (output.blocks + 1) * ROW;
}

/** What a group gives to the values of an output; at `net.groups` the mean of the folds. */
@inline
export function valueOf(output: Output, group: u32): usize {
  return output.value + group * groupBytes(output);
}

@inline
export function errorRow(output: Output, group: u32): usize {
  return output.errors + group * groupBytes(output);
}

@inline
export function target(output: Output, row: usize, i: u32): f32 {
  if (output.form == CLASSES) return load<u32>(row) == NO_CLASS ? NaN : <f32>(load<u32>(row) == i);
  if (output.form == DOUBLES) return <f32>load<f64>(row + i * 8);
  return output.form == BYTES ? <f32>load<u8>(row + i) : load<f32>(row + i * 4);
}

/**
 * Decides by all rows so far, the coming ones included, how each value is answered: linear, if targets other than 0 and 1 are no slips; as classes that
 * exclude each other, if rows have a 1 among zeros; else logistic.
 */
export function chooseKinds(output: Output, rows: u32): void {
  if (output.form == CLASSES) {
    output.rows += <f32>rows;
    return;
  }
  for (let n: u32 = 0; n < rows; n++) {
    let ones: u32 = 0;
    let others: u32 = 0;
    for (let i: u32 = 0; i < output.length; i++) {
      const t = target(output, output.data + n * output.stride, i);
      if (t != t || t == 0) continue;
      if (t == 1) ones++;
      else {
        laneOf(output, i).odd++;
        others++;
      }
    }
    output.rows++;
    if (ones != 1 || others > 0) output.odd++;
  }
  let changed = false;
  for (let i: u32 = 0; i < output.length; i++) {
    const lane = laneOf(output, i);
    const linear = <u32>(lane.odd > ODD * output.rows);
    if (linear == lane.linear) continue;
    // What it answered before has no meaning on the new scale: its weights start anew, the hidden neurons stay.
    lane.linear = linear;
    lane.seen = 0;
    lane.shift = 0;
    lane.scale = 1;
    lane.errorSize = 1;
    lane.regressionSize = 1;
    if (linear) net.linear = 1;
    rescale(output, i, 0, 0);
    changed = true;
  }
  if (!changed || !exists(output.regression)) return;
  // All that was seen is to be learnt anew.
  forgetKnowledge();
  forgetRows();
}

/** The weights of output value i ·= factor, its bias = bias · factor + offset; the same for the averages. */
function rescale(output: Output, i: u32, factor: f32, offset: f32): void {
  const bytes = output.blocks * ROW;
  const slot = i * 4;
  for (let r: u32 = 0; r < output.readouts.length; r++) {
    const readout = at<Readout>(output.readouts, r);
    scaleColumn(readout.weights + slot, readout.capacity, bytes, factor);
    scaleColumn(readout.averages + slot, readout.capacity, bytes, factor);
  }
  scaleColumn(output.weights + slot, output.weightRows, bytes, factor);
  scaleColumn(output.effects + slot, output.effectRows, bytes, factor);
  // The offset goes to the constant of the least-squares layer, where there is one.
  if (exists(output.regression)) {
    store<f32>(output.weights + slot, load<f32>(output.weights + slot) + offset);
    offset = 0;
  }
  store<f32>(output.bias + slot, load<f32>(output.bias + slot) * factor + offset);
  store<f32>(output.biasAverage + slot, load<f32>(output.biasAverage + slot) * factor + offset);
}

function scaleColumn(first: usize, rows: u32, stride: u32, factor: f32): void {
  for (let k: u32 = 0; k < rows; k++) store<f32>(first + k * stride, load<f32>(first + k * stride) * factor);
}

@inline
export function logistic(o: f32): f32 {
  return 1 / (1 + Mathf.exp(-o));
}

@inline
export function within(x: f32, limit: f32): f32 {
  return max(-limit, min(limit, x));
}

/** Takes a target of a linear output into its shift and scale. */
export function observeTarget(output: Output, i: u32, lane: Lane, t: f32): void {
  const n = min<f32>(SCALE_SAMPLES, <f32>++lane.seen);
  if (lane.seen <= SCALE_FIRST) {
    insert(changetype<usize>(lane) + offsetof<Lane>('first0'), lane.seen - 1, t);
    if (lane.seen < SCALE_FIRST) return;
    trimmed(lane);
  } else {
    const near = lane.deviation > 0 ? max(lane.mean - FAR * lane.deviation, min(lane.mean + FAR * lane.deviation, t)) : t;
    lane.mean += (near - lane.mean) / n;
    lane.deviation += (abs(near - lane.mean) - lane.deviation) / n;
  }
  // At 8, 16, 32, … samples the scale is set anew; answers stay as they are.
  if (lane.seen > <u32>SCALE_SAMPLES || (lane.seen & (lane.seen - 1)) != 0) return;
  const scale = lane.deviation > 0 ? powerOfTwo(lane.deviation * 1.25) : <f32>1;
  if (lane.seen == SCALE_FIRST) rescale(output, i, 0, 0);
  else {
    const factor = lane.scale / scale;
    rescale(output, i, factor, (lane.shift - lane.mean) / scale);
    // What is unknown about the weights grows as they do; one covariance stands for all values.
    if (exists(output.regression)) scaleCovariance(output.regression, 1 + max<f64>(0, factor * factor - 1) / <f64>output.width);
  }
  lane.shift = lane.mean;
  lane.scale = scale;
}

/** Mean and mean absolute deviation of the first targets, without the least and the largest: one of them may be wrong. */
function trimmed(lane: Lane): void {
  const first = changetype<usize>(lane) + offsetof<Lane>('first0');
  const n = <f32>(SCALE_FIRST - 2);
  let sum: f32 = 0;
  for (let i: u32 = 1; i < SCALE_FIRST - 1; i++) sum += load<f32>(first + i * 4);
  lane.mean = sum / n;
  let apart: f32 = 0;
  for (let i: u32 = 1; i < SCALE_FIRST - 1; i++) apart += abs(load<f32>(first + i * 4) - lane.mean);
  lane.deviation = apart / n;
  // Where the others are all equal the two ends are all that tells a scale.
  if (apart == 0) lane.deviation = max(abs(load<f32>(first) - lane.mean), abs(load<f32>(first + (SCALE_FIRST - 1) * 4) - lane.mean)) / <f32>SCALE_FIRST;
}

function powerOfTwo(x: f32): f32 {
  return Mathf.pow(2, Mathf.round(Mathf.log2(x)));
}

/**
 * e = answer − target for the values of an output that h of the hexagons and the least-squares layer give, written to `to`: of probabilities for classes, in
 * scales for linear values.
 */
export function errorsOf(output: Output, h: usize, share: f32, row: usize, to: usize): void {
  const n = output.length;
  if (areClasses(output)) {
    let most: f32 = -Infinity;
    for (let i: u32 = 0; i < output.width; i++) most = max(most, load<f32>(output.regressionValue + i * 4) + share * load<f32>(h + i * 4));
    let sum: f32 = 0;
    for (let i: u32 = 0; i < output.width; i++) {
      const p = Mathf.exp(load<f32>(output.regressionValue + i * 4) + share * load<f32>(h + i * 4) - most);
      store<f32>(to + i * 4, p);
      sum += p;
    }
    for (let i: u32 = 0; i < output.width; i++) {
      const t = i < n ? within(target(output, row, i), 1) : 0;
      store<f32>(to + i * 4, t == t ? load<f32>(to + i * 4) / sum - max<f32>(0, t) : 0);
    }
    return;
  }
  for (let i: u32 = 0; i < n; i++) {
    const lane = laneOf(output, i);
    const t = target(output, row, i);
    const z = load<f32>(output.regressionValue + i * 4) + share * load<f32>(h + i * 4);
    let e: f32 = 0;
    if (t == t) e = lane.linear ? (lane.seen > SCALE_FIRST ? z - (t - lane.shift) / lane.scale : 0) : logistic(z) - max<f32>(0, min<f32>(1, t));
    store<f32>(to + i * 4, e);
  }
}
