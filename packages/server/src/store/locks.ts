import { type Database, runsOnPostgres } from './database.ts';

/** What a row is known by. */
const KNOWN_BY = { account: 'id', project: 'id', cluster: 'uuid', dataset: 'uuid' } as const;

/**
 * Keeps others from changing a row until the transaction ends. Returns whether the row exists and is not deleted.
 * Those who lock several rows take them in this order: account, project, cluster, data set.
 * In SQLite transactions run one after the other, so that there is nothing to lock.
 * @param kind `share`: others may lock it for the same, none may change it.
 */
export async function lockRow(
  transaction: Database,
  table: keyof typeof KNOWN_BY,
  id: string,
  kind: 'update' | 'share' = 'update',
): Promise<boolean> {
  let query = transaction.selectFrom(table).select('created_at').where(KNOWN_BY[table], '=', id).where('deleted_at', 'is', null);
  if (runsOnPostgres(transaction)) query = kind === 'update' ? query.forUpdate() : query.forShare();
  return (await query.executeTakeFirst()) !== undefined;
}
