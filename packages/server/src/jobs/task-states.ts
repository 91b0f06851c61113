import type { Database } from '../store/database.ts';
import { withoutNul } from '../store/faults.ts';
import type { TaskRow } from '../store/tables.ts';

// Transitions of tasks, each one statement: what has another state by now is left as it is. All of them stand in the table of `TaskQueue`.

const UNFINISHED = ['queued', 'active'] as const;

/** Whether no task of a cluster waits or runs. */
export async function isIdle(db: Database, cluster: string): Promise<boolean> {
  return (await nextTask(db, cluster)) === undefined;
}

/** The oldest task of a cluster that is not finished; an active one was interrupted. */
export function nextTask(db: Database, cluster: string): Promise<Pick<TaskRow, 'uuid' | 'project_id' | 'kind'> | undefined> {
  return db
    .selectFrom('task')
    .select(['uuid', 'project_id', 'kind'])
    .where('cluster_uuid', '=', cluster)
    .where('state', 'in', UNFINISHED)
    .orderBy('key')
    .limit(1)
    .executeTakeFirst();
}

/** queued, active → active. */
export function claim(db: Database, task: string, now: number): Promise<TaskRow | undefined> {
  return db
    .updateTable('task')
    .set(({ fn, ref, val }) => ({ state: 'active', started_at: fn.coalesce(ref('started_at'), val(now)) }))
    .where('uuid', '=', task)
    .where('state', 'in', UNFINISHED)
    .returningAll()
    .executeTakeFirst();
}

/** active → queued. */
export async function putBack(db: Database, task: string, current_cycle: number): Promise<void> {
  await db.updateTable('task').set({ state: 'queued', current_cycle }).where('uuid', '=', task).where('state', '=', 'active').execute();
}

/** active → queued, of all: where nothing runs, they were interrupted. */
export async function putAllBack(db: Database): Promise<void> {
  await db.updateTable('task').set({ state: 'queued' }).where('state', '=', 'active').execute();
}

/** Clusters that have something to do. */
export async function waitingClusters(db: Database): Promise<string[]> {
  const waiting = await db.selectFrom('task').select('cluster_uuid').distinct().where('state', 'in', UNFINISHED).execute();
  return waiting.map(({ cluster_uuid }) => cluster_uuid);
}

/** queued → aborted: a task, or all of a cluster. */
export async function abortQueued(db: Database, cluster: string, task?: string): Promise<void> {
  let query = db
    .updateTable('task')
    .set({ state: 'aborted', ended_at: Date.now() })
    .where('cluster_uuid', '=', cluster)
    .where('state', '=', 'queued');
  if (task !== undefined) query = query.where('uuid', '=', task);
  await query.execute();
}

/** active → failed. */
export async function fail(db: Database, task: string, reason: string, current_cycle: number): Promise<void> {
  await db
    .updateTable('task')
    .set({ state: 'failed', ended_at: Date.now(), reason: withoutNul(reason), current_cycle })
    .where('uuid', '=', task)
    .where('state', '=', 'active')
    .execute();
}
