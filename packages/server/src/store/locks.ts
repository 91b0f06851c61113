import type { Database } from './database.ts';

/**
 * Locks the row of a user or project until the transaction ends. Returns whether the row exists.
 * Done by an update that changes nothing, which all dialects support; SQLite has no `select … for update`.
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
