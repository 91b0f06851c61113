// One cycle of a small network in plain TypeScript: what the kernel does, without its lists, its lanes and its haste.
import { readSnapshot } from '../src/snapshot.ts';

export interface Unit {
  /** Which input value, and whether it counts below its rest. */
  readonly index: number;
  readonly below: boolean;
  mean: number;
  followed: number;
  averaged: number;
  from: number;
  scale: number;
  /** For each section the block that it leads to, its 16 weights and their averages. */
  sections: { readonly block: number; readonly weights: Float32Array; readonly averages: Float32Array }[];
}

/** The state of a network of one hexagon with neurons between one wide input and one output of up to 16 values. */
export interface State {
  /** Cycles, and those that took a step. */
  time: number;
  steps: number;
  /** Whether the live weights answer, not their averages. */
  live: boolean;
  stepScale: number;
  errorEnergy: number;
  rest: number;
  units: Unit[];
  hexagon: { errorEnergy: number; firing: number };
  norms: number[];
  bias: Float32Array;
  biasAverage: Float32Array;
  idle: Float32Array;
  output: { norm: number; width: number; bias: Float32Array; biasAverage: Float32Array };
  readout: { weights: Float32Array; averages: Float32Array; averaged: Uint32Array };
}

/** Reads a snapshot's state, piece by piece in the order of `assembly/state.ts`. */
export function readState(snapshot: Uint8Array): State {
  const bytes = readSnapshot(snapshot).states[0] as Uint8Array;
  let at = 0;
  const take = (length: number): DataView => {
    const view = new DataView(bytes.slice(at, at + length).buffer);
    at += length;
    return view;
  };
  const number = (): number => take(4).getUint32(0, true);
  const floats = (count: number): Float32Array => new Float32Array(take(count * 4).buffer);
  const net = take(108);
  const input = take(40);
  if (number() !== 0) throw new Error('the reference knows no pictures');
  const width = take(68).getUint32(0, true);
  const norm = take(36).getFloat32(0, true);
  take(72 * width);
  const output = { norm, width, bias: floats(16), biasAverage: floats(16) };
  const energies = take(8);
  const blocks = number();
  const norms = Array.from({ length: blocks }, () => {
    number();
    const norm = take(4).getFloat32(0, true);
    take(16);
    return norm;
  });
  const [bias, biasAverage, idle] = [floats(blocks * 16), floats(blocks * 16), floats(blocks * 16)];
  if (number() !== 0) throw new Error('the reference knows no tables');
  const units: Unit[] = [];
  for (let encodings = number(); encodings > 0; encodings--) {
    number();
    const encoding = take(16);
    const seen = encoding.getUint32(8, true);
    if (seen < 7) take(seen * 4);
    do {
      const unit = take(32);
      const count = unit.getUint32(0, true);
      const targets = new Uint32Array(take(count * 4).buffer);
      const [weights, averages] = [floats(count * 16), floats(count * 16)];
      const part = (rows: Float32Array, k: number): Float32Array => rows.subarray(k * 16, k * 16 + 16);
      units.push({
        index: encoding.getUint32(0, true) & 0x7fffffff,
        below: encoding.getUint32(0, true) > 0x7fffffff,
        mean: unit.getFloat32(4, true),
        followed: unit.getUint32(8, true),
        averaged: unit.getUint32(12, true),
        from: unit.getFloat32(16, true),
        scale: unit.getFloat32(20, true),
        sections: Array.from(targets, (target, k) => ({ block: target / 64, weights: part(weights, k), averages: part(averages, k) })),
      });
    } while (number() === 1);
  }
  const readout = { weights: floats(blocks * 256), averages: floats(blocks * 256), averaged: new Uint32Array(take(blocks * 64).buffer) };
  if (at > bytes.length || at < bytes.length - 7) throw new Error(`the reference read ${at} of ${bytes.length} bytes`);
  const [probes, lead, leadSquares] = [net.getUint32(36, true), net.getFloat32(40, true), net.getFloat32(44, true)];
  return {
    time: net.getUint32(16, true),
    steps: net.getUint32(20, true),
    live: lead > 0 && lead * lead > 2 * Math.max(0.02, 1 / (1 + probes)) * leadSquares,
    stepScale: net.getFloat32(28, true),
    errorEnergy: net.getFloat32(32, true),
    rest: input.getFloat32(24, true),
    units,
    hexagon: { errorEnergy: energies.getFloat32(0, true), firing: energies.getFloat32(4, true) },
    norms,
    bias,
    biasAverage,
    idle,
    output,
    readout,
  };
}

function activation(unit: Unit, row: ArrayLike<number>, rest: number): number {
  const v = (row[unit.index] as number) - rest;
  return Math.min(1, Math.max(0, ((unit.below ? -v : v) - unit.from) * unit.scale));
}

