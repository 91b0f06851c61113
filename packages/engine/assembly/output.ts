// Answers, their errors, and the scales of unbounded targets.
import { addRow, averages, growRows, learnOutput, neuron, newBundle } from './bundle';
import { at, push, resize } from './memory';
import { Bundle, Hexagon, Lane, LANES, net, Output, ROW } from './model';

/** Targets of a linear output that its shift and scale are taken from; nothing is learnt from the first few. */
const SCALE_SAMPLES: u32 = 4096;
const SCALE_FIRST: u32 = 8;

@inline
function laneOf(output: Output, i: u32): Lane {
  return changetype<Lane>(output.lanes + i * offsetof<Lane>());
}

/** Makes room for `width` output values; old answers stay as they are. */
export function widenOutput(output: Output, width: u32): void {
  if (width <= output.width) return;
  if (width > output.capacity) {
    const capacity = (width + LANES - 1) & ~(LANES - 1);
    output.lanes = resize(output.lanes, output.capacity * offsetof<Lane>(), output.width * offsetof<Lane>(), capacity * offsetof<Lane>());
    output.capacity = capacity;
  }
  for (let i = output.width; i < width; i++) {
    const lane = laneOf(output, i);
    lane.scale = 1;
    lane.errorSize = 1;
  }
  output.width = width;
  while (output.bundles.length * LANES < width) {
    const b = newBundle(output.bundles.length, false);
    push<Bundle>(output.bundles, b);
    for (let h: u32 = 0; h < output.hexagons.length; h++) {
      const hexagon = at<Hexagon>(output.hexagons, h);
      for (let k: u32 = 0; k < hexagon.bundles.length; k++) readBundle(b, at<Bundle>(hexagon.bundles, k));
    }
  }
}

/** Lets an output bundle read the 16 neurons of a hidden one, with weights 0. */
export function readBundle(b: Bundle, hidden: Bundle): void {
  if (b.rowCount + LANES > b.rowCapacity) growRows(b, max<u32>(256, b.rowCapacity * 2));
  for (let lane: u32 = 0; lane < LANES; lane++) addRow(b, neuron(hidden, lane));
}

@inline
function target(output: Output, row: usize, i: u32): f32 {
  return output.bytes ? <f32>load<u8>(row + i) : load<f32>(row + i * 4);
}

/** Turns outputs linear that have a target outside of [0, 1] in one of the coming rows. */
export function chooseKinds(output: Output, rows: u32): void {
  for (let n: u32 = 0; n < rows; n++) {
    const row = output.data + n * output.stride;
    for (let i: u32 = 0; i < output.length; i++) {
      const t = target(output, row, i);
      if (t >= 0 && t <= 1) continue;
      const lane = laneOf(output, i);
      if (lane.linear) continue;
      // What it answered as a logistic output has no meaning on the new scale: its weights start anew, the hidden neurons stay.
      lane.linear = 1;
      lane.seen = 0;
      net.linear = 1;
      rescale(output, i, 0, 0);
    }
  }
}

/** weights of output i ·= factor, bias = bias · factor + offset; the same for the averages. */
function rescale(output: Output, i: u32, factor: f32, offset: f32): void {
  const b = at<Bundle>(output.bundles, i / LANES);
  const lane = (i % LANES) * 4;
  for (let k: u32 = 0; k < b.rowCount; k++) {
    const w = b.rows + k * ROW + lane;
    store<f32>(w, load<f32>(w) * factor);
    store<f32>(w + averages(b), load<f32>(w + averages(b)) * factor);
  }
  store<f32>(b.bias + lane, load<f32>(b.bias + lane) * factor + offset);
  store<f32>(b.biasAverage + lane, load<f32>(b.biasAverage + lane) * factor + offset);
}

@inline
function logistic(o: f32): f32 {
  return 1 / (1 + Mathf.exp(-o));
}

/** Takes a target of a linear output into its shift and scale. False while there are too few to learn from. */
function observeTarget(output: Output, i: u32, lane: Lane, t: f32): bool {
  if (lane.seen < SCALE_SAMPLES) {
    lane.seen++;
    const n = <f32>lane.seen;
    lane.mean += (t - lane.mean) / n;
    lane.deviation += (abs(t - lane.mean) - lane.deviation) / n;
    // At 8, 16, 32, … samples the scale is set anew; answers stay as they are.
    if (lane.seen >= SCALE_FIRST && (lane.seen & (lane.seen - 1)) == 0) {
      const scale = lane.deviation > 0 ? powerOfTwo(lane.deviation) : <f32>1;
      if (lane.seen == SCALE_FIRST) rescale(output, i, 0, 0);
      else rescale(output, i, lane.scale / scale, (lane.shift - lane.mean) / scale);
      lane.shift = lane.mean;
      lane.scale = scale;
    }
  }
  return lane.seen > SCALE_FIRST;
}

function powerOfTwo(x: f32): f32 {
  return Mathf.pow(2, Mathf.round(Mathf.log2(x)));
}

/** Errors up to this size are not worth a step: of classes (several outputs, each 0 or 1), and of measurements. */
const CLASS_GATE: f32 = 0.08;
const GATE: f32 = 0.01;

/** What the comparisons since `startComparison` found: Σ e², the largest |e|, and whether any is worth a step. */
export let squares: f32 = 0;
export let largest: f32 = 0;
export let worthAStep: bool = false;

export function startComparison(): void {
  squares = 0;
  largest = 0;
  worthAStep = false;
}

/**
 * Errors of all values of an output against one row of targets, in the bundles' `error`: y − t for logistic outputs,
 * in scales and clipped to three times its usual size for linear ones.
 */
export function compare(output: Output, row: usize, learn: bool): void {
  let peak: f32 = 0;
  let classes = output.length > 1;
  for (let i: u32 = 0; i < output.length; i++) {
    const lane = laneOf(output, i);
    const b = at<Bundle>(output.bundles, i / LANES);
    const slot = (i % LANES) * 4;
    const o = load<f32>(b.value + slot);
    const t = target(output, row, i);
    let e: f32 = 0;
    if (t != 0 && t != 1) classes = false;
    if (!lane.linear) e = logistic(o) - t;
    else if (!learn || observeTarget(output, i, lane, t)) {
      e = o - (t - lane.shift) / lane.scale;
      if (learn) lane.errorSize = max<f32>(1e-6, lane.errorSize + 0.01 * (min(abs(e), 5 * lane.errorSize) - lane.errorSize));
      const limit: f32 = 3 * lane.errorSize;
      e = min(max(e, -limit), limit);
    }
    store<f32>(b.error + slot, e);
    squares += e * e;
    peak = max(peak, abs(e));
  }
  // Values beyond the ones given have no target.
  for (let i = output.length; i < output.width; i++) store<f32>(at<Bundle>(output.bundles, i / LANES).error + (i % LANES) * 4, 0);
  if (peak > (classes ? CLASS_GATE : GATE)) worthAStep = true;
  largest = max(largest, peak);
}

/** Writes the answers of an output (`width` floats). */
export function answer(output: Output, to: usize): void {
  for (let i: u32 = 0; i < output.width; i++) {
    const lane = laneOf(output, i);
    const o = load<f32>(at<Bundle>(output.bundles, i / LANES).value + (i % LANES) * 4);
    store<f32>(to + i * 4, lane.linear ? lane.shift + lane.scale * o : logistic(o));
  }
}

export function learnOutputs(output: Output, rate: f32): void {
  for (let k: u32 = 0; k < output.bundles.length; k++) learnOutput(at<Bundle>(output.bundles, k), rate);
}
