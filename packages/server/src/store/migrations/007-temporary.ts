import { type Kysely, sql } from 'kysely';

/** Data sets that are there for one purpose only, and are removed when nobody has used them for a while. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('ALTER TABLE dataset ADD COLUMN temporary INTEGER NOT NULL DEFAULT 0').execute(db);
}
