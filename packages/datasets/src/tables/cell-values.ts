import type { Missing, Observed } from './observed.ts';
import { type Cell, isCoded, isVector, type PartColumn, type TablePart } from './table-file.ts';
import { isDay, timeText } from './times.ts';

/** Where a row stands. */
export const placeOf = ({ where }: TablePart, before: number, row: number): string => where?.(row) ?? `row ${before + row + 1}`;

/** The cells of vectors that are wanted as numbers or categories, of width 1. */
export const rowsOf = ({ values, width }: { readonly values: ArrayLike<number>; readonly width: number }): ArrayLike<Cell> =>
  width === 1
    ? values
    : Array.from({ length: values.length / width }, (_, row) =>
        Array.from({ length: width }, (_value, k) => values[row * width + k] as number),
      );

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
  const cells: ArrayLike<Cell> = isVector(column)
    ? column.values
    : isCoded(column)
      ? Array.from(column.codes, (code) => (code < 0 ? null : column.dictionary[code]))
      : column;
  for (let row = 0; row < part.rows; row++) {
    const cell = cells[row];
    if (!absent.has(cell)) observed.add(cell, () => placeOf(part, before, row));
  }
}
