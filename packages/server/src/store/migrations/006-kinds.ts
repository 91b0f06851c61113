import { type Kysely, sql } from 'kysely';

/** Data sets keep what their reader should know; tasks what is seen of their learning. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw("ALTER TABLE dataset ADD COLUMN notices TEXT NOT NULL DEFAULT '[]'").execute(db);
  await sql.raw('ALTER TABLE task ADD COLUMN scores TEXT').execute(db);
}
