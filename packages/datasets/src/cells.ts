import { type ColumnValues, kindOf, type StoredColumn } from './format.ts';
import { timeText } from './tables/times.ts';

/** Values as JSON has them: null is missing. */
export function cellsOf(column: StoredColumn, values: ColumnValues, rows: number): unknown[] {
  const { width } = column;
  if ('texts' in values) return [...values.texts];
  if ('seconds' in values)
    return Array.from(values.seconds, (seconds) => (Number.isNaN(seconds) ? null : timeText(seconds, column.days ?? false)));
  if ('codes' in values) {
    const isFlag = kindOf(column) === 'flag';
    return Array.from(values.codes, (code) => (code < 0 ? null : isFlag ? code === 1 : values.dictionary[code]));
  }
  const known = (value: number): number | null => (Number.isNaN(value) ? null : column.type === 'f32' ? shortest(value) : value);
  if (width === 1) return Array.from(values, known);
  return Array.from({ length: rows }, (_, row) => Array.from(values.subarray(row * width, (row + 1) * width), known));
}

/** The number with the fewest digits that is the same 32-bit float. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const found = Number(value.toPrecision(digits));
    if (Math.fround(found) === value) return found;
  }
  return Number(value.toPrecision(9));
}
