// What is to be learnt changes: how many rows it takes until answers are as good as they get, beside online learners that see each row once.
import { generator } from '@openhanami/datasets';
import { Cluster } from '@openhanami/engine';
import type { Figure } from '../figure.ts';

const LINE = 'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\ninputs:\nx: 1,1,1\noutputs:\ny: 3,1,1\n';
const SEEDS = [1, 2, 3, 4, 5];
const WIDTH = 5;
/** Rows of a concept, and rows that a change takes where it is gradual. */
const CONCEPT = 5000;
const CHANGE = 1000;
/** Rows that an error is a mean over, and how far above its final level it may still be. */
const WINDOW = 250;
const LEVEL = 1.2;

interface Stream {
  readonly x: Float64Array;
  readonly y: Float32Array;
}

/** Answers a row, then learns it. */
type Online = (x: Float64Array, y: number) => number;

/** The concepts of a stream: for each row the chance of the second one. */
const KINDS = {
  abrupt: (row: number) => Number(row >= CONCEPT),
  gradual: (row: number) => Math.min(1, Math.max(0, (row - CONCEPT) / CHANGE)),
  recurring: (row: number) => Math.floor(row / CONCEPT) % 2,
} as const;

/** A function of five values in 0 … 1, with noise; its terms change places with the concept. */
function stream(kind: keyof typeof KINDS, classes: boolean, seed: number): Stream {
  const rows = (kind === 'recurring' ? 3 : 2) * CONCEPT;
  const random = generator(seed);
  const x = Float64Array.from({ length: rows * WIDTH }, () => random());
  const y = Float32Array.from({ length: rows }, (_, row) => {
    const v = x.subarray(row * WIDTH, (row + 1) * WIDTH);
    const [a = 0, b = 0, c = 0, d = 0] = random() < KINDS[kind](row) ? [v[2], v[3], v[0], v[1]] : v;
    const f = Math.sin(4 * a) + b * (1 - 2 * c) + 0.5 * d;
    return classes ? Number(random() < 0.95 === f > 0.7) : 10 * f + (random() + random() - 1) * 2;
  });
  return { x, y };
}

/** Errors of each row before it is learnt: 0 or 1 of classes, |e| of numbers. */
async function ours({ x, y }: Stream, classes: boolean, seed: number): Promise<number[]> {
  const cluster = await Cluster.create(LINE, { seed });
  return Array.from(y, (target, row) => {
    const inputs = { x: { data: x.subarray(row * WIDTH, (row + 1) * WIDTH), width: WIDTH } };
    const answer = row === 0 ? 0 : (cluster.request(inputs)['y']?.[0] as number);
    cluster.train(inputs, { y: { data: Float32Array.of(target), width: 1 } });
    return classes ? Number(answer >= 0.5 !== (target === 1)) : Math.abs(answer - target);
  });
}

function theirs(online: Online, { x, y }: Stream, classes: boolean): number[] {
  const standardised = running();
  return Array.from(y, (target, row) => {
    const answer = online(standardised(x.subarray(row * WIDTH, (row + 1) * WIDTH)), target);
    return classes ? Number(answer >= 0.5 !== (target === 1)) : Math.abs(answer - target);
  });
}

/** Running standardisation (Welford 1962). */
function running(): (x: Float64Array) => Float64Array {
  const mean = new Float64Array(WIDTH);
  const squares = new Float64Array(WIDTH);
  let n = 0;
  return (x) => {
    n++;
    return x.map((value, i) => {
      const apart = value - (mean[i] as number);
      mean[i] = (mean[i] as number) + apart / n;
      squares[i] = (squares[i] as number) + apart * (value - (mean[i] as number));
      return (value - (mean[i] as number)) / Math.sqrt((squares[i] as number) / n + 1e-9);
    });
  };
}

const logistic = (z: number): number => 1 / (1 + Math.exp(-z));

/** A linear model with steps of one size; of numbers normalised ones. */
function linear(rate: number, classes: boolean): Online {
  const w = new Float64Array(WIDTH + 1);
  return (x, target) => {
    const r = [1, ...x];
    const z = r.reduce((sum, value, i) => sum + value * (w[i] as number), 0);
    const answer = classes ? logistic(z) : z;
    const step = (rate * (answer - target)) / (classes ? 1 : r.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < w.length; i++) w[i] = (w[i] as number) - step * (r[i] as number);
    return answer;
  };
}

