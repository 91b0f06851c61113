import { type Kysely, sql } from 'kysely';

/** Data sets that are there for one purpose only, since when they are whole: they are removed when nobody has used them for a while. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('ALTER TABLE dataset ADD COLUMN temporary_since INTEGER').execute(db);
}
