import { readFileSync } from 'node:fs';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import Papa from 'papaparse';
import { counted } from './command.ts';
import { faultOf } from './file.ts';
import { UsageError } from './session.ts';

// What stands in the file of a table: a header and records, as text.

/** Bytes of a table that are read into memory. */
const MOST_BYTES = 512 * 2 ** 20;
const DELIMITERS = [',', ';', '\t', '|'];
/** Numbers with a decimal point. */
export const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** Such as 1.234,5 and 1234,5. */
export const COMMA_NUMBER = /^[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?$/;

/** Reads a file; `-` is standard input. @throws UsageError naming the line of what cannot be read. */
export function readRecords(file: string, name: string): Read {
  const text = textOf(name, bytesOf(file));
  const start = text.trimStart();
  if (start === '') throw new UsageError(`${name} is empty`);
  if (/^<(!doctype|html|\?xml)/i.test(start)) throw new UsageError(`${name} is a web page, not a table`);
  return start.startsWith('{') || start.startsWith('[') ? jsonRows(name, start) : csvRows(name, text);
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
  if (first === 0x50 && second === 0x4b)
    throw new UsageError(`${name} is a zip archive or an Excel workbook; unpack it, or save its sheet as CSV`);
  if (bytes.subarray(0, 4).toString() === 'PAR1')
    throw new UsageError(`${name} is a Parquet file; hanamictl dataset create parquet takes it`);
  const begin = bytes.subarray(0, 400);
  const zeros = begin.filter((byte) => byte === 0).length;
  const isUtf16 = zeros > 0.3 * begin.length && bytes.length % 2 === 0;
  const utf16 =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : isUtf16 ? 'utf-16le' : undefined;
  if (utf16) return new TextDecoder(utf16).decode(bytes);
  if (zeros > 0) throw new UsageError(`${name} is no text: it holds bytes of 0`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

export type RawCell = string | number | boolean | null;

/** A header and records; cells of CSV are text, those of JSON what they are there. */
export interface Read {
  readonly header: string[];
  readonly records: RawCell[][];
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
      return value as RawCell;
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
  const body = lines
    .slice(before)
    .join('\n')
    .replace(/^\uFEFF/, '');
  const delimiter = told ?? delimiterOf(lines.slice(before, before + SNIFFED).join('\n'));
  const { data, errors } = Papa.parse<string[]>(body, { delimiter, skipEmptyLines: false });
  const fault = errors.find(({ type }) => type === 'Quotes');
  if (fault)
    throw new UsageError(
      `${name}, line ${before + (fault.row ?? 0) + 1}: ${fault.message.toLowerCase()}; a quote within quotes is written twice`,
    );
  const [first = [], ...rest] = data.map((record) => record.map(bare));
  while (rest.at(-1)?.every((cell) => cell === '')) rest.pop();
  // Commas at the end of every line are no columns.
  let width = first.length;
  while (width > 1 && first[width - 1] === '' && rest.every((record) => (record[width - 1] ?? '') === '')) width--;
  const isHeader = first.some((cell) => cell !== '' && !NUMBER.test(cell) && !COMMA_NUMBER.test(cell));
  // Some programs write the header as a comment.
  const commented = (lines[before - 1] ?? '').replace(/^#\s*/, '').split(delimiter).map(bare);
  const names = isHeader ? first.slice(0, width) : lines[before - 1]?.startsWith('#') && commented.length === width ? commented : [];
  if (names.length === 0) notices.push(`${name} has no header; its columns are called column_1 to column_${width}`);
  const header = unique(
    Array.from({ length: width }, (_, i) => names[i] || `column_${i + 1}`),
    notices,
  );
  const records = isHeader ? rest : [first, ...rest];
  const kept: string[][] = [];
  for (const [i, record] of records.entries()) {
    const line = before + i + 1 + Number(isHeader);
    // A comment between the rows, and the end of files from old systems.
    const alone = record.length < width && record.slice(1).every((cell) => cell === '');
    if ((width > 1 && record.every((cell) => cell === '')) || (alone && (record[0]?.startsWith('#') || record[0] === '\x1a'))) continue;
    if (record.length !== width && record.slice(width).some((cell) => cell !== '')) {
      throw new UsageError(
        `${name}, line ${line} has ${counted(record.length, 'value')}, the header ${width}; the delimiter is taken to be '${delimiter}'. Numbers with thousands marks must be quoted`,
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

/** Lines that the delimiter is guessed from. */
const SNIFFED = 50;

/** The delimiter that the header has, and by which the first lines have the same number of values, and most of them. */
function delimiterOf(start: string): string {
  let best = ',';
  let most = 0;
  for (const delimiter of DELIMITERS) {
    const { data } = Papa.parse<string[]>(start, { delimiter, skipEmptyLines: 'greedy' });
    const widths = data.map((record) => record.length);
    const [width = 0] = widths;
    const same = widths.filter((other) => other === width).length / Math.max(1, widths.length);
    const score = width > 1 ? 1 + same * width : same;
    if (score > most) {
      best = delimiter;
      most = score;
    }
  }
  return best;
}

/** A cell without spaces around it, and without quotes that stand behind a space. */
function bare(cell: string): string {
  const text = cell.trim();
  return cell !== text && /^".*"$/s.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text;
}

/** A name that none has yet, with a number behind it if need be. */
export function unused(name: string, taken: ReadonlySet<string>): string {
  let found = name;
  for (let i = 2; taken.has(found); i++) found = `${name}_${i}`;
  return found;
}

/** Names that occur twice get a number. */
function unique(names: readonly string[], notices: string[]): string[] {
  const seen = new Set<string>();
  return names.map((name) => {
    const found = unused(name, seen);
    if (found !== name) notices.push(`the column '${name}' stands twice in the header; the later one is called '${found}'`);
    seen.add(found);
    return found;
  });
}
