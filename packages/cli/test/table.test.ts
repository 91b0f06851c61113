import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import Papa from 'papaparse';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../src/session.ts';
import { readTable, type TableOptions } from '../src/table.ts';

const folder = mkdtempSync(join(tmpdir(), 'hanami-table-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(content: string | Uint8Array, options?: TableOptions) {
  const file = join(folder, 'table.csv');
  writeFileSync(file, content);
  return readTable(file, options);
}

describe('a table is read as a person would read it:', () => {
  const two = [
    { a: 1.5, b: 2 },
    { a: 3, b: 4 },
  ];
  it.each<[string, string | Uint8Array]>([
    ['commas', 'a,b\n1.5,2\n3,4\n'],
    ['semicolons and decimal commas', 'a;b\n1,5;2\n3;4\n'],
    ['tabs', 'a\tb\n1.5\t2\n3\t4\n'],
    ['bars', 'a|b\n1.5|2\n3|4'],
    ['line ends of Windows', 'a,b\r\n1.5,2\r\n3,4\r\n'],
    ['line ends of old Macs', 'a,b\r1.5,2\r3,4\r'],
    ['a byte-order mark', '\uFEFFa,b\n1.5,2\n3,4\n'],
    ['quotes around everything', '"a","b"\n"1.5","2"\n"3","4"\n'],
    ['spaces around values', 'a, b\n 1.5 , "2"\n3, 4\n'],
    ['what Excel says of its delimiter', 'sep=;\na;b\n1,5;2\n3;4\n'],
    ['comments before and between', '# measured today\na,b\n1.5,2\n# broken here\n3,4\n'],
    ['a header that is a comment', '# a,b\n1.5,2\n3,4\n'],
    ['delimiters at the end of each line', 'a,b,\n1.5,2,\n3,4,\n'],
    ['empty lines', '\na,b\n1.5,2\n\n3,4\n\n\n'],
    ['UTF-16', Buffer.from('\uFEFFa,b\n1.5,2\n3,4\n', 'utf16le')],
    ['UTF-16 without a mark', Buffer.from('a,b\n1.5,2\n3,4\n', 'utf16le')],
    ['gzip', gzipSync('a,b\n1.5,2\n3,4\n')],
    ['zstd', zstdCompressSync('a,b\n1.5,2\n3,4\n')],
    ['JSON lines', '{"a":1.5,"b":2}\n{"b":4,"a":3}\n'],
    ['a list in JSON', '[{"a":1.5,"b":2},{"a":3,"b":4}]'],
  ])('%s', (_, content) => {
    const { rows, kinds } = read(content);
    expect(rows).toEqual(two);
    expect(kinds).toEqual({ a: 'number', b: 'number' });
  });

  it('thousands marks of countries with decimal commas', () => {
    expect(read('a;b\n1.234,5;2\n-12.345.678;0,5\n').rows).toEqual([
      { a: 1234.5, b: 2 },
      { a: -12_345_678, b: 0.5 },
    ]);
  });

  it('kinds come from all rows: numbers, codes with leading zeros, times, categories, and text that is left out', () => {
    const lines = Array.from({ length: 300 }, (_, i) => `${i / 7},0${1000 + i},2026-01-0${1 + (i % 9)},${['x', 'y'][i % 2]},name ${i}`);
    const text = `n,zip,day,c,name\n${lines.join('\n')}\n`;
    const { kinds, leftOut } = read(text);
    expect(kinds).toEqual({ n: 'number', day: 'time', c: 'category' });
    expect(leftOut).toEqual(['zip', 'name']);
    const told = read(text, { kinds: { zip: 'category', n: 'category' }, skip: ['c'] });
    expect(told.kinds).toEqual({ n: 'category', zip: 'category', day: 'time' });
    expect(told.leftOut).toEqual(['c', 'name']);
  });

  it('missing values keep their rows, by the usual words and by those that are told', () => {
    const { rows, missing } = read('a,b\n1,x\nNA,\n-9999,null\n2,y\n', { missing: ['-9999'] });
    expect(rows.map(({ a }) => a)).toEqual([1, null, null, 2]);
    expect(rows.map(({ b }) => b)).toEqual(['x', null, null, 'y']);
    expect(missing).toEqual({ a: 2, b: 2 });
  });

  it('Latin-1', () => {
    expect(read(Buffer.from('größe,länge\n1,2\n', 'latin1')).rows).toEqual([{ größe: 1, länge: 2 }]);
  });

  it('large whole numbers stay what they are', () => {
    expect(read('id\n16777217\n9007199254740991\n').rows).toEqual([{ id: 16_777_217 }, { id: 9_007_199_254_740_991 }]);
  });

  it('what is odd is told: no header, a name that stands twice', () => {
    const headless = read('5.1,3.5\n4.9,3.0\n');
    expect(headless.rows[0]).toEqual({ column_1: 5.1, column_2: 3.5 });
    expect(headless.notices).toEqual([expect.stringContaining('has no header')]);
    const twice = read('a,a\n1,2\n');
    expect(twice.rows).toEqual([{ a: 1, a_2: 2 }]);
    expect(twice.notices).toEqual([expect.stringContaining('stands twice')]);
  });

  it('any table of texts and numbers comes back as it was written', () => {
    const characters = fc.constantFrom('a', 'b', ' ', ',', ';', '"', "'", 'ä', '|');
    const text = fc.string({ unit: characters, minLength: 1, maxLength: 8 }).map((part) => `t${part}t`);
    fc.assert(
      fc.property(fc.array(fc.record({ n: fc.integer(), t: text }), { minLength: 1, maxLength: 30 }), (records) => {
        expect(read(Papa.unparse(records, { quotes: true }), { keep: () => ['t'] }).rows).toEqual(records);
      }),
      { numRuns: 100 },
    );
  });
});

describe('what cannot be read is refused with what, where, and what helps:', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['an empty file', '', 'is empty'],
    ['nothing but line ends', '\n\n\n', 'is empty'],
    ['a header alone', 'a,b\n', 'has no rows'],
    ['a short row', 'a,b,c\n1,2\n', 'line 2 has 2 values, the header 3'],
    ['a long row', 'a,b\n1,234,5\n', 'line 2 has 3 values, the header 2'],
    ['a quote that does not end', 'a,b\n"1,2\n', 'line 2'],
    [
      'a text among numbers',
      `a\n${'1\n'.repeat(20)}5 kg\n`,
      `row 21: '5 kg' in the column 'a' is no number, as most of its values are; --missing "5 kg"`,
    ],
    ['a web page', '<!DOCTYPE html>\n<html></html>\n', 'is a web page'],
    ['an Excel workbook', Buffer.from('PK\x03\x04 something'), 'Excel workbook'],
    ['a picture', Buffer.from([137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82]), 'is no text'],
    ['a number beyond all', 'a\n1e400\n', "'1e400' in the column 'a' is no number"],
    ['damaged gzip', gzipSync('a,b\n1,2\n').subarray(0, 20), 'cannot be decompressed'],
    ['broken JSON', '{"a":1}\n{"a":\n', 'line 2: this is no JSON'],
    ['lists in JSON', '{"a":[1,2]}\n', "'a' holds an object or a list"],
  ])('%s', (_, content, message) => {
    expect(() => read(content)).toThrowError(message);
    expect(() => read(content)).toThrowError(UsageError);
  });

  it('options that name a column that there is not', () => {
    expect(() => read('a,b\n1,2\n', { skip: ['c'] })).toThrowError("has no column 'c'; it has 'a', 'b'");
  });

  it('any bytes: rows, or a sentence', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(read(bytes).rows.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

const CASES = process.env['CASES_DIR'] ?? join(import.meta.dirname, '../../../../shared/cases/csv');
const files = existsSync(CASES) ? readdirSync(CASES) : [];
describe.skipIf(files.length === 0)('files from the wild', () => {
  /** Refused, and why; all others are read. */
  const refused: Record<string, string> = {
    backslash: 'quote',
    empty: 'is empty',
    header_only: 'has no rows',
    header_only_noeol: 'has no rows',
    html: 'is a web page',
    nul: 'is no text',
    only_newlines: 'is empty',
    quote_after: 'quote',
    semi_empty: 'has no rows',
    short_row: 'has 2 values, the header 3',
    thousands_unq: 'has 3 values, the header 2',
    unclosed: 'quoted field unterminated',
    v_00: 'is no number',
    v_31: 'has 3 values, the header 2',
    xlsx_like: 'zip archive',
    zipped: 'zip archive',
  };
  it.each(files.length === 0 ? ['none'] : files)('%s', (file) => {
    const expected = refused[file.replace(/\..*$/, '')];
    if (expected === undefined) expect(readTable(join(CASES, file)).rows.length).toBeGreaterThan(0);
    else expect(() => readTable(join(CASES, file))).toThrowError(expected);
  });
});
