import { DatasetError } from './errors.ts';
import type { StoredColumn } from './format.ts';

// What all tables must hold to, whatever file they come in.

/** Columns of the widest table that is taken. */
export const MAX_COLUMNS = 100_000;

/** Characters of the longest name of a column. */
export const LONGEST_NAME = 254;

/** @throws DatasetError for a column name that is empty or doubled. */
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

/** @param before rows that come before these. @throws DatasetError naming column and row of a value that no 32-bit float can be. */
export function mustBeFinite(values: Uint8Array | Float32Array, { name, width }: StoredColumn, before: number): void {
  if (values instanceof Uint8Array) return;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value - value === 0) continue;
    const why = Number.isNaN(value) ? 'is not a number' : 'is infinite or too large for a 32-bit float';
    throw new DatasetError(`row ${before + Math.floor(i / width) + 1}, column '${name}': the value ${why}`);
  }
}
