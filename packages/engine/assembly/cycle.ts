// One cycle: sense, forward, compare, backward, grow.
import { fire, learnHidden, maskError, potential, startCycle } from './bundle';
import { drawSigns, grow } from './growth';
import { encode, encodeAndLearn, SKETCH_CYCLES, sketches } from './input';
import { at, List } from './memory';
import { Bundle, Hexagon, Input, Link, net, Output } from './model';
import { compare, largest, learnOutputs, squares, startComparison, worthAStep } from './output';

/** Cycles between two looks of the controller. */
const PROBE_EVERY: u32 = 32;

/** Clears the active lists and activates the sources of row `n`, or of the replayed row at `replayed`. */
export function sense(n: u32, replayed: usize, learn: bool): void {
  for (let i: u32 = 0; i < net.hexagons.length; i++) clear(at<Hexagon>(net.hexagons, i).bundles);
  for (let i: u32 = 0; i < net.outputs.length; i++) clear(at<Output>(net.outputs, i).bundles);
  for (let i: u32 = 0; i < net.inputs.length; i++) {
    const input = at<Input>(net.inputs, i);
    const row = replayed != 0 ? replayed : input.data + n * input.stride;
    if (learn) encodeAndLearn(input, row);
    else encode(input, row);
    if (replayed != 0) replayed += input.length * (input.bytes ? 1 : 4);
  }
}

@inline
function clear(bundles: List): void {
  for (let k: u32 = 0; k < bundles.length; k++) {
    const b = at<Bundle>(bundles, k);
    b.activeEnd = b.active;
  }
}

/** From active inputs to the potentials of all outputs. */
@inline
export function forward(averaged: bool, learn: bool): void {
  for (let i: u32 = 0; i < net.hexagons.length; i++) {
    const hexagon = at<Hexagon>(net.hexagons, i);
    const centred = learn && hexagon.readers.length > 0;
    for (let k: u32 = 0; k < hexagon.bundles.length; k++) {
      const b = at<Bundle>(hexagon.bundles, k);
      potential(b, averaged);
      fire(b, centred);
    }
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    for (let k: u32 = 0; k < output.bundles.length; k++) potential(at<Bundle>(output.bundles, k), averaged);
  }
}

/** Compares all outputs with the targets of row `n`; their errors are left in the bundles. */
function compareAll(n: u32, replayed: usize, learn: bool): void {
  startComparison();
  if (replayed != 0) for (let i: u32 = 0; i < net.inputs.length; i++) {
    const input = at<Input>(net.inputs, i);
    replayed += input.length * (input.bytes ? 1 : 4);
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) {
    const output = at<Output>(net.outputs, i);
    if (replayed != 0) {
      compare(output, replayed, learn);
      replayed += output.length * (output.bytes ? 1 : 4);
    } else compare(output, output.data + n * output.stride, learn);
  }
}

/** Errors run back through what was active; each bundle takes its step. */
function backward(): void {
  const rate = max<f32>(0.002, 1 / (1 + <f32>net.time));
  const errorSquares = squares;
  net.errorEnergy += rate * (errorSquares - net.errorEnergy);
  const factor = net.caution * net.schedule;
  for (let i: u32 = 0; i < net.hexagons.length; i++) {
    const bundles = at<Hexagon>(net.hexagons, i).bundles;
    for (let k: u32 = 0; k < bundles.length; k++) memory.fill(at<Bundle>(bundles, k).error, 0, 64);
  }
  for (let i: u32 = 0; i < net.outputs.length; i++) learnOutputs(at<Output>(net.outputs, i), (net.linear ? <f32>0.2 : <f32>2) * factor);
  for (let i = <i32>net.hexagons.length - 1; i >= 0; i--) {
    const hexagon = at<Hexagon>(net.hexagons, i);
    let energy: f32 = 0;
    for (let k: u32 = 0; k < hexagon.bundles.length; k++) energy += maskError(at<Bundle>(hexagon.bundles, k));
    hexagon.errorEnergy += rate * (energy - hexagon.errorEnergy);
    // The gain keeps steps small where errors have grown on their way from the outputs.
    const usual = hexagon.errorEnergy / max<f32>(1e-20, net.errorEnergy);
    const now: f32 = (0.25 * energy) / max<f32>(1e-20, errorSquares);
    hexagon.gain = max<f32>(1, 0.25 * max(usual, now));
    const step = ((net.linear ? <f32>0.2 : <f32>1) * factor) / hexagon.gain;
    let deep = false;
    for (let l: u32 = 0; l < hexagon.links.length; l++) if (at<Link>(hexagon.links, l).hexagon) deep = true;
    for (let k: u32 = 0; k < hexagon.bundles.length; k++) {
      const b = at<Bundle>(hexagon.bundles, k);
      if (silent(b)) continue;
      learnHidden(b, step, deep);
    }
  }
}

@inline
function silent(b: Bundle): bool {
  let any = v128.load(b.error);
  for (let i: usize = 16; i < 64; i += 16) any = v128.or(any, v128.load(b.error + i));
  return !v128.any_true(any);
}

/** One training cycle on row `n`, or on a kept one. Returns the largest error before the step. */
export function cycle(n: u32, replayed: usize): f32 {
  startCycle();
  if (net.time < SKETCH_CYCLES) prepareSigns();
  sense(n, replayed, true);
  forward(false, true);
  compareAll(n, replayed, true);
  const error = largest;
  if (worthAStep) backward();
  if (replayed == 0) {
    grow(error);
    if (net.time >= 500 && net.time % PROBE_EVERY == 0) probe(n, error);
  }
  net.time++;
  return error;
}

/** The controller: where live weights err much more than their averages, steps are too long (and the other way round). */
function probe(n: u32, liveError: f32): void {
  sense(n, 0, false);
  forward(true, false);
  compareAll(n, 0, false);
  const rate: f32 = max<f32>(0.01, 1 / (1 + <f32>net.probes));
  net.liveError += rate * (liveError - net.liveError);
  net.averageError += rate * (largest - net.averageError);
  if (++net.probes < 50) return;
  const ratio = net.averageError / max<f32>(1e-9, net.liveError);
  net.caution = min<f32>(1, max<f32>(0.05, net.caution * Mathf.exp(0.05 * (ratio - 0.85))));
}

function prepareSigns(): void {
  for (let i: u32 = 0; i < net.inputs.length; i++) {
    if (sketches(at<Input>(net.inputs, i))) {
      drawSigns();
      return;
    }
  }
}
