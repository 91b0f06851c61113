import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFile, DatasetReader, DatasetWriter, openFile, type StoredColumn, sortRows } from '../src/index.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hanami-sort-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const COLUMNS: readonly StoredColumn[] = [
  { name: 'key', width: 1, type: 'f64' },
  { name: 'when', width: 1, type: 'time' },
  { name: 'sky', width: 1, type: 'codes' },
  { name: 'note', width: 1, type: 'text' },
  { name: 'picture', width: 4, type: 'u8' },
  { name: 'vector', width: 3, type: 'f32' },
];
const LABELS = ['sun', 'rain'];

/** Writes rows whose other columns follow from their number, and whose keys are given. */
async function written(keys: readonly number[], path: string): Promise<void> {
  const writer = await DatasetWriter.create(path, COLUMNS);
  const many = (width: number, of: (row: number, k: number) => number) =>
    keys.flatMap((_, row) => Array.from({ length: width }, (__, k) => of(row, k)));
  await writer.write(
    [
      keys,
      keys.map((_, row) => (row % 5 === 0 ? Number.NaN : row * 60)),
      keys.map((_, row) => (row % 3) - 1),
      keys.map((_, row) => (row % 4 === 0 ? null : `note ${row}`)),
      Uint8Array.from(many(4, (row, k) => (row + k) % 256)),
      Float32Array.from(many(3, (row, k) => row + k / 4)),
    ],
    keys.length,
  );
  writer.setLabels(2, LABELS);
  await writer.finish();
}

/** All rows of a data set. */
async function rowsOf(path: string): Promise<unknown[][]> {
  const reader = await DatasetReader.open(path);
  const rows: unknown[][] = Array.from({ length: reader.rows }, () => []);
  for (const { name, width } of reader.columns) {
    const values = await reader.values(name, 0, reader.rows);
    for (const [row, cells] of rows.entries()) {
      if ('texts' in values) cells.push(values.texts[row]);
      else if ('codes' in values) cells.push(values.dictionary[values.codes[row] as number]);
      else cells.push([...('seconds' in values ? values.seconds : (values as Float64Array)).slice(row * width, (row + 1) * width)]);
    }
  }
  await reader.close();
  return rows;
}

it('puts whole rows in order: those of one key as they stood, those without one last', async () => {
  const keys = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(Number.NaN)), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(keys, async (given) => {
      const [from, to] = [join(folder, 'from'), join(folder, 'to')];
      rmSync(to, { force: true });
      await written(given, from);
      const before = await rowsOf(from);
      const found = await sortRows(await openFile(from), () => createFile(to), 'key');
      const rank = (row: readonly unknown[]): number => {
        const [key = Number.NaN] = row[0] as number[];
        return Number.isNaN(key) ? Number.POSITIVE_INFINITY : key;
      };
      const wanted = before.toSorted((a, b) => rank(a) - rank(b) || 0);
      if (found) expect(await rowsOf(to)).toEqual(wanted);
      // Rows that stand right are left as they are.
      else expect(before).toEqual(wanted);
    }),
    { numRuns: 60 },
  );
});

it('sorts more rows than it gathers at once, over many batches, and tells the steps of their times', async () => {
  const count = 300_000;
  const [from, to] = [join(folder, 'many'), join(folder, 'sorted')];
  const columns: StoredColumn[] = [
    { name: 'when', width: 1, type: 'time' },
    { name: 'wide', width: 20, type: 'f32' },
  ];
  const writer = await DatasetWriter.create(from, columns);
  const times = Array.from({ length: count }, (_, i) => ((i * 7919) % count) * 10);
  await writer.write([times, Float32Array.from({ length: count * 20 }, (_, i) => (times[Math.floor(i / 20)] as number) + (i % 20))], count);
  await writer.finish();
  const found = await sortRows(await openFile(from), () => createFile(to), 'when');
  expect(found).toEqual(new Map([['when', { ascending: true, step: 10, gaps: 0 }]]));
  const reader = await DatasetReader.open(to);
  const wide = await reader.read('wide', 0, count);
  for (let row = 0; row < count; row += 997) expect(wide[row * 20 + 7]).toBe(Math.fround(row * 10 + 7));
  await reader.close();
  // Nothing is written where the rows stand right already.
  const size = readFileSync(to).length;
  expect(await sortRows(await openFile(to), () => createFile(to), 'when')).toBeUndefined();
  expect(readFileSync(to).length).toBe(size);
});
