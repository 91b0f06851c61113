import Papa from 'papaparse';
import type { ColumnValues, StoredColumn } from './format.ts';
import { DatasetReader } from './reader.ts';
import { LONGEST_NUMBER, writeFloat } from './shortest.ts';
import type { ByteSource } from './source.ts';
import { timeText } from './tables/times.ts';

const COMMA = 44;
const NEWLINE = 10;

/** A position in the CSV text of a data set: a row, and the byte at which it begins. */
export interface CsvPlace {
  readonly row: number;
  readonly byte: number;
}

/** Length of a CSV text and positions of rows, so that text from any byte on can be generated without the text before it. */
export interface CsvIndex {
  readonly bytes: number;
  /** In order, beginning with the first row after the header. */
  readonly places: readonly CsvPlace[];
}

/** Text of each unsigned byte followed by a comma, and its length. */
const BYTE_TEXT = new Uint8Array(256 * 4);
const BYTE_LENGTH = new Uint8Array(256);
for (let value = 0; value < 256; value++) {
  const text = `${value},`;
  BYTE_LENGTH[value] = text.length;
  for (let i = 0; i < text.length; i++) BYTE_TEXT[value * 4 + i] = text.charCodeAt(i);
}

/** Writes the value of row i, and a comma, at a byte; returns the byte behind. */
type WriteCell = (to: Uint8Array, at: number, row: number) => number;

/** Writes one column of some rows. */
interface CellWriter {
  /** Most bytes of a row. */
  readonly longest: number;
  readonly write: WriteCell;
}

/** Longest text of a 64-bit float with its comma. */
const LONGEST_DOUBLE = 25;

/**
 * The CSV text of a data set: a header, then one line per row. A range wider than 1 becomes columns `name_0`, `name_1`, …
 * Numbers are the shortest that parse to the same 32-bit or 64-bit float, times ISO 8601; missing values are empty.
 * The text is deterministic, so that any byte range can be requested.
 */
export class CsvText {
  /** The first line. */
  readonly header: Uint8Array;
  /** The header with `'` before names that a spreadsheet would evaluate as formulas. */
  readonly guardedHeader: Uint8Array;
  private readonly width: number;
  private buffer = new Uint8Array();
  /** Texts of labels with a comma behind, by column. */
  private readonly labels = new Map<string, readonly Uint8Array[]>();

  private constructor(
    private readonly reader: DatasetReader,
    private readonly isGuarded: boolean,
  ) {
    this.header = csvHeader(reader.columns, false);
    this.guardedHeader = csvHeader(reader.columns, true);
    this.width = reader.columns.reduce((sum, column) => sum + column.width, 0);
  }

  /**
   * Opens a data set.
   * @param isGuarded whether texts that a spreadsheet would evaluate as formulas get a `'` before them.
   * @throws DatasetError if the file is damaged or no data set.
   */
  static async open(from: string | ByteSource, isGuarded = false): Promise<CsvText> {
    return new CsvText(await DatasetReader.open(from), isGuarded);
  }

  get rows(): number {
    return this.reader.rows;
  }

  close(): Promise<void> {
    return this.reader.close();
  }

  /**
   * Lines from `from` on, about `bytes` bytes; at least one row.
   * @returns the text, which the next call overwrites, and the place after it.
   */
  async part(from: CsvPlace, bytes: number): Promise<{ text: Uint8Array; next: CsvPlace }> {
    // Within a batch: each is read once for all columns.
    const rows = Math.max(1, Math.min(Math.floor(bytes / (8 * this.width)), this.reader.rowsInBatch(from.row)));
    const writers: CellWriter[] = [];
    for (const column of this.reader.columns) writers.push(await this.writerOf(column, from.row, rows));
    const longest = writers.reduce((sum, writer) => sum + writer.longest, 0);
    if (this.buffer.length < bytes + longest) this.buffer = new Uint8Array(bytes + longest);
    const { buffer } = this;
    let [at, row] = [0, 0];
    for (; row < rows && at < bytes; row++) {
      for (let i = 0; i < writers.length; i++) at = (writers[i] as CellWriter).write(buffer, at, row);
      buffer[at - 1] = NEWLINE;
    }
    return { text: buffer.subarray(0, at), next: { row: from.row + row, byte: from.byte + at } };
  }

