import { type SqlBool, sql } from 'kysely';
import type { Database } from '../store/database.ts';
import { lockRow } from '../store/locks.ts';
import type { TaskRow } from '../store/tables.ts';
import { type Caller, FORCE } from './access.ts';

/** Queued and active tasks that read a data set. */
export function usersOf(db: Database, uuid: string) {
  return db
    .selectFrom('task')
    .select(['uuid', 'name', 'cluster_uuid', 'project_id'])
    .where('state', 'in', ['queued', 'active'])
    .where('spec', 'like', `%"dataset_uuid":"${uuid}"%`)
    .orderBy('key')
    .execute();
}

/** Marks temporary data sets as deleted that nobody has written, and no task has read, since a time (milliseconds since 1970). @returns their uuids. */
export async function markUnused(db: Database, since: number): Promise<string[]> {
  return db.transaction().execute(async (transaction) => {
    const old = await transaction
      .selectFrom('dataset')
      .select('uuid')
      .where('temporary_since', '<', since)
      .where('complete', '=', true)
      .where('deleted_at', 'is', null)
      .orderBy('uuid')
      .execute();
    // Locked before the tasks are looked at, so that none comes in between.
    const there: string[] = [];
    for (const { uuid } of old) if (await lockRow(transaction, 'dataset', uuid)) there.push(uuid);
    if (there.length === 0) return [];
    const marked = await transaction
      .updateTable('dataset')
      .set({ deleted_at: Date.now() })
      .where('uuid', 'in', there)
      .where('temporary_since', '<', since)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('task')
              .select('task.uuid')
              .where(sql<SqlBool>`spec LIKE '%"dataset_uuid":"' || dataset.uuid || '"%'`)
              .where(({ eb, or }) => or([eb('state', 'in', ['queued', 'active']), eb('ended_at', '>=', since)])),
          ),
        ),
      )
      .returning('uuid')
      .execute();
    return marked.map(({ uuid }) => uuid);
  });
}

/** The message for a data set in use; tasks of other projects are only counted. */
export function inUse(caller: Caller, uuid: string, tasks: readonly Pick<TaskRow, 'uuid' | 'name' | 'project_id'>[]): string {
  const own = tasks.filter(({ project_id }) => caller.is_admin || project_id === caller.project_id);
  const others = tasks.length - own.length;
  const named = own.map(({ uuid: task, name }) => `'${name}' (${task})`);
  const all = [...named, ...(others > 0 ? [`${others} of other projects`] : [])].join(', ');
  return `the data set '${uuid}' is used by tasks that wait or run: ${all}; wait for them, or delete it with ${FORCE}, which aborts them`;
}
