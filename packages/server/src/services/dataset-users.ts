import type { Database } from '../store/database.ts';
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

/** Whether a task that reads a data set waits, runs, or has ended after a time (milliseconds since 1970). */
export async function wasUsedSince(db: Database, uuid: string, time: number): Promise<boolean> {
  const found = await db
    .selectFrom('task')
    .select('uuid')
    .where('spec', 'like', `%"dataset_uuid":"${uuid}"%`)
    .where(({ eb, or }) => or([eb('state', 'in', ['queued', 'active']), eb('ended_at', '>=', time)]))
    .executeTakeFirst();
  return found !== undefined;
}

/** The message for a data set in use; tasks of other projects are only counted. */
export function inUse(caller: Caller, uuid: string, tasks: readonly Pick<TaskRow, 'uuid' | 'name' | 'project_id'>[]): string {
  const own = tasks.filter(({ project_id }) => caller.is_admin || project_id === caller.project_id);
  const others = tasks.length - own.length;
  const named = own.map(({ uuid: task, name }) => `'${name}' (${task})`);
  const all = [...named, ...(others > 0 ? [`${others} of other projects`] : [])].join(', ');
  return `the data set '${uuid}' is used by tasks that wait or run: ${all}; wait for them, or delete it with ${FORCE}, which aborts them`;
}
