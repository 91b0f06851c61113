import Papa from 'papaparse';
import { commaNumber, isNumberText } from './numbers.ts';

// What kind of CSV a file is, found out from its beginning.

export interface Dialect {
  readonly delimiter: string;
  /** Characters before the table: a line for Excel, comments, titles. */
  readonly skip: number;
  /** Lines of these. */
  readonly lines: number;
  /** Whether the first record holds the names. */
  readonly hasHeader: boolean;
  readonly names: string[];
  readonly notices: readonly string[];
}

const DELIMITERS = [',', ';', '\t', '|'];
/** Lines that the delimiter is guessed from. */
const SNIFFED = 50;

/** Finds out the dialect. @param head the first lines, with `\n` as their only line end. @param told what the caller knows. */
export function dialectOf(
  head: string,
  told: { readonly delimiter?: string | undefined; readonly header?: boolean | undefined } = {},
): Dialect {
  const notices: string[] = [];
  const lines = head.split('\n');
  let skip = 0;
  let before = 0;
  let separator = told.delimiter;
  for (; before < lines.length - 1; before++) {
    const line = lines[before] as string;
    const named = /^"?sep=(.)"?$/i.exec(line)?.[1];
    if (named !== undefined) separator ??= named;
    else if (line.trim() !== '' && !line.startsWith('#')) break;
    skip += line.length + 1;
  }
  const sniffed = lines.slice(before, before + SNIFFED);
  const delimiter = separator ?? delimiterOf(sniffed);
  const titles = titlesOf(sniffed, delimiter);
  if (titles > 0)
    notices.push(
      `passed over before the table: ${sniffed
        .slice(0, titles)
        .map((line) => `'${shown(line)}'`)
        .join(', ')}`,
    );
  const comment = titles === 0 ? lines[before - 1] : undefined;
  for (let i = 0; i < titles; i++) skip += (lines[before++] as string).length + 1;
  const { data } = Papa.parse<string[]>(head.slice(skip), { delimiter, preview: SNIFFED, skipEmptyLines: false });
  const records = data.map((record) => record.map(bare));
  const [first = [], ...rest] = records;
  // Delimiters at the end of every line are no columns.
  let width = first.length;
  while (width > 1 && first[width - 1] === '' && rest.every((record) => (record[width - 1] ?? '') === '')) width--;
  // Some programs write the header as a comment.
  const commented = (comment ?? '').startsWith('#') ? (comment as string).replace(/^#\s*/, '').split(delimiter).map(bare) : [];
  const isCommented = commented.length === width && width > 1 && first.slice(0, width).every(isNumberText);
  const hasHeader = told.header ?? (!isCommented && looksLikeHeader(first.slice(0, width), rest));
  const names = hasHeader ? first.slice(0, width) : isCommented ? commented : [];
  if (names.length === 0)
    notices.push(
      `the file has no header; ${width === 1 ? 'its column is called column_1' : `its columns are called column_1 to column_${width}`}`,
    );
  return {
    delimiter,
    skip,
    lines: before,
    hasHeader,
    names: names.length > 0 ? names : Array.from({ length: width }, (_, i) => `column_${i + 1}`),
    notices,
  };
}

const shown = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** A header names columns; numbers do so only if they count them: 0, 1, 2 … or 1, 2, 3 …, behind an empty name or not. */
function looksLikeHeader(first: readonly string[], rest: readonly (readonly string[])[]): boolean {
  if (!first.every((cell) => cell === '' || isNumberText(cell))) return true;
  if (rest.length === 0) return true;
  const numbers = first[0] === '' ? first.slice(1) : first;
  const start = numbers[0] === '0' ? 0 : 1;
  return numbers.length > 2 - Number(first[0] === '') && numbers.every((cell, i) => cell === String(start + i));
}

/** The delimiter that the first line has, and by which the others have as many values; or, behind titles, by which most lines have the same number. */
function delimiterOf(lines: readonly string[]): string {
  const found = (start: string): { readonly delimiter: string; readonly score: number } => {
    let best = { delimiter: ',', score: 0 };
    for (const delimiter of DELIMITERS) {
      const { data } = Papa.parse<string[]>(start, { delimiter, skipEmptyLines: 'greedy' });
      const width = data[0]?.length ?? 0;
      const same = data.filter((record) => record.length === width).length / Math.max(1, data.length);
      const score = width > 1 ? 1 + same * width : 0;
      if (score > best.score) best = { delimiter, score };
    }
    return best;
  };
  const first = found(lines.join('\n'));
  if (first.score > 0) return first.delimiter;
  // One column of numbers with decimal commas.
  if (lines.slice(1).every((line) => line.trim() === '' || commaNumber(line.trim()) !== undefined)) return ';';
  const behind = lines.findIndex((_line, i) => i > 0 && DELIMITERS.some((delimiter) => titlesOf(lines, delimiter) === i));
  return behind > 0 ? found(lines.slice(behind).join('\n')).delimiter : first.delimiter;
}

/** Lines before the table that have no delimiter, while all behind them have, the first of these with names in it. */
function titlesOf(lines: readonly string[], delimiter: string): number {
  const first = lines.findIndex((line) => line.includes(delimiter));
  if (first <= 0 || lines.slice(0, first).some((line) => line.startsWith('"'))) return 0;
  const behind = lines.slice(first).filter((line) => line.trim() !== '');
  const names = (lines[first] as string).split(delimiter).map(bare);
  return behind.length > 1 && behind.every((line) => line.includes(delimiter)) && !names.every(isNumberText) ? first : 0;
}

/** A cell without spaces around it, and without quotes that stand behind a space. */
export function bare(cell: string): string {
  const text = cell.trim();
  return cell.length !== text.length && /^".*"$/s.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text;
}
