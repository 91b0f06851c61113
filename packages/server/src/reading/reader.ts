// A thread that reads data sets for responses; see reading.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { BadRequest, type evaluateDataset, NotFound, type ParsedInputOf } from '@openhanami/contract';
import { type CsvIndex, type CsvPlace, CsvText, cellsOf, csvIndex, DatasetReader, type Values } from '@openhanami/datasets';
import { LRUCache } from 'lru-cache';
import { answerCall, type Call } from '../call-thread.ts';
import { openObjects } from '../store/objects/index.ts';
import { evaluate, largest } from './evaluation.ts';

/** Bytes of a piece of CSV text. */
const PIECE = 1 << 19;
/** Most data sets kept open, and milliseconds after the last use of one. */
const OPEN = 32;
const OPEN_MS = 10_000;
/** Most values of one response. */
const MOST_VALUES = 1_000_000;
/** Characters of texts of one response, about. */
const MOST_CHARACTERS = 1 << 23;
/** Values compared at a time. */
const CHECK_VALUES = 1 << 20;

export interface ReadCalls {
  header(call: { key: string }): { header: Uint8Array; guardedHeader: Uint8Array; rows: number };
  part(call: { key: string; from: CsvPlace; guarded: boolean }): { text: Uint8Array; next: CsvPlace };
  index(call: { key: string; guarded: boolean }): CsvIndex;
  /** @param call.uuid for error messages. */
  content(call: { key: string; uuid: string; column: string; offset: number; rows: number }): Uint8Array;
  /** Closes a data set that was written anew. */
  forget(call: { key: string }): null;
  rows(call: { key: string; offset: number; rows: number }): Uint8Array;
  check(call: { key: string; reference: string; referenceUuid: string }): number;
  evaluate(call: {
    key: string;
    reference: string;
    wanted: Pick<ParsedInputOf<typeof evaluateDataset>, 'column_name' | 'reference_column' | 'reference_offset'>;
  }): Uint8Array;
}

const port = parentPort;
if (!port) throw new Error('this file runs as a worker thread only');

const objects = openObjects(workerData.storage);

// Calls run one after the other, since they share open files.
let last: Promise<void> = Promise.resolve();

const texts = new LRUCache<string, Promise<CsvText>>({
  max: OPEN,
  ttl: OPEN_MS,
  ttlAutopurge: true,
  updateAgeOnGet: true,
  dispose: (text) => void text.then((opened) => last.then(() => opened.close())).catch(() => {}),
});

const placeOf = (key: string, guarded: boolean): string => `${key} ${guarded}`;

function textOf(key: string, guarded: boolean): Promise<CsvText> {
  const name = placeOf(key, guarded);
  let text = texts.get(name);
  if (!text) {
    text = objects.open(key).then((source) => CsvText.open(source, guarded));
    text.catch(() => texts.delete(name));
    texts.set(name, text);
  }
  return text;
}

async function reading<Output>(key: string, work: (reader: DatasetReader) => Promise<Output>): Promise<Output> {
  const reader = await DatasetReader.open(await objects.open(key));
  try {
    return await work(reader);
  } finally {
    await reader.close();
  }
}

