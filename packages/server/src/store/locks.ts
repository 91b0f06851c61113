import type { Database } from './database.ts';

/**
 * Holds the row of a user or project until the transaction ends: who wants it too waits. Returns whether it is there.
 * An update that changes nothing does so in every dialect; SQLite has no `select … for update`.
 */
export async function lockRow(transaction: Database, table: 'account' | 'project', id: string): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable(table)
    .set(({ ref }) => ({ name: ref('name') }))
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}
