import type { Missing, Observed } from './observed.ts';
import { type Cell, isCoded, isVector, type PartColumn, type TablePart } from './table-file.ts';
import { isDay, timeText } from './times.ts';

/** Where a row stands. */
export const placeOf = ({ where }: TablePart, before: number, row: number): string => where?.(row) ?? `row ${before + row + 1}`;

/** The cells of a column that a typed file has in one piece; vectors are lists. */
export function plainCells(column: PartColumn): ArrayLike<Cell> {
  if (isCoded(column)) return Array.from(column.codes, (code) => (code < 0 ? null : column.dictionary[code]));
  if (!isVector(column)) return column;
  const { values, width } = column;
  if (width === 1) return values;
  return Array.from({ length: values.length / width }, (_, row) => Array.from(values.subarray(row * width, (row + 1) * width)));
}

export const listOf = (cell: Cell): readonly unknown[] | undefined =>
  Array.isArray(cell) ? cell : ArrayBuffer.isView(cell) ? Array.from(cell as unknown as Iterable<unknown>) : undefined;

export function textOf(cell: Cell): string {
  if (cell instanceof Date) return timeText(cell.getTime() / 1000, isDay(cell.getTime() / 1000));
  return typeof cell === 'object' && cell !== null
    ? JSON.stringify(cell, (_, value) => (typeof value === 'bigint' ? String(value) : value))
    : String(cell);
}

/** Counts what the values of a part can be read as. */
export function observe(observed: Observed, column: PartColumn, part: TablePart, before: number, absent: Missing): void {
  if (isVector(column) && column.width > 1) {
    observed.add([0], () => '');
    return;
  }
  const cells = plainCells(column);
  for (let row = 0; row < part.rows; row++) {
    const cell = cells[row];
    if (!absent.has(cell)) observed.add(cell, () => placeOf(part, before, row));
  }
}
