import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // Keys are never reused, so that a token can name the last revocation before it was made.
  'CREATE TABLE revocation (key INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT NOT NULL, project_id TEXT NOT NULL, created_at INTEGER NOT NULL)',
  'CREATE TABLE quota (project_id TEXT PRIMARY KEY, clusters INTEGER, memory INTEGER, dataset_bytes INTEGER, queued_tasks INTEGER)',
  // Nothing is known of existing data sets: their files are not verified.
  'ALTER TABLE dataset ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0',
  'ALTER TABLE dataset ADD COLUMN crc32 INTEGER',
];

/** Adds revocations, quotas and checksums of data sets. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
