import { BadRequest, type ColumnInfo, type DatasetDescription, NotFound, type TaskSource } from '@openhanami/contract';
import type { DatasetRow } from '../store/tables.ts';

/** The columns of a data set; of those that were made before kinds were known, as far as their width tells. */
export function columnsOf({ columns }: Pick<DatasetRow, 'columns'>): ColumnInfo[] {
  const known: (Pick<ColumnInfo, 'name' | 'width'> & Partial<ColumnInfo>)[] = JSON.parse(columns);
  return known.map((column) => ({ kind: column.width === 1 ? 'number' : 'vector', skip: false, ...column }));
}

/** Where the values of each column stand in a row, and how many there are. Any name is allowed, '__proto__' too. */
export function described(columns: readonly ColumnInfo[]) {
  let start = 0;
  const description: DatasetDescription = Object.fromEntries(
    columns.map(({ name, width }) => {
      start += width;
      return [name, { column_start: start - width, column_end: start }];
    }),
  );
  return { description, number_of_columns: start };
}

/** Columns that are learnt from where all are named: neither text, nor skipped, nor several values a row. */
const isLearnable = ({ kind, skip }: ColumnInfo): boolean => !skip && kind !== 'text' && kind !== 'vector';

/**
 * The columns that a source names. `*` are all that can be learnt from, `-name` all but that one.
 * @throws NotFound for a column that the data set does not have, BadRequest if none is left.
 */
export function namedColumns(
  { dataset_uuid, dataset_column: one, dataset_columns: several = [] }: TaskSource,
  columns: readonly ColumnInfo[],
): string[] {
  const known = new Set(columns.map((column) => column.name));
  const has = (name: string): boolean => known.has(name);
  const mustHave = (name: string): string => {
    if (has(name)) return name;
    const names = columns.slice(0, 50).map((column) => `'${column.name}'`);
    throw new NotFound(
      `the data set '${dataset_uuid}' has no column '${name}'; it has ${names.join(', ')}${columns.length > 50 ? ', …' : ''}`,
    );
  };
  if (one !== undefined) return [mustHave(one)];
  // A column may be called '*' or begin with '-'.
  const isMinus = (name: string): boolean => name.startsWith('-') && !has(name);
  const found = new Set<string>();
  if (several.every(isMinus)) for (const column of columns) if (isLearnable(column)) found.add(column.name);
  for (const name of several) {
    if (name === '*' && !has('*')) for (const column of columns) if (isLearnable(column)) found.add(column.name);
    if (isMinus(name)) found.delete(mustHave(name.slice(1)));
    else if (name !== '*' || has('*')) found.add(mustHave(name));
  }
  if (found.size === 0) throw new BadRequest(`'dataset_columns' leaves no column of the data set '${dataset_uuid}' to learn from`);
  return [...found];
}
