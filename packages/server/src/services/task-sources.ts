import { BadRequest, type TaskSource } from '@openhanami/contract';
import type { TaskSpec } from '../jobs/task-run.ts';
import type { Database } from '../store/database.ts';
import { lockRow } from '../store/locks.ts';
import { type Caller, notFound } from './access.ts';
import { columnsOf, namedColumns } from './columns.ts';
import type { Datasets } from './datasets.ts';

// The data sets that tasks read, and the columns of them.

/**
 * Sources with the columns that they name, and the number of cycles: the rows of the data sets, less timeLength − 1.
 * @throws BadRequest if these have not the same rows, NotFound for a column that there is none of.
 */
export async function namedSources<Sides extends readonly (readonly TaskSource[])[]>(
  caller: Caller,
  datasets: Datasets,
  sides: Sides,
  timeLength: number,
): Promise<[{ [K in keyof Sides]: TaskSource[] }, number]> {
  const rows: [dataset: string, rows: number][] = [];
  const found: TaskSource[][] = [];
  // One after the other: of several faults, the first in the request is told, however long each data set took to be found.
  for (const sources of sides) {
    const side: TaskSource[] = [];
    for (const source of sources) {
      const dataset = await datasets.getVisible(caller, source.dataset_uuid);
      rows.push([dataset.uuid, dataset.rows]);
      const columns = namedColumns(source, columnsOf(dataset));
      side.push(source.dataset_columns === undefined ? source : { ...source, dataset_columns: columns });
    }
    found.push(side);
  }
  const [[first, most] = ['', 0]] = rows;
  const other = rows.find(([, count]) => count !== most);
  if (other) throw new BadRequest(`data sets of one task must have the same rows; '${first}' has ${most}, '${other[0]}' has ${other[1]}`);
  const cycles = most - (timeLength - 1);
  if (cycles < 1) throw new BadRequest(`a time_length of ${timeLength} needs at least as many rows; there are ${most}`);
  return [found as unknown as { [K in keyof Sides]: TaskSource[] }, cycles];
}

/** Keeps the data sets of a task from being deleted until the transaction ends. @throws NotFound for one that was deleted. */
export async function mustBeThere(transaction: Database, { inputs, outputs = [] }: TaskSpec): Promise<void> {
  const uuids = new Set([...inputs, ...outputs].map(({ dataset_uuid }) => dataset_uuid));
  for (const uuid of [...uuids].sort()) if (!(await lockRow(transaction, 'dataset', uuid, 'share'))) throw notFound('data set', uuid);
}
