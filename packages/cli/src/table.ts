import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import Papa from 'papaparse';
import { counted } from './command.ts';
import { faultOf } from './file.ts';
import { UsageError } from './session.ts';

// Tables as people have them: CSV of any delimiter, decimal comma and encoding, or JSON lines, also compressed, become rows of names and values.

export type Cell = string | number | null;
export type Row = Record<string, Cell>;
export type Kind = 'number' | 'category' | 'time';

/** A table with the kinds of its columns, taken from all rows. */
export interface Table {
  readonly file: string;
  readonly rows: readonly Row[];
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
  /** Columns that are read as text unless they are all numbers, and never left out. */
  readonly keep?: readonly string[];
}

/** Bytes of a table that are read into memory. */
const MOST_BYTES = 512 * 2 ** 20;
const DELIMITERS = [',', ';', '\t', '|'];
const MISSING = new Set(['', 'na', 'n/a', '#n/a', 'nan', 'null', 'none', '?', '-', '.']);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** Such as 1.234,5 and 1234,5. */
const COMMA_NUMBER = /^[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?$/;
/** A code: 007, 02139. */
const LEADING_ZERO = /^[+-]?0\d/;
const TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?$/;
/** Text with more different values than this, and than half of the rows, is left out. */
const MOST_TEXTS = 100;

/** Reads a table; `-` is standard input. @throws UsageError naming line and column of what cannot be read, and the option that helps. */
export function readTable(file: string, options: TableOptions = {}): Table {
  const name = file === '-' ? 'standard input' : basename(file);
  const text = textOf(name, bytesOf(file));
  const start = text.trimStart();
  const { header, records, notices } = start.startsWith('{') || start.startsWith('[') ? jsonRows(name, start) : csvRows(name, text);
  if (records.length === 0) throw new UsageError(`${name} has no rows`);
  for (const told of [...Object.keys(options.kinds ?? {}), ...(options.skip ?? []), ...(options.keep ?? [])]) {
    if (!header.includes(told))
      throw new UsageError(`${name} has no column '${told}'; it has ${header.map((column) => `'${column}'`).join(', ')}`);
  }
  return typed(name, header, records, notices, options);
}

function bytesOf(file: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw faultOf(file, error);
  }
  if (bytes.length > MOST_BYTES)
    throw new UsageError(`'${file}' has ${bytes.length} bytes; tables of up to ${MOST_BYTES} are read at once`);
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
    if (bytes.readUInt32LE(0) === 0xfd2fb528) return zstdDecompressSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    if (bytes.length >= 4) throw new UsageError(`'${file}' cannot be decompressed: ${(error as Error).message}`);
  }
  return bytes;
}

