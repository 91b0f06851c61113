import { Readable } from 'node:stream';
import Papa from 'papaparse';
import { DatasetError } from '../errors.ts';
import type { Text } from './bytes.ts';
import { bare, type Dialect, dialectOf } from './csv-dialect.ts';
import type { TableFile, TablePart } from './table-file.ts';

/** Longest accepted line in characters. */
const MAX_LINE = 16 << 20;
/** Characters that the dialect is found out from, if lines are not longer. */
const HEAD = 1 << 16;
/** Values of a part. */
const PART_VALUES = 1 << 16;

/** What a caller says of a CSV file. */
export interface CsvOptions {
  readonly delimiter?: string | undefined;
  /** Whether the first line holds the names. */
  readonly header?: boolean | undefined;
}

/** A CSV file of any delimiter; RFC 4180 quoting. @throws DatasetError for an empty file, and for a web page. */
export async function openCsv(text: Text, options: CsvOptions): Promise<TableFile> {
  const head = await headOf(text);
  if (head.trim() === '') throw new DatasetError('the file is empty');
  if (/^\s*<(!doctype|html|\?xml)/i.test(head)) throw new DatasetError('the file is a web page, not a table');
  const dialect = dialectOf(head, options);
  const notices = [...dialect.notices];
  if (text.encoding === 'windows-1252') notices.push('the file is not UTF-8; it was read as Windows-1252');
  const { names } = dialect;
  return {
    names,
    isText: true,
    commaIsDecimal: dialect.delimiter !== ',',
    notices,
    whereName: (column) => `line ${dialect.lines + 1}, column ${column + 1}`,
    parts: () => parts(text, dialect, names.length, notices),
  };
}

async function headOf(text: Text): Promise<string> {
  let head = '';
  for await (const piece of normalized(text)) {
    head += piece;
    if ((head.length > HEAD && head.lastIndexOf('\n') > 0) || head.length > MAX_LINE) break;
  }
  // A line that is cut off would look ragged.
  const end = head.lastIndexOf('\n');
  return head.length > HEAD && end > 0 ? head.slice(0, end + 1) : head;
}

/** Pieces of text with `\n` as the only line end, without a byte-order mark. */
async function* normalized(text: Text): AsyncGenerator<string> {
  let held = '';
  let isFirst = true;
  for await (const piece of text.pieces()) {
    let now = held + piece;
    if (isFirst && now.startsWith('\uFEFF')) now = now.slice(1);
    isFirst = isFirst && now === '';
    held = now.endsWith('\r') ? '\r' : '';
    if (held) now = now.slice(0, -1);
    yield now.includes('\r') ? now.replaceAll(/\r\n?/g, '\n') : now;
  }
  if (held) yield '\n';
}

/** Reads the file piece by piece; the next one is read when the last part was taken. */
async function* parts(text: Text, dialect: Dialect, width: number, notices: string[]): AsyncGenerator<TablePart> {
  const rows = new Rows(dialect, width);
  let lastRowAt = 0;
  let read = 0;
  const gate = new Gate();
  async function* body(): AsyncGenerator<string> {
    let skip = dialect.skip;
    for await (const piece of normalized(text)) {
      const from = Math.min(skip, piece.length);
      skip -= from;
      read += piece.length - from;
      rows.hasQuotes ||= piece.includes('"');
      if (from === piece.length) continue;
      await gate.passed();
      yield from > 0 ? piece.slice(from) : piece;
    }
  }
  const stream = Readable.from(body(), { highWaterMark: 1 });
  const source = recordsOf(stream, dialect.delimiter, gate);
  try {
    for await (const { data, errors } of source) {
      if (data.length > 1) lastRowAt = read;
      if (read - lastRowAt > MAX_LINE)
        throw new DatasetError(`line ${rows.line} is longer than ${MAX_LINE} characters; is a quote not closed?`);
      yield* rows.add(data, errors);
    }
    yield* rows.end();
    if (rows.dropped > 0) notices.push(`${rows.dropped} empty rows at the end were left out`);
  } finally {
    stream.destroy();
  }
}

interface Records {
  readonly data: string[][];
  readonly errors: readonly Papa.ParseError[];
}

/** Lets one piece through for each one that was parsed: Papa Parse pauses its parser, but takes in all that its stream has. */
class Gate {
  private waiting: (() => void) | undefined;
  private isOpen = true;

  async passed(): Promise<void> {
    if (!this.isOpen)
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
      });
    this.isOpen = false;
  }

  open(): void {
    this.isOpen = true;
    this.waiting?.();
    this.waiting = undefined;
  }
}

