import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvIndex, DatasetError, DatasetReader, DatasetWriter, openFile } from '../src/index.ts';
import { temporaryFolder } from './folder.ts';

const folder = temporaryFolder();
const path = join(folder, 'data.arrow');

describe('a data-set file', () => {
  it('gives back any slice of what was written, over all batches', async () => {
    const rows = 200_000;
    const small = Uint8Array.from({ length: rows * 3 }, (_, i) => i % 251);
    const real = Float32Array.from({ length: rows }, (_, i) => i / 7);
    const writer = await DatasetWriter.create(path, [
      { name: 'small', width: 3, type: 'u8' },
      { name: 'real', width: 1, type: 'f32' },
    ]);
    for (let from = 0; from < rows; from += 30_001) {
      const count = Math.min(30_001, rows - from);
      await writer.write([small.subarray(from * 3, (from + count) * 3), real.subarray(from, from + count)], count);
    }
    await writer.finish();
    const reader = await DatasetReader.open(path);
    expect(reader.rows).toBe(rows);
    await fc.assert(
      fc.asyncProperty(fc.nat(rows), fc.nat(150_000), async (from, count) => {
        const end = Math.min(rows, from + count);
        const found = Buffer.from(await reader.read('small', from, count));
        expect(found.equals(small.subarray(from * 3, end * 3))).toBe(true);
        expect(await reader.read('real', from, 5)).toEqual(real.subarray(from, from + 5));
      }),
      { numRuns: 50 },
    );
    await expect(reader.read('nope', 0, 1)).rejects.toThrowError("no column 'nope'");
    await reader.close();
  });

  it('is read once for its text, and once for rows on both sides of a border, however many columns it has', async () => {
    const width = 200;
    const rows = 5000;
    const names = Array.from({ length: width }, (_, i) => `column ${i}`);
    const values = Float32Array.from({ length: rows }, (_, i) => i / 3);
    const writer = await DatasetWriter.create(
      path,
      names.map((name) => ({ name, width: 1, type: 'f32' as const })),
    );
    await writer.write(
      names.map(() => values),
      rows,
    );
    await writer.finish();
    const file = await openFile(path);
    let read = 0;
    const counted = {
      size: file.size,
      async readInto(target: Uint8Array, from: number) {
        const count = await file.readInto(target, from);
        read += count;
        return count;
      },
      close: async () => {},
    };
    expect((await csvIndex(counted)).places.length).toBeGreaterThan(2);
    expect(read).toBeLessThan(1.6 * file.size);
    const reader = await DatasetReader.open(counted);
    const border = reader.rowsInBatch(0);
    expect(border).toBeLessThan(rows);
    read = 0;
    for (const name of names) expect((await reader.read(name, border - 5, 10)).length).toBe(10);
    expect(read).toBeLessThan(1.1 * file.size);
    await file.close();
  });

  it('keeps values in use while others are read, of several columns at once', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const rows = 300_000;
    const column = Float32Array.from({ length: rows }, (_, i) => i);
    const writer = await DatasetWriter.create(
      path,
      names.map((name) => ({ name, width: 1, type: 'f32' as const })),
    );
    await writer.write([column, column, column, column], rows);
    await writer.finish();
    const reader = await DatasetReader.open(path);
    let before: Float32Array[] = [];
    for (let from = 0; from < rows; from += 4096) {
      const values = (await Promise.all(names.map((name) => reader.read(name, from, 4096)))) as Float32Array[];
      for (const found of values) expect(found[0]).toBe(from);
      for (const found of before) expect(found[0]).toBe(from - 4096);
      before = values;
    }
    await reader.close();
  });

  it('is refused when it is none', async () => {
    writeFileSync(join(folder, 'text.arrow'), 'this is no arrow file at all, but some text of a certain length');
    await expect(DatasetReader.open(join(folder, 'text.arrow'))).rejects.toThrowError(DatasetError);
    writeFileSync(join(folder, 'empty.arrow'), '');
    await expect(DatasetReader.open(join(folder, 'empty.arrow'))).rejects.toThrowError(DatasetError);
  });
});