/** UTF-8 or UTF-16, else Windows-1252, which has all that Latin-1 has. */
function textOf(name: string, bytes: Buffer): string {
  if (bytes.length === 0) throw new UsageError(`${name} is empty`);
  const [first, second] = bytes;
  const zeros = bytes.subarray(0, 400).filter((byte) => byte === 0).length;
  const utf16 =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : zeros > 100 ? 'utf-16le' : undefined;
  if (utf16) return new TextDecoder(utf16).decode(bytes);
  if (zeros > 0) throw new UsageError(`${name} is no text: it holds bytes of 0`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

interface Read {
  readonly header: string[];
  readonly records: (string | number | boolean | null)[][];
  readonly notices: string[];
}

function jsonRows(name: string, text: string): Read {
  const objects: Record<string, unknown>[] = [];
  const take = (value: unknown, where: string): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UsageError(`${name}, ${where}: this is no object`);
    objects.push(value as Record<string, unknown>);
  };
  if (text.startsWith('[')) {
    let list: unknown;
    try {
      list = JSON.parse(text);
    } catch (error) {
      throw new UsageError(`${name} is no JSON: ${(error as Error).message}`);
    }
    for (const [i, value] of (list as unknown[]).entries()) take(value, `entry ${i}`);
  } else {
    for (const [i, line] of text.split('\n').entries()) {
      if (line.trim() === '') continue;
      try {
        take(JSON.parse(line), `line ${i + 1}`);
      } catch (error) {
        throw error instanceof UsageError ? error : new UsageError(`${name}, line ${i + 1}: this is no JSON (${(error as Error).message})`);
      }
    }
  }
  const header = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  const records = objects.map((object, i) =>
    header.map((column) => {
      const value = object[column] ?? null;
      if (typeof value === 'object' && value !== null)
        throw new UsageError(`${name}, row ${i}: '${column}' holds an object or a list; a cell is a number or text`);
      return value as string | number | boolean | null;
    }),
  );
  return { header, records, notices: [] };
}

function csvRows(name: string, text: string): Read {
  const notices: string[] = [];
  const lines = text.split(/\r\n|\n|\r/);
  // Lines before the table: what Excel says of its delimiter, and comments.
  let before = 0;
  let told: string | undefined;
  for (const line of lines) {
    const separator = /^"?sep=(.)"?$/i.exec(line.replace(/^\uFEFF/, ''))?.[1];
    if (separator !== undefined) told = separator;
    else if (line.trim() !== '' && !line.startsWith('#')) break;
    before++;
  }
  const { data, errors, meta } = Papa.parse<string[]>(
    lines
      .slice(before)
      .join('\n')
      .replace(/^\uFEFF/, ''),
    {
      ...(told === undefined ? { delimitersToGuess: DELIMITERS } : { delimiter: told }),
      skipEmptyLines: false,
    },
  );
  const fault = errors.find(({ type }) => type === 'Quotes');
  if (fault)
    throw new UsageError(
      `${name}, line ${before + (fault.row ?? 0) + 1}: ${fault.message.toLowerCase()}; a quote within quotes is written twice`,
    );
  const [first = [], ...rest] = data.map((record) => record.map((cell) => cell.trim()));
  while (rest.at(-1)?.every((cell) => cell === '')) rest.pop();
  // Commas at the end of every line are no columns.
  let width = first.length;
  while (width > 1 && first[width - 1] === '' && rest.every((record) => (record[width - 1] ?? '') === '')) width--;
  const isHeader = first.some((cell) => cell !== '' && !NUMBER.test(cell) && !COMMA_NUMBER.test(cell));
  if (!isHeader) notices.push(`${name} has no header; its columns are called column_1 to column_${width}`);
  const header = unique(
    isHeader ? first.slice(0, width).map((cell, i) => cell || `column_${i + 1}`) : first.slice(0, width).map((_, i) => `column_${i + 1}`),
    notices,
  );
  const records = isHeader ? rest : [first, ...rest];
  const kept: string[][] = [];
  for (const [i, record] of records.entries()) {
    const line = before + i + 1 + Number(isHeader);
    if (width > 1 && record.every((cell) => cell === '')) continue;
    if (record.length !== width && record.slice(width).some((cell) => cell !== '')) {
      throw new UsageError(
        `${name}, line ${line} has ${counted(record.length, 'value')}, the header ${width}; the delimiter seems to be '${meta.delimiter}'`,
      );
    }
    if (record.length < width)
      throw new UsageError(
        `${name}, line ${line} has ${counted(record.length, 'value')}, the header ${width}; a missing value still has its delimiter`,
      );
    kept.push(record.slice(0, width));
  }
  return { header, records: kept, notices };
}

/** Names that occur twice get a number. */
function unique(names: readonly string[], notices: string[]): string[] {
  const seen = new Set<string>();
  return names.map((name) => {
    let found = name;
    for (let i = 2; seen.has(found); i++) found = `${name}_${i}`;
    if (found !== name) notices.push(`the column '${name}' stands twice in the header; the later one is called '${found}'`);
    seen.add(found);
    return found;
  });
}

function typed(name: string, header: readonly string[], records: Read['records'], notices: string[], options: TableOptions): Table {
  const none = new Set([...MISSING, ...(options.missing ?? []).map((text) => text.toLowerCase())]);
  const isMissing = (cell: Read['records'][number][number]): boolean =>
    cell === null || (typeof cell === 'string' && none.has(cell.toLowerCase()));
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
    const kind = options.kinds?.[column] ?? kindOf(given, options.keep?.includes(column) === true);
    if (given.length < cells.length) missing[column] = cells.length - given.length;
    if (kind === 'text') {
      leftOut.push(column);
      continue;
    }
    kinds[column] = kind;
    const comma = kind === 'number' && given.some((text) => !NUMBER.test(text));
    for (const [i, cell] of cells.entries()) {
      const text = String(cell);
      (rows[i] as Row)[column] = isMissing(cell) ? null : kind === 'number' ? numberOf(name, column, i, text, comma) : text;
    }
  }
  return { file: name, rows, kinds, leftOut, missing, notices };
}

function kindOf(given: readonly string[], keep: boolean): Kind | 'text' {
  const codes = given.some((text) => LEADING_ZERO.test(text) && !text.includes('.') && !text.includes(','));
  if (!codes && (given.every((text) => NUMBER.test(text)) || given.every((text) => COMMA_NUMBER.test(text)))) return 'number';
  if (given.every((text) => TIME.test(text)) && !keep) return 'time';
  const different = new Set(given).size;
  return !keep && different > MOST_TEXTS && different > given.length / 2 ? 'text' : 'category';
}

function numberOf(name: string, column: string, row: number, text: string, comma: boolean): number {
  const value = Number(comma ? text.replaceAll('.', '').replace(',', '.') : text);
  if (Number.isFinite(value)) return value;
  throw new UsageError(
    `${name}, row ${row + 1}: '${text}' in the column '${column}' is no number; --kind ${column}=category takes it as text, --missing "${text}" as missing`,
  );
}