const names = (reader: DatasetReader): string => reader.columns.map(({ name }) => `'${name}'`).join(', ');
const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const calls: { [K in keyof ReadCalls]: (call: Parameters<ReadCalls[K]>[0]) => Promise<ReturnType<ReadCalls[K]>> } = {
  async header({ key }) {
    const { header, guardedHeader, rows } = await textOf(key, true);
    return { header, guardedHeader, rows };
  },
  async part({ key, from, guarded }) {
    const { text, next } = await (await textOf(key, guarded)).part(from, PIECE);
    return { text: text.slice(), next };
  },
  index: ({ key, guarded }) => objects.open(key).then((source) => csvIndex(source, guarded)),
  content({ key, uuid, column: name, offset, rows }) {
    return reading(key, async (reader) => {
      const column = reader.column(name);
      if (!column) throw new NotFound(`the data set '${uuid}' has no column '${name}'; it has ${names(reader)}`);
      if (offset >= reader.rows) throw new BadRequest(`'row_offset' is ${offset}, but the data set has only ${reader.rows} rows`);
      const { width } = column;
      const count = Math.min(rows, reader.rows - offset);
      if (count * width > MOST_VALUES && count > 1) {
        throw new BadRequest(
          `${count} rows of ${width} values are more than the ${MOST_VALUES} that are answered at once; ask for ${Math.max(1, Math.floor(MOST_VALUES / width))} rows, or download the data set`,
        );
      }
      const values = await reader.read(name, offset, count);
      // The contract has numbers only: a missing value is 0 there.
      const known = (value: number): number => (Number.isNaN(value) ? 0 : value);
      return json({ data: Array.from({ length: count }, (_, row) => Array.from(values.subarray(row * width, (row + 1) * width), known)) });
    });
  },
  async forget({ key }) {
    for (const guarded of [true, false]) texts.delete(placeOf(key, guarded));
    return null;
  },
  rows({ key, offset, rows }) {
    return reading(key, async (reader) => {
      const width = reader.columns.reduce((sum, column) => sum + column.width, 0);
      const count = Math.max(0, Math.min(rows, reader.rows - offset, Math.max(1, Math.floor(MOST_VALUES / width))));
      const columns: unknown[][] = [];
      for (const column of reader.columns) columns.push(cellsOf(column, await reader.values(column.name, offset, count), count));
      // Texts may be long: what is left is asked for again.
      const shown: unknown[][] = [];
      for (let row = 0, size = 0; row < count && size < MOST_CHARACTERS; row++) {
        const cells = columns.map((column) => column[row]);
        for (const cell of cells) if (typeof cell === 'string') size += cell.length;
        shown.push(cells);
      }
      return json({ number_of_rows: reader.rows, names: reader.columns.map(({ name }) => name), rows: shown });
    });
  },
  check({ key, reference: referenceKey, referenceUuid }) {
    return reading(key, (result) =>
      reading(referenceKey, async (reference) => {
        const label = reference.column('label');
        if (!label) throw new BadRequest(`the reference '${referenceUuid}' has no column 'label'; it has ${names(reference)}`);
        if (result.rows !== reference.rows) {
          throw new BadRequest(`the data set has ${result.rows} rows, but the reference ${reference.rows}; they must be the same rows`);
        }
        // A data set with labels of its own is compared by these.
        // Labels that are names, as tables have them.
        if (label.type === 'codes') {
          const { columns } = await evaluate(result, reference, {
            reference_column: 'label',
            reference_offset: 0,
            ...(result.column('label') ? { column_name: 'label' } : {}),
          });
          return columns[0]?.classification?.accuracy ?? 0;
        }
        const own = result.column('label');
        const compared = own?.width === label.width ? [own] : result.columns;
        const widest = compared.reduce((sum, { width }) => sum + width, label.width);
        const step = Math.max(1, Math.floor(CHECK_VALUES / widest));
        let right = 0;
        for (let from = 0, rows = 0; from < result.rows; from += rows) {
          // Within a batch of both: each batch is read once for all columns.
          rows = Math.min(step, result.rowsInBatch(from), reference.rowsInBatch(from));
          const expected = await reference.read('label', from, rows);
          const given: Values[] = [];
          for (const { name } of compared) given.push(await result.read(name, from, rows));
          for (let row = 0; row < rows; row++) {
            if (largestOf(compared, given, row) === largest(expected, row * label.width, label.width)) right++;
          }
        }
        return (100 * right) / result.rows;
      }),
    );
  },
  evaluate({ key, reference: referenceKey, wanted }) {
    return reading(key, (result) => reading(referenceKey, async (reference) => json(await evaluate(result, reference, wanted))));
  },
};

/** Index of the largest value of a row over all columns, side by side. */
function largestOf(columns: readonly { readonly width: number }[], values: readonly Values[], row: number): number {
  let best = Number.NEGATIVE_INFINITY;
  let at = -1;
  let before = 0;
  for (const [i, { width }] of columns.entries()) {
    const part = values[i] as Values;
    for (let k = 0; k < width; k++) {
      const value = part[row * width + k] as number;
      if (value > best) {
        best = value;
        at = before + k;
      }
    }
    before += width;
  }
  return at;
}

port.on('message', (call: Call<keyof ReadCalls>) => {
  last = last.then(async () => port.postMessage(await answerCall(call, calls[call.name] as (input: unknown) => Promise<unknown>)));
});
