import { createReadStream } from 'node:fs';
import { CsvError, type InfoRecord, parse } from 'csv-parse';
import { DatasetError } from './errors.ts';
import type { ColumnRange } from './format.ts';
import { DatasetWriter } from './writer.ts';

/** Columns of the widest CSV that is taken, and bytes of its longest line. */
const MAX_COLUMNS = 100_000;
const MAX_LINE_BYTES = 16 << 20;
const LARGEST_F32 = 3.4028234663852886e38;
/** Values that are handed to the writer at a time. */
const CHUNK_VALUES = 1 << 16;

/**
 * Turns a CSV file (first line = header, `,` separates, RFC 4180 quoting) into a data set with one range of width 1 a column, f32.
 * Numbers, `true`/`false` (1/0), empty and `null` (0) are values; empty lines are passed over.
 * @returns the number of rows.
 * @throws DatasetError naming line and column for text, a ragged row, a header name that is empty or doubled, and for no data rows.
 */
export async function importCsv(csvPath: string, path: string): Promise<number> {
  const parser = createReadStream(csvPath, { highWaterMark: 1 << 18 }).pipe(
    parse({ bom: true, info: true, skip_empty_lines: true, relax_column_count: true, max_record_size: MAX_LINE_BYTES }),
  );
  let writer: DatasetWriter | undefined;
  let columns: Float32Array<ArrayBuffer>[] = [];
  let names: string[] = [];
  let capacity = 0;
  let buffered = 0;
  let rows = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: InfoRecord }>) {
      if (!writer) {
        names = readHeader(record);
        writer = new DatasetWriter(
          path,
          names.map((name): ColumnRange => ({ name, width: 1, type: 'f32' })),
        );
        capacity = Math.max(1, Math.floor(CHUNK_VALUES / names.length));
        columns = names.map(() => new Float32Array(capacity));
        continue;
      }
      if (record.length !== names.length) {
        throw new DatasetError(`line ${info.lines} has ${record.length} columns, but the header has ${names.length}`);
      }
      for (let i = 0; i < record.length; i++) {
        const value = toNumber(record[i] as string);
        if (value === undefined) throw new DatasetError(fault(record[i] as string, info.lines, i, names[i] as string));
        (columns[i] as Float32Array)[buffered] = value;
      }
      rows++;
      if (++buffered === capacity) {
        await writer.write(columns, buffered);
        buffered = 0;
      }
    }
    if (!writer) throw new DatasetError('the file is empty; its first line must be a header');
    if (rows === 0) throw new DatasetError('the file has a header, but no data rows');
    await writer.write(columns, buffered);
    await writer.finish();
    return rows;
  } catch (error) {
    await writer?.abort();
    if (error instanceof CsvError) throw new DatasetError(`the file is no valid CSV: ${error.message}`);
    throw error;
  } finally {
    parser.destroy();
  }
}

function readHeader(record: readonly string[]): string[] {
  const names = record.map((name) => name.trim());
  if (names.length > MAX_COLUMNS) throw new DatasetError(`the header has ${names.length} columns; at most ${MAX_COLUMNS} are possible`);
  const seen = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    if (name === '') throw new DatasetError(`line 1, column ${i + 1}: the header has no name`);
    const before = seen.get(name);
    if (before !== undefined) throw new DatasetError(`line 1, column ${i + 1}: the name '${name}' stands in column ${before + 1} already`);
    seen.set(name, i);
  }
  return names;
}

/** The value that a cell stands for; undefined if it is none. */
function toNumber(cell: string): number | undefined {
  const value = Number(cell);
  // Number() reads more than a CSV should: '' as 0, '0x10' as 16, 'Infinity'.
  if (Math.abs(value) <= LARGEST_F32 && !/[xobXOB]/.test(cell)) return value;
  switch (cell.trim().toLowerCase()) {
    case 'true':
      return 1;
    case 'false':
    case 'null':
    case '':
      return 0;
    default:
      return undefined;
  }
}

function fault(cell: string, line: number, column: number, name: string): string {
  const shown = cell.length > 40 ? `${cell.slice(0, 40)}…` : cell;
  const why = Math.abs(Number(cell)) > LARGEST_F32 ? 'is too large for a 32-bit float' : 'is no number';
  return `line ${line}, column ${column + 1} ('${name}'): '${shown}' ${why}`;
}
