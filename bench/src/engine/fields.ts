// Fields of categories: what of an effect of each category is found, with few and with very many of them, and what that costs.
import { generator } from '@openhanami/datasets';
import { Cluster, type FieldValues } from '@openhanami/engine';
import { cpuSeconds, type Figure, median } from '../figure.ts';
import { SEEDS } from './mnist.ts';

const LINE = 'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\ninputs:\nx: 1,1,1\noutputs:\ny: 3,1,1\n';
const NOISE = 0.5;

interface Rows {
  readonly fields: Record<string, FieldValues>;
  readonly y: Float32Array;
}

/** An effect of each category, N(0, 1), and a sine of a number, beside noise. */
function rows(count: number, categories: number, seed: number, withCategory: boolean): Rows {
  const random = generator(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const effect = generator(99);
  const effects = Array.from({ length: categories }, () => Math.sqrt(-2 * Math.log(1 - effect())) * Math.cos(2 * Math.PI * effect()));
  const codes = Int32Array.from({ length: count }, () => Math.floor(random() * categories));
  const a = Float64Array.from({ length: count }, normal);
  const y = Float32Array.from(a, (x, row) => (effects[codes[row] as number] as number) + Math.sin(2 * x) + NOISE * normal());
  const dictionary = Array.from({ length: categories }, (_, i) => `category ${i}`);
  return { fields: { a, ...(withCategory ? { category: { codes, dictionary } } : {}) }, y };
}

/** Mean squared error. */
function mse(cluster: Cluster, { fields, y }: Rows): number {
  const answers = cluster.request({ x: { fields } })['y'] as Float32Array;
  return y.reduce((sum, t, i) => sum + ((answers[i] as number) - t) ** 2, 0) / y.length;
}

export async function fieldFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [categories, each] of [
    [50, 400],
    [500, 40],
    [50_000, 5],
  ] as const) {
    const shares: number[] = [];
    const costs: number[] = [];
    let megabytes = 0;
    for (const seed of SEEDS) {
      const count = categories * each;
      const [train, plain] = [rows(count, categories, seed, true), rows(Math.min(count, 20_000), categories, seed, false)];
      const cluster = await Cluster.create(LINE, { seed });
      const alone = await Cluster.create(LINE, { seed });
      const seconds = cpuSeconds(() => cluster.train({ x: { fields: train.fields } }, { y: { data: train.y, width: 1 } }));
      const bare = cpuSeconds(() => alone.train({ x: { fields: plain.fields } }, { y: { data: plain.y, width: 1 } }));
      costs.push(seconds / count / (bare / plain.y.length));
      const test = rows(10_000, categories, seed + 100, true);
      // Of an effect's variance 1 so much is left when it is known from so many rows with that noise (best linear prediction).
      const least = NOISE ** 2 + 1 / (1 + each / NOISE ** 2);
      shares.push(mse(cluster, test) / least);
      megabytes = cluster.stats().bytes / 2 ** 20;
    }
    const how = `${(categories * each).toLocaleString('en')} rows, one pass, median of seeds ${SEEDS.join(', ')}`;
    figures.push(
      {
        name: `${categories.toLocaleString('en')} categories with ${each} rows each: squared error, part of the least possible`,
        value: median(shares),
        unit: '',
        goal: '<= 1.3',
        how,
      },
      {
        name: `${categories.toLocaleString('en')} categories: CPU a row, part of that without the field`,
        value: median(costs),
        unit: '',
        goal: '<= 2',
        how: `the network takes ${megabytes.toFixed(1)} MB; ${how}`,
      },
    );
  }
  return figures;
}
