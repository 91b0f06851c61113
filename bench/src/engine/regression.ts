import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generator } from '@openhanami/datasets';
import { Cluster } from '@openhanami/engine';
import { type Figure, median } from '../figure.ts';
import { SEEDS } from './mnist.ts';

const line = (hexagons: number): string =>
  `version: 1\nhexagons:\n${Array.from({ length: hexagons }, (_, i) => `${i + 1},1,1\n`).join('')}inputs:\nx: 1,1,1\noutputs:\ny: ${hexagons},1,1\n`;

const ask = (cluster: Cluster, data: Float32Array, width = 1, window = 1): Float32Array =>
  cluster.request({ x: { data, width, window } })['y'] as Float32Array;

const worst = (values: readonly number[]): number => Math.max(...values);

/** The documented table: inputs held for 100 rows each, seen through a window of 25. */
async function table(rounds: number): Promise<Figure[]> {
  const levels = [
    [0, 0],
    [80, 1],
    [30, 0.5],
    [10, 0.75],
  ] as const;
  const data = Float32Array.from(levels.flatMap(([input]) => new Array<number>(100).fill(input)));
  const targets = Float32Array.from(levels.flatMap(([, output]) => new Array<number>(100).fill(output)));
  const errors: number[] = [];
  const wrongWays: number[] = [];
  for (const hexagons of [3, 4]) {
    for (const seed of SEEDS) {
      const cluster = await Cluster.create(line(hexagons), { seed });
      for (let round = 0; round < rounds; round++) {
        cluster.train({ x: { data, width: 1, window: 25 } }, { y: { data: targets.subarray(24), width: 1 } });
      }
      const answers = ask(cluster, data, 1, 25);
      errors.push(answers.reduce((sum, value, i) => sum + Math.abs(value - (targets[i + 24] as number)), 0) / answers.length);
      const held = (value: number): number => ask(cluster, new Float32Array(25).fill(value), 1, 25)[0] as number;
      const inOrder = levels.toSorted(([a], [b]) => a - b);
      for (const [i, [from, start]] of inOrder.slice(0, -1).entries()) {
        const [to, end] = inOrder[i + 1] as (typeof levels)[number];
        const path = Array.from({ length: 21 }, (_, k) => held(from + ((to - from) * k) / 20));
        for (const [k, value] of path.slice(1).entries())
          wrongWays.push((path[k] as number) < value === start < end ? 0 : Math.abs(value - (path[k] as number)));
      }
    }
  }
  const how = `window 25, ${rounds} rounds, lines of three and four hexagons, seeds ${SEEDS.join(', ')}`;
  return [
    { name: 'documented table, mean absolute error', value: worst(errors), unit: '', goal: '< 0.02', how: `worst; ${how}` },
    {
      name: 'documented table, largest step the wrong way',
      value: worst(wrongWays),
      unit: '',
      goal: '< 0.001',
      how: 'between neighbours, 20 steps each; the same',
    },
  ];
}

async function scales(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [low, high] of [
    [0, 1],
    [-5, 5],
    [0, 1e6],
  ] as const) {
    const errors: number[] = [];
    for (const seed of SEEDS) {
      const random = generator(seed);
      const data = Float32Array.from({ length: 4000 }, () => random());
      const targets = Float32Array.from({ length: 2000 }, (_, i) => {
        const [a, b] = [data[2 * i] as number, data[2 * i + 1] as number];
        return low + (high - low) * (0.5 + 0.25 * Math.sin(6 * a) + 0.25 * Math.cos(5 * a * b));
      });
      const cluster = await Cluster.create(line(3), { seed });
      for (let round = 0; round < 20; round++) cluster.train({ x: { data, width: 2 } }, { y: { data: targets, width: 1 } });
      const answers = ask(cluster, data, 2);
      errors.push(answers.reduce((sum, value, i) => sum + Math.abs(value - (targets[i] as number)), 0) / answers.length / (high - low));
    }
    figures.push({
      name: `targets from ${low} to ${high.toLocaleString('en')}, mean absolute error`,
      value: worst(errors),
      unit: 'of the range',
      goal: '< 0.02',
      how: `sine and cosine of two values that depend on each other, 20 passes over 2,000 rows, worst of seeds ${SEEDS.join(', ')}`,
    });
  }
  return figures;
}

async function sine(): Promise<Figure> {
  const errors: number[] = [];
  for (const seed of SEEDS) {
    const random = generator(seed);
    const data = Float32Array.from({ length: 2000 }, () => random() * 20 - 10);
    const cluster = await Cluster.create(line(3), { seed });
    for (let round = 0; round < 20; round++) cluster.train({ x: { data, width: 1 } }, { y: { data: data.map(Math.sin), width: 1 } });
    const test = Float32Array.from({ length: 1000 }, (_, i) => i / 50 - 9.99);
    errors.push(Math.sqrt(ask(cluster, test).reduce((sum, value, i) => sum + (value - Math.sin(test[i] as number)) ** 2, 0) / test.length));
  }
  return {
    name: 'y = sin x from −10 to 10, RMSE',
    value: worst(errors),
    unit: '',
    goal: '< 0.05',
    how: `20 passes over 2,000 points, worst of seeds ${SEEDS.join(', ')}`,
  };
}

const LAGS = 24;

/** One step ahead in a real series, each value forecast before it is learnt; beside what a child would say. */
async function series(): Promise<Figure[]> {
  const folder = process.env['SERIES_DIR'] ?? join(import.meta.dirname, '../../../../shared/data/series');
  if (!existsSync(folder)) return [];
  const figures: Figure[] = [];
  for (const [name, file] of [
    ['taxi rides', 'nyc_taxi'],
    ['temperature of a machine', 'machine_temperature_system_failure'],
    ['temperature of an office', 'ambient_temperature_system_failure'],
  ]) {
    const rows = readFileSync(join(folder, `${file}.csv`), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    const values = Float32Array.from(rows, (row) => Number(row.split(',')[1]));
    const ratios: [persistence: number, season: number][] = [];
    for (const seed of SEEDS) {
      const cluster = await Cluster.create(line(3), { seed });
      let [error, persistence, season] = [0, 0, 0];
      for (let t = LAGS; t < values.length; t++) {
        const x = { data: values.subarray(t - LAGS, t), width: LAGS };
        const value = values[t] as number;
        if (t >= 4 * LAGS) {
          error += Math.abs((cluster.request({ x })['y']?.[0] ?? 0) - value);
          persistence += Math.abs((values[t - 1] as number) - value);
          season += Math.abs(x.data.reduce((sum, past) => sum + past, 0) / LAGS - value);
        }
        cluster.train({ x }, { y: { data: values.subarray(t, t + 1), width: 1 } });
      }
      ratios.push([error / persistence, error / season]);
    }
    const how = `${rows.length.toLocaleString('en')} values, the last ${LAGS} as input, test-then-train, median of seeds ${SEEDS.join(', ')}`;
    figures.push({ name: `${name}, MAE / persistence`, value: median(ratios.map(([ratio]) => ratio)), unit: '×', goal: '< 1', how });
    figures.push({
      name: `${name}, MAE / mean of the last ${LAGS} steps`,
      value: median(ratios.map(([, ratio]) => ratio)),
      unit: '×',
      goal: '< 1',
      how,
    });
  }
  return figures;
}

export async function regressionFigures(): Promise<Figure[]> {
  return [...(await table(20)), ...(await scales()), await sine(), ...(await series())];
}