/** 32 hidden neurons (ReLU), by Adam (Kingma and Ba 2015). */
function network(rate: number, classes: boolean, seed: number): Online {
  const hidden = 32;
  const random = generator(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const size = hidden * (WIDTH + 1) + hidden + 1;
  const w = Float64Array.from({ length: size }, (_, i) => normal() * Math.sqrt(2 / (i < hidden * (WIDTH + 1) ? WIDTH : hidden)));
  const first = new Float64Array(size);
  const second = new Float64Array(size);
  const gradient = new Float64Array(size);
  const out = hidden * (WIDTH + 1);
  let time = 0;
  return (x, target) => {
    const h = new Float64Array(hidden);
    let z = w[size - 1] as number;
    for (let k = 0; k < hidden; k++) {
      let sum = w[k * (WIDTH + 1) + WIDTH] as number;
      for (let i = 0; i < WIDTH; i++) sum += (x[i] as number) * (w[k * (WIDTH + 1) + i] as number);
      h[k] = Math.max(0, sum);
      z += (h[k] as number) * (w[out + k] as number);
    }
    const answer = classes ? logistic(z) : z;
    const e = answer - target;
    gradient[size - 1] = e;
    for (let k = 0; k < hidden; k++) {
      gradient[out + k] = e * (h[k] as number);
      const back = (h[k] as number) > 0 ? e * (w[out + k] as number) : 0;
      for (let i = 0; i < WIDTH; i++) gradient[k * (WIDTH + 1) + i] = back * (x[i] as number);
      gradient[k * (WIDTH + 1) + WIDTH] = back;
    }
    time++;
    for (let i = 0; i < size; i++) {
      const g = gradient[i] as number;
      first[i] = 0.9 * (first[i] as number) + 0.1 * g;
      second[i] = 0.999 * (second[i] as number) + 0.001 * g * g;
      const scale = Math.sqrt((second[i] as number) / (1 - 0.999 ** time)) + 1e-8;
      w[i] = (w[i] as number) - (rate * (first[i] as number)) / (1 - 0.9 ** time) / scale;
    }
    return answer;
  };
}

/** Means over windows of the errors of several runs. */
function curve(runs: readonly (readonly number[])[]): number[] {
  const rows = runs[0]?.length ?? 0;
  return Array.from({ length: rows - WINDOW + 1 }, (_, from) => {
    let sum = 0;
    for (const errors of runs) for (let row = from; row < from + WINDOW; row++) sum += errors[row] as number;
    return sum / (WINDOW * runs.length);
  });
}

/** Rows from the start of the last concept until a window's error is near the level of the concept's last thousand rows. */
function recovery(errors: readonly number[], rows: number, level: number): number {
  const start = rows - CONCEPT;
  const found = errors.findIndex((error, from) => from >= start && error <= LEVEL * level);
  return found < 0 ? CONCEPT : found - start + WINDOW;
}

const levelOf = (runs: readonly (readonly number[])[]): number =>
  runs.reduce((sum, errors) => sum + errors.slice(-1000).reduce((all, e) => all + e, 0) / 1000, 0) / runs.length;

export async function driftFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
    for (const classes of [true, false]) {
      const streams = SEEDS.map((seed) => stream(kind, classes, seed));
      const rows = streams[0]?.y.length ?? 0;
      const mine: number[][] = [];
      for (const [i, one] of streams.entries()) mine.push(await ours(one, classes, SEEDS[i] as number));
      const peers: Record<string, (seed: number) => Online> = {
        [classes ? 'logistic regression' : 'linear regression']: () => linear(classes ? 0.05 : 0.1, classes),
        'MLP, Adam .001': (seed) => network(0.001, classes, seed),
        'MLP, Adam .01': (seed) => network(0.01, classes, seed),
      };
      const found = Object.entries(peers).map(([name, make]) => {
        const runs = streams.map((one, i) => theirs(make(SEEDS[i] as number), one, classes));
        return { name, level: levelOf(runs), runs };
      });
      // Everybody is measured by the level that the best of the others ends with: who ends better must get there too.
      const best = found.toSorted((a, b) => a.level - b.level)[0] as (typeof found)[number];
      const own = recovery(curve(mine), rows, best.level);
      const other = Math.min(...found.map(({ runs }) => recovery(curve(runs), rows, best.level)));
      figures.push({
        name: `${kind} drift, ${classes ? 'classes' : 'numbers'}: rows until the error is within ${LEVEL} of its level, part of the best peer's`,
        value: own / other,
        unit: `(${own} / ${other})`,
        goal: '<= 1',
        how: `level ${best.level.toFixed(3)} of ${best.name}, ours ends with ${levelOf(mine).toFixed(3)}; windows of ${WINDOW} rows, seeds ${SEEDS.join(', ')}`,
      });
    }
  }
  return figures;
}
