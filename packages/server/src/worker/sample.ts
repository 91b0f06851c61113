import { cellsOf, DatasetError, DatasetReader } from '@openhanami/datasets';
import { keyOf, type Objects } from '../store/objects/index.ts';
import type { Cell, Row } from './table-rows.ts';

/** Rows of a sample, and places of the data set that it is taken from. */
const SAMPLE = 1000;
const PLACES = 20;

/** Rows of a data set, from all over it, and row `at` of it. @throws DatasetError if there is no such row. */
export async function sampleRows(
  objects: Objects,
  dataset: string,
  at: number | undefined,
): Promise<{ rows: Row[]; one: Row | undefined }> {
  const reader = await DatasetReader.open(await objects.open(keyOf.dataset(dataset)));
  const read = async (from: number, count: number): Promise<Row[]> => {
    const columns: [string, unknown[]][] = [];
    for (const column of reader.columns) {
      if (column.width === 1) columns.push([column.name, cellsOf(column, await reader.values(column.name, from, count), count)]);
    }
    return Array.from({ length: count }, (_, row) => Object.fromEntries(columns.map(([name, cells]) => [name, cells[row] as Cell])));
  };
  try {
    if (at !== undefined && at >= reader.rows) throw new DatasetError(`there is no row ${at + 1}; the data set has ${reader.rows} rows`);
    const one = at === undefined ? undefined : (await read(at, 1))[0];
    const places = reader.rows <= SAMPLE ? 1 : PLACES;
    const rows: Row[] = [];
    for (let i = 0; i < places; i++) {
      const from = Math.floor((i * reader.rows) / places);
      rows.push(...(await read(from, Math.min(SAMPLE / places, reader.rows - from))));
    }
    return { rows, one };
  } finally {
    await reader.close();
  }
}
