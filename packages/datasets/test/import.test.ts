import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import writeXlsxFile from 'write-excel-file/node';
import { DatasetReader, readTable } from '../src/index.ts';
import { read, source, target } from './read-table.ts';

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
    ['titles above the table', 'Report of May\n\na;b\n1,5;2\n3;4\n'],
    ['delimiters at the end of each line', 'a,b,\n1.5,2,\n3,4,\n'],
    ['empty lines', '\na,b\n1.5,2\n\n3,4\n\n\n'],
    ['UTF-16', Buffer.from('\uFEFFa,b\n1.5,2\n3,4\n', 'utf16le')],
    ['UTF-16 without a mark', Buffer.from('a,b\n1.5,2\n3,4\n', 'utf16le')],
    ['gzip', gzipSync('a,b\n1.5,2\n3,4\n')],
    ['zstd', zstdCompressSync('a,b\n1.5,2\n3,4\n')],
    ['JSON lines', '{"a":1.5,"b":2}\n{"b":4,"a":3}\n'],
    ['a list in JSON', '[{"a":1.5,"b":2},{"a":3,"b":4}]'],
  ])('%s', async (_, content) => {
    const { cells, kinds } = await read(content);
    expect(cells).toEqual(two);
    expect(kinds).toEqual({ a: 'number', b: 'number' });
  });

  it('Excel: numbers, texts, times, flags and gaps; the sheet that is wanted', async () => {
    const sheet = [
      ['n', 'text', 'day', 'flag'],
      [1.5, 'x', new Date('2026-03-01T00:00:00Z'), true],
      [null, 'y', new Date('2026-03-02T00:00:00Z'), false],
    ];
    const cellsIn = (rows: unknown[][]) =>
      rows.map((row) =>
        row.map((value) => (value === null ? null : { value, ...(value instanceof Date ? { format: 'yyyy-mm-dd' } : {}) })),
      );
    const book = await writeXlsxFile([
      { data: cellsIn(sheet), sheet: 'first' },
      { data: cellsIn([['m'], [7]]), sheet: 'second' },
    ] as never).toBuffer();
    const { cells, kinds, notices } = await read(book);
    expect(kinds).toEqual({ n: 'number', text: 'category', day: 'time', flag: 'flag' });
    expect(cells).toEqual([
      { n: 1.5, text: 'x', day: '2026-03-01', flag: true },
      { n: null, text: 'y', day: '2026-03-02', flag: false },
    ]);
    expect(notices).toEqual([expect.stringContaining("the workbook has 2 sheets; 'first' was read (--sheet)")]);
    expect((await read(book, { sheet: 'second' })).cells).toEqual([{ m: 7 }]);
    await expect(read(book, { sheet: 'third' })).rejects.toThrowError("has no sheet 'third'; it has 'first', 'second'");
  });

  it('thousands marks, of countries with decimal commas and of others', async () => {
    expect((await read('a;b\n1.234,5;2\n-12.345.678;0,5\n1.234;3\n')).cells.map(({ a }) => a)).toEqual([1234.5, -12_345_678, 1234]);
    expect((await read('a,b\n"1,234.5",2\n"-12,345,678",0.5\n')).cells.map(({ a }) => a)).toEqual([1234.5, -12_345_678]);
    // One file, one way of writing: here `1.234` is a thousand.
    expect((await read('a;b\n1.234;1,5\n2.500;2,5\n')).cells.map(({ a }) => a)).toEqual([1234, 2500]);
    expect((await read('a;b\n1.234;1,5\n2.500;2,5\n', { decimal: 'point', kinds: { b: 'category' } })).cells[0]).toEqual({
      a: 1.234,
      b: '1,5',
    });
  });

  it('kinds come from all rows: numbers, codes with leading zeros, times, flags, categories, and text', async () => {
    const lines = Array.from(
      { length: 300 },
      (_, i) => `${i / 7},0${1000 + (i % 50)},2026-01-0${1 + (i % 9)},${['x', 'y'][i % 2]},name ${i},${i % 3 > 0}`,
    );
    const text = `n,zip,day,c,name,f\n${lines.join('\n')}\n`;
    const { kinds } = await read(text);
    expect(kinds).toEqual({ n: 'number', zip: 'category', day: 'time', c: 'category', name: 'text', f: 'flag' });
    const told = await read(text, { kinds: { zip: 'number', n: 'category', name: 'category' }, skip: ['c'] });
    expect(told.kinds).toEqual({ n: 'category', zip: 'number', day: 'time', c: 'category', name: 'category', f: 'flag' });
    expect(told.columns.map(({ skip }) => skip)).toEqual([false, false, false, true, false, false]);
  });

  it('what the first rows do not tell is read again: late text, late decimal commas, late codes', async () => {
    const many = (value: (i: number) => string, last: string): string =>
      `a\n${Array.from({ length: 70_000 }, (_, i) => value(i)).join('\n')}\n${last}\n`;
    const text = await read(many((i) => (i % 2 === 0 ? '1' : '2'), 'x\n'.repeat(20_000).trim()));
    expect([text.kinds, text.cells.at(-1), text.columns[0]?.distinct]).toEqual([{ a: 'category' }, { a: 'x' }, 3]);
    const comma = await read(many((i) => String(i), '1,5'));
    expect([comma.kinds, comma.cells.at(-1)]).toEqual([{ a: 'number' }, { a: 1.5 }]);
    const code = await read(many((i) => String(10_000 + (i % 100)), '01234'));
    expect([code.kinds, code.cells.at(-1), code.cells[0]]).toEqual([{ a: 'category' }, { a: '01234' }, { a: '10000' }]);
    const date = await read(many((i) => `0${1 + (i % 9)}/0${1 + (i % 8)}/2026`, '25/01/2026'));
    expect([date.kinds, date.cells.at(-1)]).toEqual([{ a: 'time' }, { a: '2026-01-25' }]);
    await expect(read(many((i) => String(i), 'five'))).rejects.toThrowError(
      "line 70002: 'five' in the column 'a' is no number, as most of its values are",
    );
  });

  it('texts that are too many for a dictionary are kept', async () => {
    const { kinds, cells } = await read(`t,n\n${Array.from({ length: 450_000 }, (_, i) => `text ${i},${i % 2}`).join('\n')}\n`);
    expect([kinds, cells[449_999]]).toEqual([
      { t: 'text', n: 'number' },
      { t: 'text 449999', n: 1 },
    ]);
  });

  it('texts that are too long are cut, and that is told', async () => {
    const { cells, notices } = await read(`t\n${'x'.repeat(20_000)}\ny\n`);
    expect([String(cells[0]?.['t']).length, cells[1]]).toEqual([10_000, { t: 'y' }]);
    expect(notices).toEqual(["1 texts of 't' have more than 10000 characters; the first 10000 are kept"]);
  });

  it('missing values keep their rows, by the usual words and by those that are told', async () => {
    const { cells, columns } = await read('a,b\n1,x\nNA,\n-9999,null\n2,y\n', { missing: ['-9999'] });
    expect(cells.map(({ a }) => a)).toEqual([1, null, null, 2]);
    expect(cells.map(({ b }) => b)).toEqual(['x', null, null, 'y']);
    expect(columns.map(({ missing }) => missing)).toEqual([2, 2]);
    expect(columns[0]).toMatchObject({ min: 1, max: 2, mean: 1.5, distinct: 2 });
    expect(columns[1]).toMatchObject({
      distinct: 2,
      most_frequent: [
        ['x', 1],
        ['y', 1],
      ],
    });
  });

  it('times of several ways of writing, in UTC, to the microsecond', async () => {
    const { cells } = await read(
      'a,b,c,d\n2026-03-01T14:30:00+02:00,31.12.2025,2026/02/03 04:05,12/31/2025 1:02 PM\n2026-03-01 00:00:00.123456,01.01.2026,2026/02/04,1/13/2026 12:00 AM\n',
    );
    expect(cells).toEqual([
      { a: '2026-03-01T12:30:00Z', b: '2025-12-31', c: '2026-02-03T04:05:00Z', d: '2025-12-31T13:02:00Z' },
      { a: '2026-03-01T00:00:00.123456Z', b: '2026-01-01', c: '2026-02-04T00:00:00Z', d: '2026-01-13T00:00:00Z' },
    ]);
    const unsure = await read('a\n01/02/2026\n03/04/2026\n');
    expect([unsure.kinds, unsure.notices]).toEqual([{ a: 'category' }, [expect.stringContaining('--dates dmy or --dates mdy says which')]]);
    expect((await read('a\n01/02/2026\n03/04/2026\n', { dates: 'dmy' })).cells).toEqual([{ a: '2026-02-01' }, { a: '2026-04-03' }]);
    // A day that there is not is no time.
    expect((await read('a\n2026-02-30\n2026-02-01\n')).kinds).toEqual({ a: 'category' });
  });

  it('nested objects by dotted names, lists of equal length as vectors, mixed values as text', async () => {
    const { cells, kinds } = await read(
      '{"a":{"b":1,"c":{"d":"x"}},"v":[1,2]}\n{"a":{"b":2},"v":[3,null],"m":true}\n{"v":null,"m":"yes"}\n',
    );
    expect(kinds).toEqual({ 'a.b': 'number', 'a.c.d': 'category', v: 'vector', m: 'category' });
    expect(cells).toEqual([
      { 'a.b': 1, 'a.c.d': 'x', v: [1, 2], m: null },
      { 'a.b': 2, 'a.c.d': null, v: [3, null], m: 'true' },
      { 'a.b': null, 'a.c.d': null, v: [null, null], m: 'yes' },
    ]);
  });

  it('other programs read the data set: categories, times and gaps are theirs too', async () => {
    await read('c,t,n,f\nx,2026-03-01 12:00,1.5,true\n,,,\ny,2026-03-02,2,false\n');
    const rows = tableFromIPC(readFileSync(target))
      .toArray()
      .map((row) => row.toJSON());
    expect(rows).toEqual([
      { c: 'x', t: Date.UTC(2026, 2, 1, 12), n: 1.5, f: 'true' },
      { c: null, t: null, n: null, f: null },
      { c: 'y', t: Date.UTC(2026, 2, 2), n: 2, f: 'false' },
    ]);
    // And we read it again as what it is.
    const again = await read(readFileSync(target));
    expect(again.kinds).toEqual({ c: 'category', t: 'time', n: 'number', f: 'category' });
  });

  it('columns of pixels become one picture', async () => {
    const names = Array.from({ length: 64 }, (_, i) => `pixel${i}`);
    const row = (first: number | string): string => [first, ...Array.from({ length: 63 }, (_, i) => i)].join();
    const text = `label,${names.join()},more\n7,${row(255)},x\n3,${row(1)},y\n`;
    const { columns, cells, notices } = await read(text, { pictures: 'auto' });
    expect(columns.map(({ name, kind, width }) => [name, kind, width])).toEqual([
      ['label', 'number', 1],
      ['more', 'category', 1],
      ['pixel', 'vector', 64],
    ]);
    expect(cells[0]).toMatchObject({ pixel: expect.arrayContaining([255, 0, 1]) });
    expect(notices).toEqual(["64 columns, 'pixel0' to 'pixel63', are one picture of 8 × 8: 'pixel'"]);
    const reader = await DatasetReader.open(target);
    expect(reader.column('pixel')).toMatchObject({ type: 'u8', shape: [8, 8] });
    await reader.close();
    expect((await read(text)).columns).toHaveLength(66);
    const told = await read(text.replace('255', '0.5'), { pictures: ['4x16=pixel*'] });
    expect(told.cells[0]).toMatchObject({ pixel: expect.arrayContaining([0.5]) });
    await expect(read(text, { pictures: ['3x3=pixel*'] })).rejects.toThrowError("a picture of 3 × 3 has 9 columns; 64 begin with 'pixel'");
    await expect(read(text.replace('255', 'dark'), { pictures: 'auto' })).rejects.toThrowError("line 2, column 2: 'dark' is no pixel");
  });

  it('large whole numbers stay what they are', async () => {
    expect((await read('id\n16777217\n9007199254740991\n')).cells).toEqual([{ id: 16_777_217 }, { id: 9_007_199_254_740_991 }]);
    expect((await read('id\n16777217\n9007199254740993\n')).cells).toEqual([{ id: '16777217' }, { id: '9007199254740993' }]);
  });

  it('what is odd is told: no header, a name that stands twice', async () => {
    const headless = await read('5.1,3.5\n4.9,3.0\n');
    expect(headless.cells[0]).toEqual({ column_1: 5.1, column_2: 3.5 });
    expect(headless.notices).toEqual([expect.stringContaining('has no header')]);
    expect((await read('0,1,2\n5,6,7\n')).cells).toEqual([{ 0: 5, 1: 6, 2: 7 }]);
    const twice = await read('a,a,\n1,2,3\n', { repairHeader: true });
    expect(twice.cells).toEqual([{ a: 1, a_2: 2, column_3: 3 }]);
    expect(twice.notices).toEqual([expect.stringContaining("'a' stands twice"), expect.stringContaining('column 3 has no name')]);
  });

  it('any table of texts and numbers comes back as it was written', async () => {
    const characters = fc.constantFrom('a', 'b', ' ', ',', ';', '"', "'", 'ä', '|', '\n');
    const text = fc.string({ unit: characters, minLength: 1, maxLength: 8 }).map((part) => `t${part}t`);
    const records = fc.array(fc.record({ n: fc.double({ noNaN: true, noDefaultInfinity: true }), t: text }), {
      minLength: 1,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(records, fc.constantFrom(',', ';', '\t', '|'), async (rows, delimiter) => {
        const { cells } = await read(Papa.unparse(rows, { quotes: true, delimiter }), { kinds: { t: 'category' }, delimiter });
        expect(cells).toEqual(rows.map(({ n, t }) => ({ n: n + 0, t })));
      }),
      { numRuns: 100 },
    );
  });

  it('rows as they stand in the file can be had too', async () => {
    writeFileSync(source, 'a;b\n1,50;x\n007;NA\n');
    const { names, parts } = await readTable(source);
    const rows = [];
    for await (const part of parts) rows.push(...part);
    expect([names, rows]).toEqual([
      ['a', 'b'],
      [
        ['1,50', 'x'],
        ['007', 'NA'],
      ],
    ]);
  });
});
