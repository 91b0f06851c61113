import { Conflict } from '@openhanami/contract';
import type { Database } from '../store/database.ts';
import { Turns } from '../turns.ts';
import { isAlike } from './answers.ts';

const turns = new Turns();

/**
 * Adds a user or project whose id none other has, in capital letters or small ones: they would be taken for each other.
 * @throws Conflict naming the one that has it.
 */
export function addUnderId(db: Database, kind: 'user' | 'project', id: string, insert: () => Promise<unknown>): Promise<void> {
  return turns.take(`${kind} ${id.toLowerCase()}`, async () => {
    const alike = await db.selectFrom(kind).select('id').where(isAlike('id', id)).where('deleted_at', 'is', null).executeTakeFirst();
    if (alike) throw new Conflict(`there is a ${kind} '${alike.id}' already`);
    await insert();
  });
}
