import type { Readable } from 'node:stream';
import readWorkbook from 'read-excel-file/node';
import { DatasetError, faultOfFile } from '../errors.ts';
import { type ByteSource, readBytes } from '../source.ts';
import type { Cell, TableFile } from './table-file.ts';

/** Largest workbook in bytes; it is held in memory. */
const MOST_BYTES = 64 << 20;

/** A sheet of an Excel workbook (.xlsx): the first, or the one of a name; its first row with a value in each column holds the names. */
export async function openExcel(source: ByteSource, wanted: string | undefined): Promise<TableFile> {
  if (source.size > MOST_BYTES)
    throw new DatasetError(
      `the workbook has ${source.size} bytes; up to ${MOST_BYTES} are read. Save the sheet as CSV, which may have any size`,
    );
  let sheets: { sheet: string; data: Cell[][] }[];
  try {
    sheets = (await readWorkbook(Buffer.from(await readBytes(source, 0, source.size)) as unknown as Readable)) as typeof sheets;
  } catch (error) {
    throw faultOfFile(error, 'the file is no Excel workbook that can be read');
  }
  const found = wanted === undefined ? sheets[0] : sheets.find(({ sheet }) => sheet === wanted);
  if (!found) throw new DatasetError(`the workbook has no sheet '${wanted}'; it has ${sheets.map(({ sheet }) => `'${sheet}'`).join(', ')}`);
  const notices =
    wanted === undefined && sheets.length > 1 ? [`the workbook has ${sheets.length} sheets; '${found.sheet}' was read (--sheet)`] : [];
  const isEmpty = (cell: Cell): boolean => cell === null || cell === undefined || cell === '';
  const first = found.data.findIndex((row) => row.filter((cell) => !isEmpty(cell)).length > row.length / 2);
  const header = found.data[first] ?? [];
  const behind = found.data.slice(first + 1);
  const rows = behind.slice(0, behind.findLastIndex((row) => !row.every(isEmpty)) + 1);
  const kept = header.map((_, i) => i).filter((i) => !isEmpty(header[i]) || rows.some((row) => !isEmpty(row[i])));
  const names = kept.map((i) => (isEmpty(header[i]) ? `column_${i + 1}` : String(header[i]).trim()));
  if (names.length === 0) throw new DatasetError(`the sheet '${found.sheet}' is empty`);
  return {
    names,
    isText: false,
    notices,
    async *parts() {
      if (rows.length > 0)
        yield { rows: rows.length, columns: kept.map((i) => rows.map((row) => row[i])), where: (row) => `row ${first + 2 + row}` };
    },
  };
}
