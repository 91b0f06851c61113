import Papa from 'papaparse';
import type { StoredColumn, Values } from './format.ts';
import { DatasetReader } from './reader.ts';
import { LONGEST_NUMBER, writeFloat } from './shortest.ts';
import type { ByteSource } from './source.ts';

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

/**
 * The CSV text of a data set: a header, then one line per row. A range wider than 1 becomes columns `name_0`, `name_1`, …
 * Numbers are the shortest that parse to the same 32-bit float. The text is deterministic, so that any byte range can be requested.
 */
export class CsvText {
  /** The first line. */
  readonly header: Uint8Array;
  /** The header with `'` before names that a spreadsheet would evaluate as formulas. */
  readonly guardedHeader: Uint8Array;
  private readonly width: number;
  private buffer = new Uint8Array();

  private constructor(private readonly reader: DatasetReader) {
    this.header = csvHeader(reader.columns, false);
    this.guardedHeader = csvHeader(reader.columns, true);
    this.width = reader.columns.reduce((sum, column) => sum + column.width, 0);
  }

  /** Opens a data set. @throws DatasetError if the file is damaged or no data set. */
  static async open(from: string | ByteSource): Promise<CsvText> {
    return new CsvText(await DatasetReader.open(from));
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
    const { columns } = this.reader;
    const longest = (LONGEST_NUMBER + 1) * this.width;
    const rows = Math.max(1, Math.min(Math.floor(bytes / Math.min(longest, 8 * this.width)), this.rows - from.row));
    const parts: Values[] = [];
    for (const { name } of columns) parts.push(await this.reader.read(name, from.row, rows));
    if (this.buffer.length < bytes + longest) this.buffer = new Uint8Array(bytes + longest);
    let [at, row] = [0, 0];
    for (; row < rows && at < bytes; row++) at = this.writeRow(parts, row, at);
    return { text: this.buffer.subarray(0, at), next: { row: from.row + row, byte: from.byte + at } };
  }

  private writeRow(parts: readonly Values[], row: number, from: number): number {
    const { buffer } = this;
    const { columns } = this.reader;
    let at = from;
    for (let i = 0; i < columns.length; i++) {
      const { width } = columns[i] as StoredColumn;
      const values = parts[i] as Values;
      const end = (row + 1) * width;
      if (values instanceof Uint8Array) {
        for (let k = row * width; k < end; k++) {
          const value = values[k] as number;
          const text = value * 4;
          buffer[at] = BYTE_TEXT[text] as number;
          buffer[at + 1] = BYTE_TEXT[text + 1] as number;
          buffer[at + 2] = BYTE_TEXT[text + 2] as number;
          buffer[at + 3] = BYTE_TEXT[text + 3] as number;
          at += BYTE_LENGTH[value] as number;
        }
      } else {
        for (let k = row * width; k < end; k++) {
          at = writeFloat(buffer, at, values[k] as number);
          buffer[at++] = COMMA;
        }
      }
    }
    buffer[at - 1] = NEWLINE;
    return at;
  }
}

/** The first line of the CSV text of a data set. */
function csvHeader(columns: readonly StoredColumn[], escapeFormulae: boolean): Uint8Array {
  const names = columns.flatMap(({ name, width }) => (width === 1 ? [name] : Array.from({ length: width }, (_, i) => `${name}_${i}`)));
  return new TextEncoder().encode(`${Papa.unparse([names], { escapeFormulae })}\n`);
}

/** Computes the index of a data set by generating its text, with the plain header. */
export async function csvIndex(from: string | ByteSource): Promise<CsvIndex> {
  const text = await CsvText.open(from);
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
