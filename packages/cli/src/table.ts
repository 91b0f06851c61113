import { basename } from 'node:path';
import { hardlyRepeat, TIME_TEXT } from '@openhanami/contract';
import { UsageError } from './session.ts';
import { COMMA_NUMBER, NUMBER, type RawCell, type Read, readRecords } from './table-text.ts';

// Tables as people have them: CSV of any delimiter, decimal comma and encoding, or JSON lines, also compressed, become rows of names and values.

export type Cell = string | number | null;
export type Row = Record<string, Cell>;
export type Kind = 'number' | 'category' | 'time';

/** A table with the kinds of its columns, taken from all rows. */
export interface Table {
  readonly file: string;
  readonly rows: readonly Row[];
  /** The rows as they stand in the file, all columns. */
  readonly original: readonly Readonly<Record<string, RawCell>>[];
  /** Columns as they stand in the file, without those that were left out. */
  readonly kinds: Readonly<Record<string, Kind>>;
  /** Columns that say too little of each row to learn from, and those that were to be skipped. */
  readonly leftOut: readonly string[];
  readonly missing: Readonly<Record<string, number>>;
  /** What a reader should know, such as that there was no header. */
  readonly notices: readonly string[];
}

export interface TableOptions {
  /** Kinds that are told, by column. */
  readonly kinds?: Readonly<Record<string, Kind>>;
  readonly skip?: readonly string[];
  /** Texts that mean a missing value, besides the usual ones. */
  readonly missing?: readonly string[];
  /** Whether numbers stay the text that they are in the file: who knows the kinds reads them, and a category '1.0' is no other than it was. */
  readonly raw?: boolean;
  /** Of all columns those that are read as text unless they are all numbers, and never left out, such as targets. */
  readonly keep?: (columns: readonly string[]) => readonly string[];
}

const MISSING = new Set(['', 'na', 'n/a', '#n/a', 'nan', 'null', 'none', '?', '-', '.']);
/** A code: 007, 02139. */
const LEADING_ZERO = /^[+-]?0\d/;

/** Reads a table; `-` is standard input. @throws UsageError naming line and column of what cannot be read, and the option that helps. */
export function readTable(file: string, options: TableOptions = {}): Table {
  const name = file === '-' ? 'standard input' : basename(file);
  const { header, records, notices } = readRecords(file, name);
  if (records.length === 0) throw new UsageError(`${name} has no rows`);
  const kept = options.keep?.(header) ?? [];
  for (const told of [...Object.keys(options.kinds ?? {}), ...(options.skip ?? []), ...kept]) {
    if (!header.includes(told))
      throw new UsageError(`${name} has no column '${told}'; it has ${header.map((column) => `'${column}'`).join(', ')}`);
  }
  return typed(name, { header, records, notices }, kept, options);
}

function typed(name: string, { header, records, notices }: Read, keep: readonly string[], options: TableOptions): Table {
  const none = new Set([...MISSING, ...(options.missing ?? []).map((text) => text.toLowerCase())]);
  const isMissing = (cell: RawCell): boolean => cell === null || (typeof cell === 'string' && none.has(cell.toLowerCase()));
  const rows: Row[] = records.map(() => ({}));
  const kinds: Record<string, Kind> = {};
  const missing: Record<string, number> = {};
  const leftOut: string[] = [];
  for (const [at, column] of header.entries()) {
    if (options.skip?.includes(column)) {
      leftOut.push(column);
      continue;
    }
    const cells = records.map((record) => record[at] ?? null);
    const given = cells.filter((cell) => !isMissing(cell)).map(String);
    const kind = options.kinds?.[column] ?? kindOf(given, keep.includes(column));
    if (options.kinds?.[column] === undefined && kind !== 'number') refuseMixed(name, column, cells.map(String), given);
    if (given.length < cells.length) missing[column] = cells.length - given.length;
    if (kind === 'text') {
      leftOut.push(column);
      continue;
    }
    kinds[column] = kind;
    const comma = kind === 'number' && given.some((text) => !NUMBER.test(text));
    for (const [i, cell] of cells.entries()) {
      const text = String(cell);
      (rows[i] as Row)[column] = isMissing(cell)
        ? null
        : kind === 'number' && !(options.raw === true && !comma)
          ? numberOf(name, column, i, text, comma)
          : text;
    }
  }
  const original = records.map((record) => Object.fromEntries(header.map((column, at) => [column, record[at] ?? null])));
  return { file: name, rows, original, kinds, leftOut, missing, notices };
}

function kindOf(given: readonly string[], keep: boolean): Kind | 'text' {
  const codes = given.some((text) => LEADING_ZERO.test(text) && !text.includes('.') && !text.includes(','));
  if (!codes && (given.every((text) => NUMBER.test(text)) || given.every((text) => COMMA_NUMBER.test(text)))) return 'number';
  if (given.every((text) => TIME_TEXT.test(text)) && !keep) return 'time';
  return !keep && hardlyRepeat(given) ? 'text' : 'category';
}

/** Part of a column's values from which on the others are taken for faults. */
const MOSTLY = 0.8;

/** A column of numbers with a few texts in it is more likely to be wrong than to be text. @throws UsageError */
function refuseMixed(name: string, column: string, cells: readonly string[], given: readonly string[]): void {
  const numbers = given.filter((text) => NUMBER.test(text) && !LEADING_ZERO.test(text)).length;
  if (given.length < 5 || numbers < MOSTLY * given.length) return;
  const odd = given.find((text) => !NUMBER.test(text));
  if (odd === undefined) return;
  throw new UsageError(
    `${name}, row ${cells.indexOf(odd) + 1}: '${odd}' in the column '${column}' is no number, as most of its values are; --missing "${odd}" takes it as missing, --kind ${column}=category all as text`,
  );
}

function numberOf(name: string, column: string, row: number, text: string, comma: boolean): number {
  const value = Number(comma ? text.replaceAll('.', '').replace(',', '.') : text);
  if (Number.isFinite(value)) return value;
  throw new UsageError(
    `${name}, row ${row + 1}: '${text}' in the column '${column}' is no number; --kind ${column}=category takes it as text, --missing "${text}" as missing`,
  );
}
