import type { Kysely } from 'kysely';

/** Quotas limit the tasks of a project that run at once. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('quota').addColumn('running_tasks', 'bigint').execute();
}