/** What Papa Parse finds, one chunk after the other. */
async function* recordsOf(stream: Readable, delimiter: string, gate: Gate): AsyncGenerator<Records> {
  let wake: () => void = () => {};
  let chunk: (Records & { parser: Papa.Parser }) | undefined;
  let isDone = false;
  let fault: unknown;
  const told = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  let news = told();
  Papa.parse<string[]>(stream, {
    delimiter,
    newline: '\n',
    chunk({ data, errors }, parser) {
      parser.pause();
      chunk = { data, errors, parser };
      wake();
    },
    complete() {
      isDone = true;
      wake();
    },
    error(error) {
      fault = error;
      wake();
    },
  });
  for (;;) {
    await news;
    if (fault) throw fault;
    if (chunk) {
      const { parser, ...records } = chunk;
      chunk = undefined;
      news = told();
      yield records;
      gate.open();
      parser.resume();
    } else if (isDone) return;
    else news = told();
  }
}

/** Turns records into columns of cells. */
class Rows {
  /** Line at which the next record begins. */
  line: number;
  /** Whether the file has quotes so far: then values may have line ends in them. */
  hasQuotes = false;
  /** Rows without a value at the end of the file. */
  dropped = 0;
  private readonly columns: string[][];
  private lines: number[] = [];
  private isHeaderDue: boolean;
  private empty: { readonly line: number; readonly isRow: boolean }[] = [];

  constructor(
    private readonly dialect: Dialect,
    private readonly width: number,
  ) {
    this.line = dialect.lines + 1;
    this.isHeaderDue = dialect.hasHeader;
    this.columns = Array.from({ length: width }, () => []);
  }

  *add(records: readonly string[][], errors: readonly Papa.ParseError[]): Generator<TablePart> {
    const fault = errors.find(({ type }) => type === 'Quotes');
    for (const [i, record] of records.entries()) {
      if (fault && i >= (fault.row ?? 0)) throw this.invalid(fault);
      const at = this.line;
      this.line++;
      if (this.hasQuotes) for (const cell of record) if (cell.includes('\n')) this.line += cell.split('\n').length - 1;
      if (this.isHeaderDue) this.isHeaderDue = false;
      else this.take(record, at);
      if (this.lines.length * this.width >= PART_VALUES) yield this.part();
    }
    if (fault) throw this.invalid(fault);
  }

  *end(): Generator<TablePart> {
    this.dropped = this.empty.filter(({ isRow }) => isRow).length;
    if (this.lines.length > 0) yield this.part();
  }

  private invalid({ message }: Papa.ParseError): DatasetError {
    return new DatasetError(`line ${this.line} is no valid CSV: ${message}; a quote within quotes is written twice`);
  }

  /** An empty line is a missing value of a table of one column; at the end of the file it is none. */
  private hold(record: readonly string[], line: number): void {
    if (this.width === 1 || record.length > 1) this.empty.push({ line, isRow: record.length > 1 });
  }

  private take(record: readonly string[], line: number): void {
    const { width } = this;
    // Mostly the first value tells.
    const isBlank = !(record[0] as string) || (record[0] as string).charCodeAt(0) <= SPACE;
    if (isBlank && record.every((cell) => cell.trim() === '')) {
      this.hold(record, line);
      return;
    }
    const first = (record[0] as string).trim();
    // A comment between the rows, and the end of files from old systems.
    if (record.length < width && (first.startsWith('#') || first === '\x1a') && record.slice(1).every((cell) => cell.trim() === '')) return;
    if (width === 1 && first === '\x1a') return;
    if (record.length !== width && (record.length < width || record.slice(width).some((cell) => cell.trim() !== ''))) {
      const { delimiter } = this.dialect;
      const told = delimiter === '\t' ? 'tab' : `'${delimiter}'`;
      throw new DatasetError(
        `line ${line} has ${record.length} columns, but the header has ${width}; the delimiter is taken to be ${told} (--delimiter). ${record.length < width ? 'A missing value still has its delimiter' : 'Values with the delimiter in them must be quoted'}`,
      );
    }
    for (const { line: at } of this.empty) {
      this.lines.push(at);
      for (const column of this.columns) column.push('');
    }
    this.empty = [];
    this.lines.push(line);
    for (let i = 0; i < width; i++) (this.columns[i] as string[]).push(cleaned(record[i] as string));
  }

  private part(): TablePart {
    const { lines } = this;
    this.lines = [];
    const columns = this.columns.map((cells) => cells.splice(0));
    return { rows: lines.length, columns, where: (row) => `line ${lines[row]}` };
  }
}

const SPACE = 32;
const NOTHING = '\u200B\u0000';

/** Most cells need no change. */
function cleaned(cell: string): string {
  const { length } = cell;
  if (length === 0) return cell;
  const first = cell.charCodeAt(0);
  const last = cell.charCodeAt(length - 1);
  if (first > SPACE && first < 127 && last > SPACE && last < 127) return cell;
  // Spaces without width come from web pages, bytes of 0 from old programs.
  const text = bare(cell);
  let [from, to] = [0, text.length];
  while (from < to && NOTHING.includes(text.charAt(from))) from++;
  while (from < to && NOTHING.includes(text.charAt(to - 1))) to--;
  return text.slice(from, to);
}
