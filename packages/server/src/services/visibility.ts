import type { Visibility } from '@openhanami/contract';
import type { Database } from '../store/database.ts';
import type { ResourceColumns } from '../store/tables.ts';
import { type Caller, mustOwn } from './access.ts';
import { resourceAnswer } from './answers.ts';

/** Sets the visibility of a resource, for callers who may change it. */
export async function setVisibility(
  db: Database,
  caller: Caller,
  kind: 'dataset' | 'cluster' | 'checkpoint',
  row: ResourceColumns,
  visibility: Visibility,
) {
  mustOwn(caller, row, `${kind} '${row.uuid}'`);
  await db.updateTable(kind).set({ visibility }).where('uuid', '=', row.uuid).execute();
  return resourceAnswer({ ...row, visibility });
}