  private async writerOf(column: StoredColumn, from: number, rows: number): Promise<CellWriter> {
    const { name, width, type } = column;
    const values = await this.reader.values(name, from, rows);
    const cell = (text: string): Uint8Array => cellBytes(this.isGuarded && FORMULA.test(text) ? `'${text}` : text);
    if ('texts' in values) return written(values.texts.map((text) => cell(text ?? '')));
    if ('codes' in values) {
      const labels = this.labels.get(name) ?? [...values.dictionary.map((label) => cell(String(label))), cellBytes('')];
      this.labels.set(name, labels);
      const { codes } = values;
      const longest = labels.reduce((most, { length }) => Math.max(most, length), 0);
      return { longest, write: (to, at, row) => put(to, at, labels.at(codes[row] as number) as Uint8Array) };
    }
    if ('seconds' in values) {
      const { seconds } = values;
      return written(Array.from(seconds, (second) => cellBytes(Number.isNaN(second) ? '' : timeText(second, column.days ?? false))));
    }
    if (values instanceof Uint8Array) return { longest: 4 * width, write: (to, at, row) => putBytes(to, at, values, row * width, width) };
    if (type === 'f64') return { longest: LONGEST_DOUBLE, write: (to, at, row) => putDouble(to, at, values[row] as number) };
    return { longest: (LONGEST_NUMBER + 1) * width, write: (to, at, row) => putFloats(to, at, values, row * width, width) };
  }
}

/** What a spreadsheet would take for a formula; numbers with a sign are none. */
export const FORMULA = /^(?![+-]?[\d.,]+(e[+-]?\d+)?$)[=+\-@\t\r]/i;

const encoder = new TextEncoder();

/** A cell with a comma behind, quoted if need be. */
const cellBytes = (text: string): Uint8Array =>
  encoder.encode(`${/[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text},`);

const written = (cells: readonly Uint8Array[]): CellWriter => ({
  longest: cells.reduce((most, { length }) => Math.max(most, length), 0),
  write: (to, at, row) => put(to, at, cells[row] as Uint8Array),
});

function put(to: Uint8Array, at: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) to[at + i] = bytes[i] as number;
  return at + bytes.length;
}

function putBytes(to: Uint8Array, from: number, values: Uint8Array, first: number, width: number): number {
  let at = from;
  for (let k = first; k < first + width; k++) {
    const value = values[k] as number;
    const text = value * 4;
    to[at] = BYTE_TEXT[text] as number;
    to[at + 1] = BYTE_TEXT[text + 1] as number;
    to[at + 2] = BYTE_TEXT[text + 2] as number;
    to[at + 3] = BYTE_TEXT[text + 3] as number;
    at += BYTE_LENGTH[value] as number;
  }
  return at;
}

function putFloats(to: Uint8Array, from: number, values: ColumnValues & ArrayLike<number>, first: number, width: number): number {
  let at = from;
  for (let k = first; k < first + width; k++) {
    const value = values[k] as number;
    if (!Number.isNaN(value)) at = writeFloat(to, at, value);
    to[at++] = COMMA;
  }
  return at;
}

function putDouble(to: Uint8Array, from: number, value: number): number {
  let at = from;
  if (!Number.isNaN(value)) {
    const text = Object.is(value, -0) ? '-0' : String(value);
    for (let i = 0; i < text.length; i++) to[at++] = text.charCodeAt(i);
  }
  to[at++] = COMMA;
  return at;
}

/** The first line of the CSV text of a data set. */
function csvHeader(columns: readonly StoredColumn[], escapeFormulae: boolean): Uint8Array {
  const names = columns.flatMap(({ name, width }) => (width === 1 ? [name] : Array.from({ length: width }, (_, i) => `${name}_${i}`)));
  return encoder.encode(`${Papa.unparse([names], { escapeFormulae })}\n`);
}

/** Computes the index of a data set by generating its text, with the plain header. */
export async function csvIndex(from: string | ByteSource, isGuarded = false): Promise<CsvIndex> {
  const text = await CsvText.open(from, isGuarded);
  try {
    const places: CsvPlace[] = [];
    let place: CsvPlace = { row: 0, byte: text.header.length };
    while (place.row < text.rows) {
      places.push(place);
      place = (await text.part(place, PLACE_EVERY)).next;
    }
    return { bytes: place.byte, places };
  } finally {
    await text.close();
  }
}

/** Bytes between two places of an index. */
const PLACE_EVERY = 1 << 20;
