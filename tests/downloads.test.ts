import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatasetReader, writeFloat } from '@openhanami/datasets';
import { dataset, NotFound } from '@openhanami/sdk';
import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

let server: ServerProcess;
let token: string;
let address: string;
beforeAll(async () => {
  server = await ServerProcess.start();
  address = server.address;
  token = await server.logIn();
});
afterAll(() => server.remove());

const upload = (name: string, text: string): Promise<string> => dataset.uploadCsvFiles(token, address, name, new Blob([text]));
const bytesOf = async (uuid: string, format: 'csv' | 'arrow', offset = 0): Promise<Uint8Array<ArrayBuffer>> => {
  const { bytes } = await dataset.downloadDataset(token, address, uuid, format, { offset });
  return new Uint8Array(await new Response(bytes).arrayBuffer());
};
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const get = (query: string, headers: Record<string, string>): Promise<Response> =>
  server.call('GET', `/v1.0alpha/dataset/download?${query}`, token, undefined, headers);

describe('a download of a whole data set', () => {
  it('as CSV gives back what was uploaded, to the last digit', async () => {
    const rows = ['first,"second, with a comma"', '0.1,-5', '1e-20,16777216', '3.4028235e+38,0', '0.333333343,123456.79'];
    expect(text(await bytesOf(await upload('small table', `${rows.join('\n')}\n`), 'csv'))).toBe(
      'first,"second, with a comma"\n0.1,-5\n1e-20,16777216\n3.4028235e+38,0\n0.333333343,123456.79\n',
    );
  });

  it('as CSV names the parts of wide columns, and can be uploaded again', async () => {
    const digits = await uploadDigits(token, address, 'digits', 50);
    const csv = await bytesOf(digits, 'csv');
    const [header = '', first = ''] = text(csv).split('\n');
    expect(header.split(',').slice(782, 786)).toEqual(['picture_782', 'picture_783', 'label_0', 'label_1']);
    expect(first.split(',')).toHaveLength(794);
    const again = await dataset.uploadCsvFiles(token, address, 'digits again', new Blob([csv]));
    expect(text(await bytesOf(again, 'csv'))).toBe(text(csv));
  });

  it('as Arrow is the file that other tools read, and can be uploaded again', async () => {
    const digits = await uploadDigits(token, address, 'digits', 3000, 2);
    const arrow = await bytesOf(digits, 'arrow');
    const table = tableFromIPC(arrow);
    expect([table.numRows, table.schema.fields.map(({ name }) => name)]).toEqual([3000, ['picture', 'label']]);
    const again = await dataset.uploadArrowFile(token, address, 'digits again', new Blob([arrow]));
    expect((await dataset.getDataset(token, address, again)).description).toEqual(
      (await dataset.getDataset(token, address, digits)).description,
    );
    expect(await bytesOf(again, 'arrow')).toEqual(arrow);
    const file = join(server.folder, 'downloaded.arrow');
    writeFileSync(file, arrow);
    const reader = await DatasetReader.open(file);
    expect(reader.column('picture')).toMatchObject({ type: 'u8', shape: [28, 28] });
    await reader.close();
  });

  it.each(['csv', 'arrow'] as const)('goes on from any byte (%s)', async (format) => {
    const uuid = await upload('long table', `a,b,c\n${Array.from({ length: 20_000 }, (_, i) => `${i},${i / 7},${-i}`).join('\n')}\n`);
    const whole = await bytesOf(uuid, format);
    for (const offset of [1, 100_000, whole.length - 1])
      expect(text(await bytesOf(uuid, format, offset))).toBe(text(whole.subarray(offset)));
    const some = await get(`uuid=${uuid}&format=${format}`, { range: 'bytes=10-19' });
    expect([some.status, some.headers.get('content-range'), some.headers.get('content-length')]).toEqual([
      206,
      `bytes 10-19/${whole.length}`,
      '10',
    ]);
    expect(text(new Uint8Array(await some.arrayBuffer()))).toBe(text(whole.subarray(10, 20)));
    const last = await get(`uuid=${uuid}&format=${format}`, { range: 'bytes=-5' });
    expect(text(new Uint8Array(await last.arrayBuffer()))).toBe(text(whole.subarray(-5)));
    const beyond = await get(`uuid=${uuid}&format=${format}`, { range: `bytes=${whole.length}-` });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${whole.length}`]);
  });

  it('begins anew where the part that the client has is of something else', async () => {
    const uuid = await upload('other table', 'a\n1\n2\n');
    const first = await get(`uuid=${uuid}`, {});
    const etag = first.headers.get('etag') ?? '';
    expect([first.headers.get('content-type'), first.headers.get('accept-ranges')]).toEqual(['text/csv; charset=utf-8', 'bytes']);
    expect(first.headers.get('content-disposition')).toBe('attachment; filename="other table.csv"');
    expect((await get(`uuid=${uuid}`, { range: 'bytes=2-', 'if-range': etag })).status).toBe(206);
    expect((await get(`uuid=${uuid}`, { range: 'bytes=2-', 'if-range': '"another"' })).status).toBe(200);
    expect((await get(`uuid=${uuid}`, { range: 'lines=2-' })).status).toBe(200);
  });

  it('needs as good as no memory, and a client that goes away stops it', async () => {
    const file = join(server.folder, 'wide.csv');
    const line = `${Array.from({ length: 100 }, (_, i) => i / 7).join(',')}\n`;
    writeFileSync(file, `${Array.from({ length: 100 }, (_, i) => `c${i}`).join(',')}\n${line.repeat(30_000)}`);
    const uuid = await dataset.uploadCsvFiles(token, address, 'wide table', file);
    // Its text is made once after the upload, for its length; a part from its end waits for that.
    expect((await get(`uuid=${uuid}`, { range: 'bytes=-5' })).status).toBe(206);
    const before = server.memory;
    const { bytes } = await dataset.downloadDataset(token, address, uuid);
    const reader = bytes.getReader();
    await reader.read();
    // A reader that waits: what is not read is not made.
    await new Promise((next) => setTimeout(next, 1000));
    expect(server.memory - before).toBeLessThan(50);
    await reader.cancel();
    // As many that nobody reads.
    const unread = await Promise.all(Array.from({ length: 25 }, () => dataset.downloadDataset(token, address, uuid)));
    await new Promise((next) => setTimeout(next, 1000));
    expect(server.memory - before).toBeLessThan(100);
    expect(server.childrenPeakMemory).toBe(0);
    for (const { bytes: some } of unread) await some.cancel();
  });

  it('of numbers of every kind gives them back by their shortest digits', () => {
    const buffer = new Uint8Array(64);
    const [floats, words] = [new Float32Array(1), new Uint32Array(1)];
    const view = new Float32Array(words.buffer);
    const check = (value: number): void => {
      const text = new TextDecoder().decode(buffer.subarray(0, writeFloat(buffer, 0, value)));
      floats[0] = Number(text);
      expect(floats[0]).toBe(value === 0 ? 0 : value);
      expect(text).toBe(String(Number(text)));
      const digits = text
        .replace(/e.*/, '')
        .replace(/^[-0.]*|\./g, '')
        .replace(/0+$/, '').length;
      if (digits > 1) expect(Math.fround(Number(value.toPrecision(digits - 1)))).not.toBe(value);
    };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (bits) => {
        words[0] = bits;
        if (Number.isFinite(view[0])) check(view[0] as number);
      }),
      { numRuns: 20_000 },
    );
    for (const value of [0, -0, 1, -1, 0.1, 1e-45, 1.17549435e-38, 3.4028234663852886e38, 2 ** 24, 2 ** 24 + 2, 1e21, 1e-7, 123456.7])
      check(Math.fround(value));
  });

  it('answers 404 for what is not there, and 400 for another format', async () => {
    await expect(dataset.downloadDataset(token, address, '146bacb3-b5bf-485b-a2e8-d1812b57eb63')).rejects.toThrowError(NotFound);
    expect(await (await get('uuid=146bacb3-b5bf-485b-a2e8-d1812b57eb63&format=xml', {})).text()).toBe("'format' must be 'csv' or 'arrow'");
  });
});

describe('an upload', () => {
  const plain = (bytes: ArrayBuffer | Uint8Array): Blob => new Blob([new Uint8Array(bytes)]);
  const rows = [
    [0.5, 1, false],
    [-2, 2, true],
    ['', 3, false],
  ];

  it('of an Arrow file takes numbers, booleans, long integers and missing values', async () => {
    const table = tableFromArrays({ a: [0.5, -2, null], b: BigInt64Array.of(1n, 2n, 3n), c: [false, true, false] });
    for (const form of ['file', 'stream'] as const) {
      const uuid = await dataset.uploadArrowFile(token, address, `arrow ${form}`, plain(tableToIPC(table, form)));
      expect(text(await bytesOf(uuid, 'csv'))).toBe(`a,b,c\n${rows.map((row) => row.join(',')).join('\n')}\n`);
    }
  });

  it('of a Parquet file takes numbers, booleans, long integers, missing values, and lists of one length', async () => {
    const file = parquetWriteBuffer({
      columnData: [
        { name: 'a', data: [0.5, -2, null], type: 'DOUBLE', nullable: true },
        { name: 'b', data: [1n, 2n, 3n], type: 'INT64' },
        { name: 'c', data: [false, true, false], type: 'BOOLEAN' },
      ],
    });
    const uuid = await dataset.uploadParquetFile(token, address, 'parquet table', new Blob([file]));
    expect(text(await bytesOf(uuid, 'csv'))).toBe(`a,b,c\n${rows.map((row) => row.join(',')).join('\n')}\n`);
  });

  it('of a Parquet file with several row groups keeps the order of rows', async () => {
    const data = Array.from({ length: 5000 }, (_, i) => i);
    const file = parquetWriteBuffer({ columnData: [{ name: 'a', data, type: 'INT32' }], rowGroupSize: 1000 });
    const uuid = await dataset.uploadParquetFile(token, address, 'long parquet', new Blob([file]));
    const { data: read } = await dataset.downloadDatasetContent(token, address, uuid, 'a', 5000);
    expect(read.flat()).toEqual(data);
  });

  it.each<[string, () => Promise<string>, string]>([
    [
      'infinite numbers in Arrow',
      () => dataset.uploadArrowFile(token, address, 'bad arrow', plain(tableToIPC(tableFromArrays({ a: [1, 1 / 0] }), 'file'))),
      "row 2, column 'a': 'Infinity' is infinite",
    ],
    ['no Arrow at all', () => dataset.uploadArrowFile(token, address, 'bad arrow', new Blob(['a,b\n1,2\n'])), 'Arrow'],
    ['no Parquet at all', () => dataset.uploadParquetFile(token, address, 'bad parquet', new Blob(['a,b\n1,2\n'])), 'Parquet'],
  ])('refuses %s by name', async (_, work, reason) => {
    await expect(work()).rejects.toThrowError(reason);
  });
});

describe('an evaluation', () => {
  it('tells accuracy, confusion, precision and recall of classes', async () => {
    const right = await upload('right', 'label_a,label_b,label_c\n1,0,0\n1,0,0\n0,1,0\n0,0,1\n');
    const digits = await uploadDigits(token, address, 'digits', 100, 3);
    const same = await dataset.evaluateDataset(token, address, digits, digits, { columnName: 'label', referenceColumn: 'label' });
    const [own] = same.columns;
    expect(own?.classification?.accuracy).toBe(100);
    expect(own).toMatchObject({ mse: 0, mae: 0, r2: 1 });
    // Columns of width one are compared as numbers.
    const numbers = await dataset.evaluateDataset(token, address, right, right);
    expect(numbers.columns.map(({ column_name, classification }) => [column_name, classification])).toEqual([
      ['label_a', undefined],
      ['label_b', undefined],
      ['label_c', undefined],
    ]);
  });

  it('counts what was taken for what', async () => {
    const wide = (rows: number[][]): Promise<string> => {
      const columns = rows.map((row) => row.map(Number));
      const file = parquetWriteBuffer({
        columnData: [{ name: 'label', data: columns }],
        schema: [
          { name: 'root', num_children: 1 },
          { name: 'label', repetition_type: 'REQUIRED', num_children: 1, converted_type: 'LIST' },
          { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
          { name: 'element', repetition_type: 'REQUIRED', type: 'DOUBLE' },
        ],
      });
      return dataset.uploadParquetFile(token, address, 'wide parquet', new Blob([file]));
    };
    const [a, b, c] = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ] as [number[], number[], number[]];
    const [found, right] = [await wide([a, b, b, a]), await wide([a, a, b, c])];
    const { number_of_rows, columns } = await dataset.evaluateDataset(token, address, found, right);
    expect(number_of_rows).toBe(4);
    expect(columns[0]?.classification).toEqual({
      accuracy: 50,
      confusion_matrix: [
        [1, 1, 0],
        [0, 1, 0],
        [1, 0, 0],
      ],
      classes: [
        { class: 0, precision: 0.5, recall: 0.5, rows: 2 },
        { class: 1, precision: 0.5, recall: 1, rows: 1 },
        { class: 2, precision: null, recall: 0, rows: 1 },
      ],
    });
  });

  it('tells MSE, MAE and R² of numbers', async () => {
    const found = await upload('found', 'value\n1\n2\n4\n');
    const right = await upload('right', 'value,other\n9,1\n1,1\n2,1\n3,1\n');
    const scores = await dataset.evaluateDataset(token, address, found, right, { referenceOffset: 1 });
    expect(scores.columns).toEqual([{ column_name: 'value', reference_column: 'value', mse: 1 / 3, mae: 1 / 3, r2: 0.5 }]);
    const constant = await dataset.evaluateDataset(token, address, found, right, { referenceColumn: 'other', referenceOffset: 1 });
    expect(constant.columns[0]).toMatchObject({ reference_column: 'other', r2: null });
  });

  it.each<[string, dataset.EvaluationOptions, string]>([
    ['rows that do not fit', {}, 'the data set has 3 rows, but the reference 4'],
    ['an unknown column', { columnName: 'nothing', referenceOffset: 1 }, "the data set has no column 'nothing'; it has 'value'"],
    ['an unknown reference', { referenceColumn: 'nothing', referenceOffset: 1 }, "the reference has no column 'nothing'"],
  ])('refuses %s', async (_, how, reason) => {
    const found = await upload('found', 'value\n1\n2\n4\n');
    const right = await upload('right', 'value,other\n9,1\n1,1\n2,1\n3,1\n');
    await expect(dataset.evaluateDataset(token, address, found, right, how)).rejects.toThrowError(reason);
  });
});
