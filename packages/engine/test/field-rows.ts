// Rows of fields that several tests learn.
import { generator } from '@openhanami/datasets';
import { Cluster, type FieldValues, type Rows } from '../src/index.ts';

export const LINE = 'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\ninputs:\nx: 1,1,1\noutputs:\ny: 3,1,1\n';

export const labels = (count: number, prefix = 'c'): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
export const numbers = (data: ArrayLike<number>): Rows => ({ data: Float32Array.from(data), width: 1 });
export const table = (fields: Record<string, FieldValues>): Record<string, Rows> => ({ x: { fields } });

/** Normal numbers. */
export function gaussian(seed: number): () => number {
  const random = generator(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Rows whose target is an effect of their category, and a curve of a number, beside noise. */
export function rows(count: number, categories: number, seed: number) {
  const random = generator(seed);
  const normal = gaussian(seed + 1);
  const effect = gaussian(7);
  const effects = Array.from({ length: categories }, effect);
  const codes = Int32Array.from({ length: count }, () => Math.floor(random() * categories));
  const a = Float64Array.from({ length: count }, normal);
  const y = Float32Array.from(a, (value, row) => (effects[codes[row] as number] as number) + Math.sin(2 * value) + 0.3 * normal());
  return { fields: { category: { codes, dictionary: labels(categories) }, a } satisfies Record<string, FieldValues>, y };
}

export function r2(answers: ArrayLike<number>, targets: Float32Array): number {
  const mean = targets.reduce((sum, t) => sum + t, 0) / targets.length;
  let [left, all] = [0, 0];
  for (const [i, t] of targets.entries()) {
    left += ((answers[i] as number) - t) ** 2;
    all += (t - mean) ** 2;
  }
  return 1 - left / all;
}

export const ask = (cluster: Cluster, fields: Record<string, FieldValues>): Float32Array =>
  cluster.request(table(fields))['y'] as Float32Array;

export async function trained(fields: Record<string, FieldValues>, y: Rows, seed = 1): Promise<Cluster> {
  const cluster = await Cluster.create(LINE, { seed });
  cluster.train(table(fields), { y });
  return cluster;
}
