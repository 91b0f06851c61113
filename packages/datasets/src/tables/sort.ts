import type { Part } from '../column-buffer.ts';
import { DatasetError } from '../errors.ts';
import type { ColumnValues, StoredColumn } from '../format.ts';
import { DatasetReader } from '../reader.ts';
import type { ByteSink, ByteSource } from '../source.ts';
import { DatasetWriter } from '../writer.ts';
import { type ColumnSummary, Steps } from './summary.ts';

// Rows of a data set in the order of a column. Only that column is held in memory; the others are gathered part by part.

/** Values that are gathered at once. */
const GATHERED = 4_000_000;

/** What is known of the times of a data set when its rows are sorted, by their columns. */
export type SortedTimes = ReadonlyMap<string, Pick<ColumnSummary, 'ascending' | 'step' | 'gaps'>>;

/**
 * Writes the rows of a data set in the order of a column of numbers or times; rows of one value keep their order, those without one stand at the end.
 * @returns undefined, and nothing is written, if they stand in that order already.
 * @throws DatasetError for a column that there is none of, or that has neither numbers nor times.
 */
export async function sortRows(from: ByteSource, makeSink: () => Promise<ByteSink>, by: string): Promise<SortedTimes | undefined> {
  const reader = await DatasetReader.open(from);
  try {
    const order = orderOf(await keysOf(reader, by));
    if (!order) return undefined;
    const times = new Map(reader.columns.filter(({ type }) => type === 'time').map(({ name }) => [name, new Steps()]));
    const writer = await DatasetWriter.create(await makeSink(), reader.columns);
    try {
      const rowsAtOnce = Math.max(1, Math.floor(GATHERED / reader.columns.reduce((sum, { width }) => sum + width, 1)));
      for (let first = 0; first < order.length; first += rowsAtOnce) {
        const wanted = order.subarray(first, first + rowsAtOnce);
        const parts = await gathered(reader, wanted);
        for (const [i, { name }] of reader.columns.entries()) {
          const steps = times.get(name);
          if (steps) for (const seconds of parts[i] as Float64Array) if (!Number.isNaN(seconds)) steps.add(seconds);
        }
        await writer.write(parts, wanted.length);
      }
      for (const [i, { name, type }] of reader.columns.entries()) {
        if (type === 'codes') writer.setLabels(i, await reader.dictionary(name));
      }
      await writer.finish();
    } catch (error) {
      await writer.abort();
      throw error;
    }
    return new Map(Array.from(times, ([name, steps]) => [name, steps.summary]));
  } finally {
    await reader.close();
  }
}

/** The values to sort by; those that are missing are larger than all others. */
async function keysOf(reader: DatasetReader, by: string): Promise<Float64Array> {
  const column = reader.column(by);
  if (!column) {
    const names = reader.columns.slice(0, 50).map(({ name }) => `'${name}'`);
    throw new DatasetError(`there is no column '${by}' to sort by; there are ${names.join(', ')}`);
  }
  if (column.width !== 1 || column.type === 'codes' || column.type === 'text')
    throw new DatasetError(
      `the column '${by}' has neither times nor numbers to sort by; --kind ${by}=time or --kind ${by}=number reads it as such`,
    );
  const keys = new Float64Array(reader.rows);
  for (let row = 0; row < reader.rows; ) {
    const count = reader.rowsInBatch(row);
    keys.set(await reader.read(by, row, count), row);
    row += count;
  }
  for (let row = 0; row < keys.length; row++) if (Number.isNaN(keys[row])) keys[row] = Number.POSITIVE_INFINITY;
  return keys;
}

/** The rows in the order of their keys; undefined if that is the one they have. */
function orderOf(keys: Float64Array): Uint32Array | undefined {
  let row = 1;
  while (row < keys.length && (keys[row] as number) >= (keys[row - 1] as number)) row++;
  if (row >= keys.length) return undefined;
  const order = Uint32Array.from(keys, (_, i) => i);
  // Infinite keys differ by NaN.
  return order.sort((a, b) => (keys[a] as number) - (keys[b] as number) || a - b);
}

/** Rows in any order, column by column as the writer takes them; each batch of the file is read once. */
async function gathered(reader: DatasetReader, rows: Uint32Array): Promise<Part[]> {
  const places = Uint32Array.from(rows, (_, i) => i).sort((a, b) => (rows[a] as number) - (rows[b] as number));
  const parts = reader.columns.map((column) => emptyPart(column, rows.length));
  for (let next = 0; next < places.length; ) {
    const row = rows[places[next] as number] as number;
    const end = row + reader.rowsInBatch(row);
    let last = next;
    while (last < places.length && (rows[places[last] as number] as number) < end) last++;
    for (const [i, { name, width }] of reader.columns.entries()) {
      const values = await reader.values(name, row, end - row);
      const part = parts[i] as Part;
      for (let k = next; k < last; k++) {
        const place = places[k] as number;
        copy(values, (rows[place] as number) - row, part, place, width);
      }
    }
    next = last;
  }
  return parts;
}

function emptyPart({ type, width }: StoredColumn, rows: number): Part {
  if (type === 'text') return new Array<string | null>(rows).fill(null);
  if (type === 'codes') return new Int32Array(rows);
  if (type === 'u8') return new Uint8Array(rows * width);
  return type === 'f32' ? new Float32Array(rows * width) : new Float64Array(rows * width);
}

function copy(values: ColumnValues, from: number, part: Part, to: number, width: number): void {
  if (Array.isArray(part)) {
    part[to] = 'texts' in values ? (values.texts[from] ?? null) : null;
    return;
  }
  const numbers = 'codes' in values ? values.codes : 'seconds' in values ? values.seconds : (values as Float64Array);
  const target = part as Float64Array;
  if (width === 1) target[to] = numbers[from] as number;
  else target.set(numbers.subarray(from * width, (from + 1) * width) as Float64Array, to * width);
}