const averageRate = (steps: number): number => Math.max(1 / (1 + 0.1 * steps), 0.00001);

/** Potentials of the neurons and of the outputs, from the live weights or from their averages. */
export function forward(state: State, row: ArrayLike<number>, averaged: boolean): { hidden: number[]; output: number[] } {
  const { steps, output, readout } = state;
  const late = (w: number, a: number, since: number): number =>
    averaged ? a + (1 - (1 + (averageRate(steps) * (steps - since)) / 4) ** -4) * (w - a) : w;
  const hidden = Array.from(averaged ? state.biasAverage : state.bias);
  for (const unit of state.units) {
    const r = activation(unit, row, state.rest);
    if (r === 0) continue;
    for (const { block, weights, averages } of unit.sections)
      for (const [lane, w] of weights.entries())
        (hidden[block * 16 + lane] as number) += r * late(w, averages[lane] as number, unit.averaged);
  }
  const z = Array.from(averaged ? output.biasAverage : output.bias);
  for (const [j, p] of hidden.entries())
    for (let i = 0; i < 16 && p > 0; i++) {
      const at = j * 16 + i;
      (z[i] as number) += p * late(readout.weights[at] as number, readout.averages[at] as number, readout.averaged[j] as number);
    }
  return { hidden, output: z.slice(0, output.width) };
}

export const logistic = (z: number): number => 1 / (1 + Math.exp(-z));

/** One normalised step on a row; changes the state. */
export function learn(state: State, row: ArrayLike<number>, targets: readonly number[]): void {
  const { hidden, output: z } = forward(state, row, false);
  const e = z.map((value, i) => logistic(value) - (targets[i] as number));
  const squares = (values: readonly number[]): number => values.reduce((sum, value) => sum + value * value, 0);
  const fired = hidden.map((p) => Math.max(0, p));
  const t = ++state.steps;
  const rate = Math.max(0.002, 1 / (1 + t));
  state.errorEnergy += rate * (squares(e) - state.errorEnergy);

  const n = 1 + squares(fired);
  state.output.norm += rate * (n - state.output.norm);
  const outputStep = (1.5 * state.stepScale) / (1 + Math.max(state.output.norm, n / 4));
  const d = fired.map((h, j) => {
    if (h === 0) return 0;
    const weights = state.readout.weights.subarray(j * 16, j * 16 + 16);
    const back = e.reduce((sum, error, i) => sum + error * (weights[i] as number), 0);
    for (const [i, error] of e.entries()) (weights[i] as number) -= outputStep * h * error;
    return back;
  });
  for (const [i, error] of e.entries()) (state.output.bias[i] as number) -= outputStep * error;

  const { hexagon } = state;
  hexagon.errorEnergy += rate * (squares(d) - hexagon.errorEnergy);
  hexagon.firing += Math.max(0.005, rate) * (squares(hidden) - hexagon.firing);
  const gain = Math.max(1, 0.25 * Math.max(hexagon.errorEnergy / state.errorEnergy, (0.25 * squares(d)) / squares(e)));
  const step = Math.min(0.2 * Math.sqrt(squares(hidden) / squares(d)), state.stepScale / gain);

  const meanRate = Math.max(0.001, 1 / (1 + t));
  const length = state.norms.map(() => 1);
  const shift = state.norms.map(() => 0);
  const centred = state.units.map((unit) => {
    const r = activation(unit, row, state.rest);
    if (r === 0) return 0;
    const fade = meanRate * (t - unit.followed);
    unit.mean *= fade < 0.03125 ? 1 - fade + fade * fade : 1 / (1 + fade);
    unit.mean += meanRate * (r - unit.mean);
    unit.followed = t;
    const c = r - unit.mean;
    for (const { block } of unit.sections) {
      (length[block] as number) += c * c;
      (shift[block] as number) += c * unit.mean;
    }
    return c;
  });
  const size = state.norms.map((norm, k) => {
    state.norms[k] = norm + 0.005 * ((length[k] as number) - norm);
    return step / (1 + Math.max(state.norms[k], (length[k] as number) / 4));
  });
  for (const [s, unit] of state.units.entries())
    for (const { block, weights } of unit.sections)
      for (let lane = 0; lane < 16 && centred[s] !== 0; lane++)
        (weights[lane] as number) -= (size[block] as number) * (centred[s] as number) * (d[block * 16 + lane] as number);
  const lift = 0.03 * Math.sqrt(hexagon.firing / hidden.length);
  for (const [j, h] of fired.entries()) {
    const k = j >> 4;
    state.idle[j] = h > 0 ? 0 : (state.idle[j] as number) + 1;
    (state.bias[j] as number) -= (size[k] as number) * (1 - (shift[k] as number)) * (d[j] as number);
    if ((state.idle[j] as number) > 50) (state.bias[j] as number) += lift;
  }
}
