import { Conflict } from '@openhanami/contract';
import type { Database } from '../store/database.ts';
import { unlessTaken } from '../store/faults.ts';

/** The columns of an id: itself and in lower case, since ids that differ in case only would be confused. */
export const idColumns = (id: string): { id: string; folded_id: string } => ({ id, folded_id: id.toLowerCase() });

/** Awaits the insert of a user or project. @throws Conflict naming the existing one with such an id. */
export async function unlessIdTaken<Row>(db: Database, kind: 'user' | 'project', id: string, insert: Promise<Row>): Promise<Row> {
  try {
    return await unlessTaken(insert, '');
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    const alike = await db
      .selectFrom(kind === 'user' ? 'account' : 'project')
      .select('id')
      .where('folded_id', '=', id.toLowerCase())
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    throw new Conflict(`there is a ${kind} '${alike?.id ?? id}' already`, 'already_exists');
  }
}
