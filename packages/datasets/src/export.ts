import Papa from 'papaparse';
import type { ColumnRange } from './format.ts';
import { DatasetReader } from './reader.ts';

/** Values that become text at a time. */
const CHUNK_VALUES = 1 << 16;

/** Whole numbers up to here are all 32-bit floats, and their digits the shortest. */
const EXACT = 2 ** 24;

/** A place in the CSV text of a data set: the row that begins at a byte. */
export interface CsvPlace {
  readonly row: number;
  readonly byte: number;
}

/**
 * The CSV text of a data set, in pieces: a header, then a line a row. A range that is wider than one becomes columns `name_0`, `name_1`, …
 * Numbers are the shortest that are read back as the same 32-bit float. The same data set gives the same bytes, so that any byte can be asked for.
 * @param from a place to begin at; left out, the text begins with the header.
 */
export async function* csvText(path: string, from: CsvPlace = { row: 0, byte: 0 }): AsyncGenerator<{ text: string; next: CsvPlace }> {
  const reader = await DatasetReader.open(path);
  try {
    const width = reader.columns.reduce((sum, column) => sum + column.width, 0);
    const rowsAtOnce = Math.max(1, Math.floor(CHUNK_VALUES / width));
    let { row, byte } = from;
    const piece = (text: string, rows: number): { text: string; next: CsvPlace } => {
      byte += Buffer.byteLength(text);
      row += rows;
      return { text, next: { row, byte } };
    };
    if (byte === 0) yield piece(`${Papa.unparse([headerOf(reader.columns)])}\n`, 0);
    while (row < reader.rows) {
      const rows = Math.min(rowsAtOnce, reader.rows - row);
      const parts: ArrayLike<number>[] = [];
      for (const { name } of reader.columns) parts.push(await reader.read(name, row, rows));
      yield piece(linesOf(reader.columns, parts, rows), rows);
    }
  } finally {
    await reader.close();
  }
}

function headerOf(columns: readonly ColumnRange[]): string[] {
  return columns.flatMap(({ name, width }) => (width === 1 ? [name] : Array.from({ length: width }, (_, i) => `${name}_${i}`)));
}

function linesOf(columns: readonly ColumnRange[], parts: readonly ArrayLike<number>[], rows: number): string {
  let text = '';
  for (let row = 0; row < rows; row++) {
    let separator = '';
    for (const [i, { width }] of columns.entries()) {
      const values = parts[i] as ArrayLike<number>;
      for (let at = row * width; at < (row + 1) * width; at++) {
        text += separator + shortest(values[at] as number);
        separator = ',';
      }
    }
    text += '\n';
  }
  return text;
}

/** The shortest decimal that becomes the same 32-bit float: six digits may do, nine always do. */
export function shortest(value: number): string {
  if (!Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) <= EXACT)) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}
