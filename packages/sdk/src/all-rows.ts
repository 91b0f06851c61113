import type { Client } from './client.ts';

/** Rows that are read at once. */
const PAGE = 10_000;

/** Rows of a table: names of its columns, and their values. */
export interface NamedRows {
  readonly names: readonly string[];
  readonly rows: unknown[][];
}

/** All rows of a data set, page by page; the server may answer fewer than it is asked for. */
export async function allRows(api: Client, uuid: string): Promise<NamedRows> {
  const rows: unknown[][] = [];
  for (;;) {
    const { names, number_of_rows: all, rows: page } = await api.getDatasetRows({ uuid, row_offset: rows.length, number_of_rows: PAGE });
    for (const row of page) rows.push(row);
    if (rows.length >= all || page.length === 0) return { names, rows };
  }
}
