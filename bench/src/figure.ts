import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { drawDigits } from '@openhanami/datasets';
import Table from 'cli-table3';

/** One measured figure. */
export interface Figure {
  readonly name: string;
  /** Median of the runs. */
  readonly value: number;
  readonly unit: string;
  /** What it must reach, such as `>= 97.3`; empty where it is only told. */
  readonly goal: string;
  /** What was measured, how often, against what. */
  readonly how: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Whether a figure reaches its goal; undefined if it has none. */
export function reached({ value, goal }: Figure): boolean | undefined {
  const [, sign, limit] = /^(>=|<=|<) ([\d.]+)$/.exec(goal) ?? [];
  if (limit === undefined) return undefined;
  if (sign === '>=') return value >= Number(limit);
  return sign === '<' ? value < Number(limit) : value <= Number(limit);
}

/** Prints figures as a table, and writes them to a file of the bench's folder. */
export function printFigures(figures: readonly Figure[], file: string): void {
  const table = new Table({ head: ['figure', 'value', 'goal', 'reached', 'how'], style: { head: [], border: [] } });
  for (const figure of figures) {
    const value = `${figure.value >= 1000 ? Math.round(figure.value).toLocaleString('en') : figure.value.toPrecision(4)} ${figure.unit}`;
    const verdict = reached(figure);
    table.push([figure.name, value, figure.goal, verdict === undefined ? '' : verdict ? 'yes' : 'NO', figure.how]);
  }
  console.log(table.toString());
  const result = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, figures };
  writeFileSync(join(import.meta.dirname, '..', file), `${JSON.stringify(result, null, 2)}\n`);
}

/** CPU seconds (user and system) of `work`, of this process. */
export function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

export interface Digits {
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
  readonly oneHot: Uint8Array;
}

/** The MNIST images where their files are, else as many drawn ones. */
export function loadDigits(): { source: string; train: Digits; test: Digits } {
  const folder = process.env['MNIST_DIR'] ?? join(import.meta.dirname, '../../../shared/data/mnist');
  if (!existsSync(folder)) {
    const drawn = (count: number, seed: number): Digits => withOneHot(drawDigits(count, seed));
    return { source: 'drawn digits (set MNIST_DIR for MNIST)', train: drawn(60_000, 1), test: drawn(10_000, 2) };
  }
  const read = (name: string, header: number): Uint8Array => {
    const plain = join(folder, name);
    const bytes = existsSync(plain) ? readFileSync(plain) : gunzipSync(readFileSync(`${plain}.gz`));
    return new Uint8Array(bytes.subarray(header));
  };
  const part = (name: string): Digits =>
    withOneHot({ pixels: read(`${name}-images-idx3-ubyte`, 16), labels: read(`${name}-labels-idx1-ubyte`, 8) });
  return { source: 'MNIST', train: part('train'), test: part('t10k') };
}

function withOneHot({ pixels, labels }: { pixels: Uint8Array; labels: Uint8Array }): Digits {
  const oneHot = new Uint8Array(labels.length * 10);
  for (const [i, label] of labels.entries()) oneHot[i * 10 + label] = 1;
  return { pixels, labels, oneHot };
}

/** Percent of rows whose largest of ten answers stands at the label. */
export function accuracy(answers: Float32Array, labels: Uint8Array): number {
  let right = 0;
  for (const [i, label] of labels.entries()) {
    const row = answers.subarray(i * 10, i * 10 + 10);
    if (row.indexOf(Math.max(...row)) === label) right++;
  }
  return (100 * right) / labels.length;
}
