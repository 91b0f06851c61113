import type { Cell as FileCell, TableRows } from '@openhanami/datasets';
import type { ColumnInfo, dataset } from '@openhanami/sdk';
import { counted, type leaf, repeated } from './command.ts';
import { faultOf } from './file.ts';
import { UsageError } from './session.ts';

// Tables in files: what the command line says of them, and their rows as they stand there.

export type Kind = ColumnInfo['kind'];
export type Cell = string | number | boolean | null;
export type Row = Record<string, Cell>;
export type TableOptions = dataset.TableOptions;

const KINDS = ['number', 'flag', 'category', 'time', 'text'] as const;

/** Adds the options by which a table is read. */
export const withTableOptions = (command: ReturnType<typeof leaf>): ReturnType<typeof leaf> =>
  command
    .option('--kind <column=kind>', `${KINDS.join(', ')}; repeatable`, repeated)
    .option('--skip <column>', 'leave a column out of learning; repeatable', repeated)
    .option('--missing <text>', 'another text that means a missing value; repeatable', repeated)
    .option('--delimiter <character>', 'of CSV; tab for a tabulator')
    .option('--no-header', 'the first line of CSV is a row')
    .option('--repair-header', 'give names to columns without one, and numbers to names that stand twice')
    .option('--decimal <style>', 'of numbers in CSV: point (1,234.5) or comma (1.234,5)')
    .option('--dates <order>', 'of dates with slashes: dmy or mdy')
    .option('--picture <size=columns>', 'columns that are pixels of a picture, such as 28x28=pixel*; repeatable', repeated)
    .option('--sheet <name>', 'of an Excel workbook');

/** The same, and the order of the rows: where answers stand beside the rows of the file, it is that of the file. */
export const withTableOptionsAndOrder = (command: ReturnType<typeof leaf>): ReturnType<typeof leaf> =>
  withTableOptions(command).option(
    '--sort-by <column>',
    'put the rows in the order of a column of times or numbers; auto: of the first one of times',
  );

function oneOf<const Choice extends string>(flag: string, given: unknown, choices: readonly Choice[]): Choice | undefined {
  if (given === undefined) return undefined;
  const found = choices.find((choice) => choice === given);
  if (!found) throw new UsageError(`${flag} is ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}, not '${given}'`);
  return found;
}

/** What the command line says of a table. @throws UsageError for a kind or style that there is none of. */
export function tableOptions(options: Record<string, unknown>): TableOptions {
  const { kind = [], skip, missing, delimiter, header, repairHeader, decimal, dates, sheet, sortBy, picture } = options;
  const kinds = (kind as string[]).map((text): [string, (typeof KINDS)[number]] => {
    const [column = '', wanted] = text.split(/=(?=[^=]*$)/);
    const found = KINDS.find((one) => one === wanted);
    if (!found) throw new UsageError(`--kind is <column>=${KINDS.slice(0, -1).join(', ')} or ${KINDS.at(-1)}, not '${text}'`);
    return [column, found];
  });
  const all = {
    kinds: kinds.length > 0 ? Object.fromEntries(kinds) : undefined,
    skip: skip as string[] | undefined,
    missing: missing as string[] | undefined,
    delimiter: delimiter === 'tab' ? '\t' : (delimiter as string | undefined),
    // Commander makes --no-header from a `header` that is true otherwise.
    header: header === false ? false : undefined,
    repair_header: repairHeader === true ? true : undefined,
    decimal: oneOf('--decimal', decimal, ['point', 'comma']),
    dates: oneOf('--dates', dates, ['dmy', 'mdy']),
    sheet: sheet as string | undefined,
    sort_by: sortBy as string | undefined,
    pictures: picture as string[] | undefined,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** The rows of a table as they stand in the file. @throws UsageError naming place and fault of what cannot be read. */
export async function readRows(
  path: string,
  { delimiter, header, sheet }: TableOptions,
): Promise<{ names: string[]; rows: Row[]; notices: string[] }> {
  const { DatasetError, readTable } = await import('@openhanami/datasets');
  try {
    const { names, notices, parts }: TableRows = await readTable(path, {
      delimiter,
      header: header === false ? false : undefined,
      sheet,
      repairHeader: true,
    });
    const rows: Row[] = [];
    for await (const part of parts) {
      for (const cells of part) rows.push(Object.fromEntries(names.map((name, i) => [name, plain(cells[i])])));
    }
    return { names: [...names], rows, notices: [...notices] };
  } catch (error) {
    throw error instanceof DatasetError ? new UsageError(error.message) : faultOf(path, error);
  }
}

function plain(cell: FileCell): Cell {
  if (cell === null || cell === undefined) return null;
  if (typeof cell === 'bigint') return String(cell);
  if (cell instanceof Date) return cell.toISOString().replace(/T00:00:00\.000Z$/, '');
  return typeof cell === 'object' ? JSON.stringify(cell) : cell;
}

const PLURALS: Readonly<Record<Kind, readonly [string, string]>> = {
  number: ['number', 'numbers'],
  flag: ['flag', 'flags'],
  category: ['category', 'categories'],
  time: ['time', 'times'],
  vector: ['vector', 'vectors'],
  text: ['text', 'texts'],
};

const isLeftOut = ({ kind, skip }: ColumnInfo): boolean => skip || kind === 'text' || kind === 'vector';

/** Such as `891 rows; 14 columns: 4 numbers, 2 categories, 1 left out (name); missing: age 177`. */
export function described(file: string, rows: number, columns: readonly ColumnInfo[]): string {
  const parts = (Object.entries(PLURALS) as [Kind, readonly [string, string]][]).flatMap(([kind, [one, several]]) => {
    const count = columns.filter((column) => column.kind === kind && !isLeftOut(column)).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : several}`];
  });
  const leftOut = columns.filter(isLeftOut).map(({ name }) => name);
  if (leftOut.length > 0) parts.push(`${leftOut.length} left out (${leftOut.slice(0, 5).join(', ')}${leftOut.length > 5 ? ', …' : ''})`);
  const gaps = columns.flatMap(({ name, missing = 0 }) => (missing > 0 ? [[name, missing] as const] : [])).sort((a, b) => b[1] - a[1]);
  const told = gaps.slice(0, 6).map(([column, count]) => `${column} ${count}`);
  const more = gaps.length > 6 ? ', …' : '';
  return `${file}: ${counted(rows, 'row')}; ${counted(columns.length, 'column')}: ${parts.join(', ')}${told.length > 0 ? `; missing: ${told.join(', ')}${more}` : ''}`;
}
