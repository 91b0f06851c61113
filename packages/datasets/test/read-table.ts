import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cellsOf, DatasetReader, type ImportedTable, importTable, type TableOptions } from '../src/index.ts';
import { temporaryFolder } from './folder.ts';

const folder = temporaryFolder();
export const [source, target] = [join(folder, 'table'), join(folder, 'table.arrow')];

/** A table, what its columns are, and its rows by name. */
export type Read = ImportedTable & { readonly kinds: Record<string, string>; readonly cells: Record<string, unknown>[] };

/** Imports a table, and reads what was stored. */
export async function read(content: string | Uint8Array, options?: TableOptions): Promise<Read> {
  writeFileSync(source, content);
  const table = await importTable(source, target, options);
  const reader = await DatasetReader.open(target);
  const columns: [string, unknown[]][] = [];
  for (const column of reader.columns)
    columns.push([column.name, cellsOf(column, await reader.values(column.name, 0, reader.rows), reader.rows)]);
  await reader.close();
  const cells = Array.from({ length: table.rows }, (_, row) => Object.fromEntries(columns.map(([name, values]) => [name, values[row]])));
  return { ...table, kinds: Object.fromEntries(table.columns.map(({ name, kind }) => [name, kind])), cells };
}
