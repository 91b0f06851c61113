import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DatasetError, DatasetReader, importTable } from '../src/index.ts';
import { temporaryFolder } from './folder.ts';

const folder = temporaryFolder();
const source = join(folder, 'in.csv');
const target = join(folder, 'out.arrow');

async function read(text: string): Promise<Record<string, number[]>> {
  writeFileSync(source, text);
  await importTable(source, target);
  const reader = await DatasetReader.open(target);
  const columns: Record<string, number[]> = {};
  for (const { name } of reader.columns) columns[name] = Array.from(await reader.read(name, 0, reader.rows));
  await reader.close();
  return columns;
}

describe('the CSV importer', () => {
  it('makes a range of width 1 of each column', async () => {
    expect(await read('a,b\n1,2\n3,4\n')).toEqual({ a: [1, 3], b: [2, 4] });
  });

  it('reads decimals, exponents, booleans; empty and null are missing', async () => {
    expect(await read('v\n1.5\n-2e3\n+.25\ntrue\nFALSE\nnull\n" "\n2\n')).toEqual({
      v: [1.5, -2000, 0.25, 1, 0, Number.NaN, Number.NaN, 2],
    });
  });

  it('reads quotes, Windows line ends, a byte order mark and a last line without an end', async () => {
    expect(await read('\ufeff"a, b","c ""d"""\r\n"1",2\r\n3,4')).toEqual({ 'a, b': [1, 3], 'c "d"': [2, 4] });
  });

  it.each([
    ['an empty file', '', 'is empty'],
    ['a header without rows', 'a,b\n', 'no data rows'],
    ['a short row', 'a,b\n1,2\n3\n', 'line 3 has 1 columns, but the header has 2'],
    ['a long row', 'a,b\n1,2,3\n', 'line 2 has 3 columns, but the header has 2'],
    [
      'text among numbers',
      `a,b\n${'1,2\n'.repeat(9)}3,four\n`,
      "line 11: 'four' in the column 'b' is no number, as most of its values are; --missing",
    ],
    ['infinity', 'a\nInfinity\n', "line 2, column 'a': 'Infinity' is infinite or too large for a number; --missing"],
    ['a number beyond 64 bits', 'a\n1e400\n', "'1e400' is infinite or too large for a number"],
    ['a doubled name', 'a,b,a\n1,2,3\n', "line 1, column 3: the name 'a' stands in column 1 already"],
    ['an empty name', 'a,,c\n1,2,3\n', 'line 1, column 2: the header has no name'],
    ['an open quote', 'a,b\n"1,2\n3,4\n', 'no valid CSV'],
  ])('refuses %s, says where, and leaves nothing', async (_, text, reason) => {
    writeFileSync(source, text);
    const absent = join(folder, 'absent.arrow');
    await expect(importTable(source, absent)).rejects.toThrowError(DatasetError);
    await expect(importTable(source, absent)).rejects.toThrowError(reason);
    expect(readdirSync(folder).filter((name) => name.startsWith('absent'))).toEqual([]);
  });

  it('gives back any table of numbers', async () => {
    const cell = fc.double({ noNaN: true, noDefaultInfinity: true });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.array(cell, { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 20 }),
        async (width, rows) => {
          const table = rows.map((row) => row.slice(0, width));
          const names = Array.from({ length: width }, (_, i) => `c${i}`);
          const found = await read(`${names.join(',')}\n${table.map((row) => row.join(',')).join('\n')}\n`);
          for (const [i, name] of names.entries()) expect(found[name]).toEqual(table.map((row) => (row[i] as number) + 0));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('throws nothing but data-set errors, whatever the bytes', async () => {
    const piece = fc.oneof(fc.string({ maxLength: 10 }), fc.constantFrom(',', '\n', '"', '\r\n', '1', '0.5', 'a'));
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        writeFileSync(source, pieces.join(''));
        await importTable(source, target).catch((error) => expect(error).toBeInstanceOf(DatasetError));
      }),
      { numRuns: 200 },
    );
  });

  it('imports a large file in little memory', async () => {
    const big = join(folder, 'big.csv');
    const stream = createWriteStream(big);
    stream.write('a,b,c,d,e,f,g,h\n');
    const block = `${Array.from({ length: 8 }, (_, i) => (i * 1.2345678).toFixed(7)).join(',')}\n`.repeat(1000);
    for (let i = 0; i < 800; i++) if (!stream.write(block)) await once(stream, 'drain');
    stream.end();
    await finished(stream);
    const script = `import { importTable } from '@openhanami/datasets';
      import { readFileSync } from 'node:fs';
      const { rows } = await importTable(${JSON.stringify(big)}, ${JSON.stringify(join(folder, 'big.arrow'))});
      console.log(rows, Math.round(Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024));`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--max-semi-space-size=16', '--max-old-space-size=64', '--input-type=module', '-e', script],
      {
        cwd: import.meta.dirname,
        encoding: 'utf8',
      },
    );
    const [rows, peak] = stdout.split(' ').map(Number);
    expect(stderr).toBe('');
    expect(rows).toBe(800_000);
    expect(peak).toBeLessThan(220);
    expect(existsSync(join(folder, 'big.arrow'))).toBe(true);
  });
});
