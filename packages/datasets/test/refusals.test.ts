import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DatasetError } from '../src/index.ts';
import { read } from './read-table.ts';

describe('what cannot be read is refused with what, where, and what helps:', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['an empty file', '', 'is empty'],
    ['nothing but line ends', '\n\n\n', 'is empty'],
    ['a header alone', 'a,b\n', 'no data rows'],
    ['a short row', 'a,b,c\n1,2\n', 'line 2 has 2 columns, but the header has 3'],
    ['a long row', 'a,b\n1,234,5\n', 'line 2 has 3 columns, but the header has 2'],
    ['a long row behind a quoted line end', 'a,b\n"1\n2",3\n1,2,3\n', 'line 4 has 3 columns'],
    ['a quote that does not end', 'a,b\n"1,2\n', 'line 2'],
    [
      'a text among numbers',
      `a\n${'1\n'.repeat(20)}5 kg\n`,
      `line 22: '5 kg' in the column 'a' is no number, as most of its values are; --missing "5 kg"`,
    ],
    ['a web page', '<!DOCTYPE html>\n<html></html>\n', 'is a web page'],
    ['a damaged archive', Buffer.from('PK\x03\x04 something'), 'zip archive is damaged'],
    ['a picture', Buffer.from([137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82]), 'is no text'],
    ['a number beyond all', 'a\n1e400\n', "line 2, column 'a': '1e400' is infinite or too large"],
    ['damaged gzip', gzipSync('a,b\n1,2\n').subarray(0, 20), 'gzip data are damaged'],
    ['broken JSON', '{"a":1}\n{"a":\n', 'line 2: this is no JSON'],
    ['JSON without an end to its depth', `{"a":${'{"a":'.repeat(50)}1${'}'.repeat(51)}\n`, 'line 1: there are objects in objects'],
    ['JSON that no stack holds', `${'[{"a":'.repeat(200_000)}`, 'no JSON'],
    ['JSON that is no table', '{"a":1}\n[1,2]\n', 'line 2: this is no object'],
    ['lists of different lengths', '{"a":[1,2]}\n{"a":[1]}\n', "line 2, column 'a': the list has 1 values, but those before have 2"],
  ])('%s', async (_, content, message) => {
    await expect(read(content)).rejects.toThrowError(message);
    await expect(read(content)).rejects.toThrowError(DatasetError);
  });

  it('kinds that do not fit, and columns that there are not', async () => {
    await expect(read('a,b\n1,2\n', { skip: ['c'] })).rejects.toThrowError("there is no column 'c'; there are 'a', 'b'");
    await expect(read('a\n1\nx\n', { kinds: { a: 'number' } })).rejects.toThrowError(`line 3, column 'a': 'x' is no number; --missing "x"`);
    await expect(read('a\n1\nx\n', { kinds: { a: 'time' } })).rejects.toThrowError("line 3, column 'a': 'x' is no time");
    await expect(read('a\nyes\nperhaps\n', { kinds: { a: 'flag' } })).rejects.toThrowError("'perhaps' is neither true nor false");
    expect((await read('a\nyes\n0\nT\n', { kinds: { a: 'flag' } })).cells.map(({ a }) => a)).toEqual([true, false, true]);
    expect((await read('a\n1700000000\n1700000000123\n', { kinds: { a: 'time' } })).cells).toEqual([
      { a: '2023-11-14T22:13:20Z' },
      { a: '2023-11-14T22:13:20.123Z' },
    ]);
  });

  it('any bytes: rows, or a sentence', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const found = await read(bytes).catch((error) => error);
        if (found instanceof Error) expect(found).toBeInstanceOf(DatasetError);
        else expect(found.rows).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });
});
