import { DatasetError } from './errors.ts';

// Rules for tables of all file formats.

/** Largest accepted number of columns. */
export const MAX_COLUMNS = 100_000;

/** Longest accepted column name in characters. */
export const LONGEST_NAME = 254;

/** What a file says of its columns. */
interface NameOptions {
  /** Gives names to columns without one, and numbers to names that stand twice, instead of refusing them. */
  readonly repair?: boolean | undefined;
  /** Where a column's name stands; the column if it is left out. */
  readonly where?: (column: number) => string;
}

/** Checks column names. @returns them, repaired. @throws DatasetError for too many columns, and for a name that is empty, duplicate or too long. */
export function usableNames(
  given: readonly string[],
  notices: string[],
  { repair = false, where = (i) => `column ${i + 1}` }: NameOptions,
): string[] {
  if (given.length === 0) throw new DatasetError('the file has no columns');
  if (given.length > MAX_COLUMNS) throw new DatasetError(`the table has ${given.length} columns; at most ${MAX_COLUMNS} are possible`);
  const seen = new Map<string, number>();
  return given.map((name, i) => {
    if (name.length > LONGEST_NAME)
      throw new DatasetError(`${where(i)}: its name has ${name.length} characters; at most ${LONGEST_NAME} characters are possible`);
    const isEmpty = name.trim() === '';
    const before = seen.get(name);
    if (!repair && isEmpty) throw new DatasetError(`${where(i)}: the header has no name; --repair-header gives it one`);
    if (!repair && before !== undefined)
      throw new DatasetError(`${where(i)}: the name '${name}' stands in column ${before + 1} already; --repair-header numbers them`);
    const bare = isEmpty ? `column_${i + 1}` : name;
    let usable = bare;
    for (let k = 2; seen.has(usable); k++) usable = `${bare}_${k}`;
    if (isEmpty) notices.push(`column ${i + 1} has no name; it is called '${usable}'`);
    else if (usable !== name) notices.push(`'${name}' stands twice in the header; column ${i + 1} is called '${usable}'`);
    seen.set(usable, i);
    return usable;
  });
}
