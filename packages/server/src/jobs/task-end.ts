import type { TaskScores } from '@openhanami/contract';
import type { Database } from '../store/database.ts';
import type { TaskRow } from '../store/tables.ts';
import type { RunEnd } from './task-run.ts';

/** Stores what came of a task, in one transaction: its state, that of the cluster, and the data set of a result. */
export async function storeEnd(database: Database, task: TaskRow, end: RunEnd): Promise<void> {
  const { uuid, cluster_uuid, name, owner_id, owner_key, project_id } = task;
  const finished = end.end === 'finished';
  await database.transaction().execute(async (db) => {
    await db
      .updateTable('task')
      .set({
        state: finished ? 'finished' : 'aborted',
        ended_at: Date.now(),
        current_cycle: end.cycle,
        // Of a training that ended when more passes were of no use.
        ...(finished ? { total_cycles: end.cycle } : {}),
        ...('scores' in end ? { scores: JSON.stringify(end.scores) } : {}),
      })
      .where('uuid', '=', uuid)
      .execute();
    await db
      .updateTable('cluster')
      .set({ info: JSON.stringify(end.info) })
      .where('uuid', '=', cluster_uuid)
      .execute();
    if (finished && 'columns' in end) {
      await db
        .insertInto('dataset')
        .values({
          uuid,
          name,
          owner_id,
          owner_key,
          project_id,
          visibility: 'private',
          created_at: Date.now(),
          deleted_at: null,
          complete: true,
          rows: end.cycle,
          columns: JSON.stringify(end.columns),
          bytes: end.checksum?.bytes ?? 0,
          crc32: end.checksum?.crc32 ?? null,
        })
        // It may have been stored when the connection to the database broke, so that it is stored again.
        .onConflict((conflict) => conflict.column('uuid').doNothing())
        .execute();
    }
  });
}

/** Stores how a task goes, which it goes on from after a pause or an interruption. */
export async function storeScores(db: Database, task: string, scores: TaskScores): Promise<void> {
  await db
    .updateTable('task')
    .set({ scores: JSON.stringify(scores) })
    .where('uuid', '=', task)
    .where('state', '=', 'active')
    .execute();
}
