import { DatasetError } from '../errors.ts';
import type { StoredColumn } from '../format.ts';
import { type ByteSink, type ByteSource, createFile, sourceOf } from '../source.ts';
import { usableNames } from '../values.ts';
import { DatasetWriter } from '../writer.ts';
import { entriesOf, magicOf, openText } from './bytes.ts';
import { listOf, observe, placeOf, plainCells } from './cell-values.ts';
import { ColumnReader, LONGEST_TEXT } from './column-reader.ts';
import { type CsvOptions, openCsv } from './csv.ts';
import { openJson } from './json.ts';
import { type KindOptions, Missing, Observed, type Plan } from './observed.ts';
import { withPictures } from './pictures.ts';
import { type ColumnSummary, Room } from './summary.ts';
import { type Cell, isVector, type PartColumn, type TableFile, type TablePart } from './table-file.ts';

/** What a caller says of a table. */
export interface TableOptions extends CsvOptions, KindOptions {
  /** The only format that is wanted; left out, it is found out from the first bytes. */
  readonly format?: 'arrow' | 'parquet' | undefined;
  /** Columns that are pixels of pictures, such as `28x28=pixel*`; 'auto': those that are called pixel0, pixel1 and so on. */
  readonly pictures?: readonly string[] | 'auto' | undefined;
  /** Columns that are not learnt from. */
  readonly skip?: readonly string[] | undefined;
  /** Gives names to columns without one, and numbers to names that stand twice, instead of refusing them. */
  readonly repairHeader?: boolean | undefined;
  /** Of an Excel workbook. */
  readonly sheet?: string | undefined;
}

export interface ImportedColumn extends ColumnSummary {
  readonly name: string;
  readonly width: number;
  readonly skip: boolean;
}

export interface ImportedTable {
  readonly rows: number;
  readonly columns: readonly ImportedColumn[];
  /** What a reader should know, such as that there was no header. */
  readonly notices: readonly string[];
}

/** Makes a sink for the data set: once more each time that the file must be read again. */
export type MakeSink = () => Promise<ByteSink>;

/**
 * Converts a table to a data set: CSV, JSON lines, Excel, Parquet or Arrow, also compressed. The kinds of columns are inferred from all rows: they are taken
 * from the first ones, and where a later value does not fit, the file is read again.
 * @throws DatasetError naming line, column and value of what cannot be read, and the option that would make it readable.
 */
export async function importTable(from: string | ByteSource, to: string | MakeSink, options: TableOptions = {}): Promise<ImportedTable> {
  const source = await sourceOf(from);
  const target = typeof to === 'string' ? () => createFile(to) : to;
  try {
    const opened = await openTable(source, options);
    const notices: string[] = [];
    const names = namesOf(opened, options, notices);
    const named = { ...opened, names };
    const file = options.pictures ? await withPictures(named, options.pictures, notices) : named;
    const known = new Set(file.names);
    for (const name of [...Object.keys(options.kinds ?? {}), ...(options.skip ?? [])]) {
      if (!known.has(name))
        throw new DatasetError(
          `there is no column '${name}'; there are ${file.names
            .slice(0, 50)
            .map((one) => `'${one}'`)
            .join(', ')}`,
        );
    }
    return await new Import(file, options, notices).run(target);
  } finally {
    await source.close().catch(() => {});
  }
}

/** The rows of a table as they stand in the file. */
export interface TableRows {
  readonly names: readonly string[];
  readonly notices: readonly string[];
  /** Parts of the rows, in order. */
  readonly parts: AsyncIterable<readonly (readonly Cell[])[]>;
}

