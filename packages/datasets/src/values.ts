import { DatasetError } from './errors.ts';
import type { StoredColumn } from './format.ts';

// Rules for tables of all file formats.

/** Largest accepted number of columns. */
export const MAX_COLUMNS = 100_000;

/** Longest accepted column name in characters. */
export const LONGEST_NAME = 254;

/** Checks column names. @throws DatasetError for too many columns, and for a name that is empty, duplicate or too long. */
export function mustBeNames(names: readonly string[]): void {
  if (names.length > MAX_COLUMNS) throw new DatasetError(`the table has ${names.length} columns; at most ${MAX_COLUMNS} are possible`);
  const seen = new Set<string>();
  for (const [i, name] of names.entries()) {
    if (name.length > LONGEST_NAME)
      throw new DatasetError(`column ${i + 1}: its name has ${name.length} characters; at most ${LONGEST_NAME} characters are possible`);
    if (name.trim() === '') throw new DatasetError(`column ${i + 1} has no name`);
    if (seen.has(name)) throw new DatasetError(`column ${i + 1}: there is a column '${name}' already`);
    seen.add(name);
  }
}

/** @param before number of rows before these. @throws DatasetError naming column and row of a value that is no finite 32-bit float. */
export function mustBeFinite(values: Uint8Array | Float32Array, { name, width }: StoredColumn, before: number): void {
  if (values instanceof Uint8Array) return;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value - value === 0) continue;
    const why = Number.isNaN(value) ? 'is not a number' : 'is infinite or too large for a 32-bit float';
    throw new DatasetError(`row ${before + Math.floor(i / width) + 1}, column '${name}': the value ${why}`);
  }
}
