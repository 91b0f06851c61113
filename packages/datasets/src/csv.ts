import { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import Papa from 'papaparse';
import { DatasetError } from './errors.ts';
import type { StoredColumn } from './format.ts';
import { type ByteSink, type ByteSource, readBytes, sourceOf } from './source.ts';
import { LONGEST_NAME, MAX_COLUMNS } from './values.ts';
import { DatasetWriter } from './writer.ts';

/** Longest accepted line in bytes. */
const MAX_LINE_BYTES = 16 << 20;
/** Bytes per read. */
const READ_BYTES = 1 << 16;
/** Smallest number that rounds to infinity as a 32-bit float: the largest float plus half of its last digit. */
const TOO_LARGE = 3.4028235677973366e38;
/** Values passed to the writer at a time. */
const CHUNK_VALUES = 1 << 16;
const SPACE = 32;

/**
 * Converts a CSV file (first line = header, `,` separates, RFC 4180 quoting) to a data set with one range of width 1 a column, f32.
 * Numbers, `true`/`false` (1/0), empty and `null` (0) are values; empty lines are skipped.
 * @returns the number of rows.
 * @throws DatasetError naming line and column for text, a ragged row, an empty or duplicate header name, and for no data rows.
 */
export async function importCsv(from: string | ByteSource, to: string | ByteSink): Promise<number> {
  const table = new Table(to);
  const source = await sourceOf(from);
  try {
    await eachChunk(source, (rows, faults) => table.add(rows, faults));
    return await table.finish();
  } catch (error) {
    await table.abort();
    throw error;
  } finally {
    await source.close();
  }
}

/** Reads a file chunk by chunk; the next one is read when `work` is done with the last. */
async function eachChunk(source: ByteSource, work: (rows: string[][], faults: Papa.ParseError[]) => Promise<void>): Promise<void> {
  const start = await lengthOfMark(source);
  let bytesRead = 0;
  // One buffer for all reads: it is decoded before the next read.
  async function* texts(): AsyncGenerator<string> {
    const decoder = new StringDecoder('utf8');
    const buffer = Buffer.alloc(READ_BYTES);
    for (;;) {
      const count = await source.readInto(buffer, start + bytesRead);
      if (count === 0) break;
      bytesRead += count;
      yield decoder.write(buffer.subarray(0, count));
    }
    yield decoder.end();
  }
  const stream = Readable.from(texts(), { highWaterMark: 1 });
  try {
    await new Promise<void>((resolve, reject) => {
      let lastRowAt = 0;
      Papa.parse<string[]>(stream, {
        delimiter: ',',
        newline: '\n',
        chunk({ data, errors }, parser) {
          if (data.length > 0) lastRowAt = bytesRead;
          parser.pause();
          const tooLong = bytesRead - lastRowAt > MAX_LINE_BYTES;
          const done = tooLong
            ? Promise.reject(new DatasetError(`a line is longer than ${MAX_LINE_BYTES} bytes; is a quote not closed?`))
            : work(data, errors);
          done.then(
            () => parser.resume(),
            (error) => {
              reject(error);
              parser.abort();
            },
          );
        },
        complete: () => resolve(),
        error: reject,
      });
    });
  } finally {
    stream.destroy();
  }
}

/** Length of a file's byte order mark; 0 without one. */
async function lengthOfMark(source: ByteSource): Promise<number> {
  return Buffer.of(0xef, 0xbb, 0xbf).equals(await readBytes(source, 0, 3)) ? 3 : 0;
}

/** Converts rows of cells to a data set. */
class Table {
  private writer: DatasetWriter | undefined;
  private names: string[] = [];
  private columns: Float32Array<ArrayBuffer>[] = [];
  private capacity = 0;
  private buffered = 0;
  private rows = 0;
  /** Line of the file at which the next row begins. */
  private line = 1;

  constructor(private readonly to: string | ByteSink) {}

  async add(rows: readonly string[][], faults: readonly Papa.ParseError[]): Promise<void> {
    const [fault] = faults;
    for (const [i, row] of rows.entries()) {
      if (fault && i === (fault.row ?? 0)) throw new DatasetError(`line ${this.line} is no valid CSV: ${fault.message}`);
      if (row.length === 1 && (row[0] === '' || row[0] === '\r')) this.line++;
      else if (!this.writer) await this.begin(row);
      else {
        this.addRow(row);
        if (this.buffered === this.capacity) await this.flush(this.writer);
      }
    }
    if (fault) throw new DatasetError(`line ${this.line} is no valid CSV: ${fault.message}`);
  }

  async finish(): Promise<number> {
    if (!this.writer) throw new DatasetError('the file is empty; its first line must be a header');
    if (this.rows === 0) throw new DatasetError('the file has a header, but no data rows');
    await this.flush(this.writer);
    await this.writer.finish();
    return this.rows;
  }

  async abort(): Promise<void> {
    await this.writer?.abort();
  }

  private async begin(header: readonly string[]): Promise<void> {
    this.names = readHeader(header, this.line);
    for (const name of header) this.line += newlines(name);
    this.line++;
    const ranges = this.names.map((name): StoredColumn => ({ name, width: 1, type: 'f32' }));
    this.writer = await DatasetWriter.create(this.to, ranges);
    this.capacity = Math.max(1, Math.floor(CHUNK_VALUES / ranges.length));
    this.columns = ranges.map(() => new Float32Array(this.capacity));
  }

  private addRow(row: readonly string[]): void {
    if (row.length !== this.names.length) {
      throw new DatasetError(`line ${this.line} has ${row.length} columns, but the header has ${this.names.length}`);
    }
    let extraLines = 0;
    for (let i = 0; i < row.length; i++) {
      const cell = row[i] as string;
      const value = toNumber(cell);
      if (value === undefined) throw new DatasetError(faultOf(cell, this.line, i, this.names[i] as string));
      (this.columns[i] as Float32Array)[this.buffered] = value;
      // A quoted cell may contain newlines; a value only at its start or end.
      if (cell.charCodeAt(0) < SPACE || cell.charCodeAt(cell.length - 1) < SPACE) extraLines += newlines(cell);
    }
    this.line += 1 + extraLines;
    this.rows++;
    this.buffered++;
  }

  private async flush(writer: DatasetWriter): Promise<void> {
    await writer.write(this.columns, this.buffered);
    this.buffered = 0;
  }
}

function newlines(cell: string): number {
  return cell.split('\n').length - 1;
}

function readHeader(record: readonly string[], line: number): string[] {
  const names = record.map((name) => name.trim());
  if (names.length > MAX_COLUMNS) throw new DatasetError(`the header has ${names.length} columns; at most ${MAX_COLUMNS} are possible`);
  const seen = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    if (name.length > LONGEST_NAME)
      throw new DatasetError(
        `line ${line}, column ${i + 1}: its name has ${name.length} characters; at most ${LONGEST_NAME} characters are possible`,
      );
    if (name === '') throw new DatasetError(`line ${line}, column ${i + 1}: the header has no name`);
    const before = seen.get(name);
    if (before !== undefined)
      throw new DatasetError(`line ${line}, column ${i + 1}: the name '${name}' stands in column ${before + 1} already`);
    seen.set(name, i);
  }
  return names;
}

/** The value of a cell; undefined if it is invalid. */
function toNumber(cell: string): number | undefined {
  const value = Number(cell);
  // Number() reads more than a CSV should: '' as 0, '0x10' as 16, 'Infinity'.
  if (Math.abs(value) < TOO_LARGE && !/[xobXOB]/.test(cell)) return value;
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

function faultOf(cell: string, line: number, column: number, name: string): string {
  const text = cell.trim();
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  const why = Math.abs(Number(cell)) >= TOO_LARGE ? 'is too large for a 32-bit float' : 'is no number';
  return `line ${line}, column ${column + 1} ('${name}'): '${shown}' ${why}`;
}