/** Reads a table without looking at what its values mean. @throws DatasetError as `importTable`, here or while its parts are read. */
export async function readTable(from: string | ByteSource, options: TableOptions = {}): Promise<TableRows> {
  const source = await sourceOf(from);
  const notices: string[] = [];
  try {
    const file = await openTable(source, options);
    const names = namesOf(file, options, notices);
    return { names, notices: [...file.notices, ...notices], parts: rowsOf(file, source) };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function* rowsOf(file: TableFile, source: ByteSource): AsyncGenerator<Cell[][]> {
  try {
    for await (const { rows, columns } of file.parts()) {
      const cells = columns.map(plainCells);
      yield Array.from({ length: rows }, (_, row) => cells.map((column) => column[row]));
    }
  } finally {
    await source.close();
  }
}

function namesOf(file: TableFile, { repairHeader: repair }: TableOptions, notices: string[]): string[] {
  return usableNames(file.names, notices, { repair, ...(file.whereName ? { where: file.whereName } : {}) });
}

async function openTable(source: ByteSource, options: TableOptions): Promise<TableFile> {
  if (source.size === 0) throw new DatasetError('the file is empty');
  const magic = await magicOf(source);
  if (magic === 'feather1') throw new DatasetError('the file is Feather of version 1; write it as version 2, which is Arrow IPC');
  const format = magic === 'parquet' || magic === 'arrow' ? magic : options.format;
  // What reads a format is loaded when a file has it.
  if (format === 'parquet') return (await import('./parquet.ts')).openParquet(source);
  if (format === 'arrow') return (await import('./arrow.ts')).openArrow(source);
  if (magic === 'zip' && (await entriesOf(source)).includes('[Content_Types].xml'))
    return (await import('./excel.ts')).openExcel(source, options.sheet);
  const text = await openText(source, magic);
  let start = '';
  for await (const piece of text.pieces()) {
    start = (start + piece).replace(/^\uFEFF/, '').trimStart();
    if (start !== '') break;
  }
  if (start.startsWith('{') || /^\[\s*(\{|$)/.test(start)) return openJson(text, start.startsWith('['));
  return openCsv(text, options);
}

/** Times that a file is read at most: two would do, but for texts that turn out to be too many for a dictionary. */
const MOST_PASSES = 5;

class Import {
  private readonly absent: Missing;
  private readonly notices: Set<string>;
  private readonly skipped: ReadonlySet<string>;
  /** Whether dates of some column were ambiguous in the rows that were looked at. */
  private isUnsure = false;

  constructor(
    private readonly file: TableFile,
    private readonly options: TableOptions,
    notices: readonly string[],
  ) {
    this.notices = new Set(notices);
    this.skipped = new Set(options.skip);
    this.absent = new Missing(options.missing);
  }

  async run(to: MakeSink): Promise<ImportedTable> {
    let plans = await this.plans(this.firstPart(), false);
    // What the first rows leave open, all rows may tell.
    if (this.isUnsure) plans = await this.plans(this.file.parts(), true);
    for (let pass = 1; ; pass++) {
      if (pass > MOST_PASSES) throw new Error(`the plans of columns do not settle: ${JSON.stringify(plans)}`);
      const vectors = plans.some(({ kind }) => kind === 'vector') ? await this.vectors(plans) : new Map<string, StoredColumn>();
      const room = new Room();
      const readers = this.file.names.map(
        (name, i) =>
          new ColumnReader(name, plans[i] as Plan, vectors.get(name) ?? this.single(name, i), this.absent, room, this.isTold(name)),
      );
      const writer = await DatasetWriter.create(
        await to(),
        readers.map(({ stored }) => stored),
      );
      try {
        if (await this.write(readers, writer)) return await this.end(readers, writer);
      } catch (error) {
        await writer.abort();
        throw error;
      }
      await writer.abort();
      // Read again with what is known now.
      const better = readers.some(({ isMisfit }) => isMisfit) ? await this.plans(this.file.parts(), true) : plans;
      plans = better.map((plan, i) => (readers[i]?.isLong || plans[i]?.isLong ? { kind: 'text', isLong: true } : plan));
    }
  }

  /** How numbers of single precision are stored. */
  private single(name: string, column: number): StoredColumn | undefined {
    return this.file.singles?.has(column) ? { name, width: 1, type: 'f32' } : undefined;
  }

  private isTold(name: string): boolean {
    return this.options.kinds !== undefined && Object.hasOwn(this.options.kinds, name);
  }

  private async *firstPart(): AsyncGenerator<TablePart> {
    for await (const part of this.file.parts()) {
      yield part;
      return;
    }
  }

  /** Plans that fit all values of some parts. */
  private async plans(parts: AsyncIterable<TablePart>, isAll: boolean): Promise<Plan[]> {
    const { names, isText, commaIsDecimal = false } = this.file;
    const seen = names.map(() => new Observed(isText));
    let rows = 0;
    for await (const part of parts) {
      for (const [i, observed] of seen.entries()) observe(observed, part.columns[i] as PartColumn, part, rows, this.absent);
      rows += part.rows;
    }
    this.isUnsure = seen.some(({ datesAreAmbiguous }) => datesAreAmbiguous);
    // One file, one way of writing numbers.
    const commas = commaIsDecimal && seen.some(({ hasCommas }) => hasCommas);
    return seen.map((observed, i) => {
      const name = names[i] as string;
      const plan = observed.plan(name, this.options, commas);
      if (plan.kind === 'category' && isAll && observed.datesAreAmbiguous)
        this.notices.add(
          `the dates of '${name}' may begin with the day or with the month, so they are taken as text; --dates dmy or --dates mdy says which`,
        );
      return plan;
    });
  }

  /** How columns of vectors are stored: as bytes where all are bytes. */
  private async vectors(plans: readonly Plan[]): Promise<Map<string, StoredColumn>> {
    const found = new Map<string, StoredColumn>();
    let before = 0;
    for await (const part of this.file.parts()) {
      for (const [i, name] of this.file.names.entries()) {
        if (plans[i]?.kind !== 'vector' || found.has(name)) continue;
        const column = part.columns[i] as PartColumn;
        if (isVector(column)) {
          const { values, width, shape } = column;
          found.set(name, { name, width, type: values instanceof Uint8Array ? 'u8' : 'f32', ...(shape ? { shape } : {}) });
        } else {
          for (let row = 0; row < part.rows && !found.has(name); row++) {
            const list = 'codes' in column ? undefined : listOf((column as ArrayLike<never>)[row]);
            if (list?.length === 0) throw new DatasetError(`${placeOf(part, before, row)}, column '${name}': the list is empty`);
            if (list) found.set(name, { name, width: list.length, type: 'f32' });
          }
        }
      }
      before += part.rows;
      if (plans.every(({ kind }, i) => kind !== 'vector' || found.has(this.file.names[i] as string))) break;
    }
    for (const [i, name] of this.file.names.entries()) {
      if (plans[i]?.kind === 'vector' && !found.has(name)) throw new DatasetError(`column '${name}' holds no lists`);
    }
    return found;
  }

  /** Writes all rows; false if a plan does not fit them. */
  private async write(readers: readonly ColumnReader[], writer: DatasetWriter): Promise<boolean> {
    let before = 0;
    for await (const part of this.file.parts()) {
      const values = readers.map((reader, i) => reader.read(part.columns[i] as PartColumn, part, before));
      if (readers.some(({ isMisfit, isLong }) => isMisfit || isLong)) return false;
      await writer.write(values, part.rows);
      before += part.rows;
    }
    if (before === 0)
      throw new DatasetError(this.file.isText ? 'the file has a header, but no data rows' : 'the file has columns, but no rows');
    return true;
  }

  private async end(readers: readonly ColumnReader[], writer: DatasetWriter): Promise<ImportedTable> {
    for (const [i, reader] of readers.entries()) {
      if (reader.stored.type === 'codes') writer.setLabels(i, reader.labels);
    }
    for (const { name, cut } of readers) {
      if (cut > 0)
        this.notices.add(`${cut} texts of '${name}' have more than ${LONGEST_TEXT} characters; the first ${LONGEST_TEXT} are kept`);
    }
    for (const { name, kind, plan } of readers) {
      const { before = '', behind = '' } = plan.affix ?? {};
      if (kind === 'number' && before + behind !== '')
        this.notices.add(
          `the values of '${name}' have '${before || behind}' ${before ? 'before' : 'behind'} them; they are read as numbers`,
        );
    }
    const stored = readers.map((reader) => reader.stored);
    await writer.finish(stored);
    return {
      rows: writer.rows,
      columns: readers.map(({ name, summary }, i) => ({
        name,
        width: (stored[i] as StoredColumn).width,
        skip: this.skipped.has(name),
        ...summary,
      })),
      notices: [...new Set([...this.file.notices, ...this.notices])],
    };
  }
}
