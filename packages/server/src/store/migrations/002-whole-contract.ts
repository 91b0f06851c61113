import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // Uploads may become checkpoints too, so they refer to a resource of either kind.
  `CREATE TABLE upload_new (uuid TEXT PRIMARY KEY, resource_uuid TEXT NOT NULL, kind TEXT NOT NULL, part TEXT NOT NULL,
    size INTEGER NOT NULL, received TEXT NOT NULL, touched_at INTEGER NOT NULL)`,
  'INSERT INTO upload_new SELECT uuid, dataset_uuid, kind, part, size, received, touched_at FROM upload',
  'DROP TABLE upload',
  'ALTER TABLE upload_new RENAME TO upload',
  'CREATE INDEX upload_resource ON upload (resource_uuid)',
  'ALTER TABLE checkpoint ADD COLUMN complete INTEGER NOT NULL DEFAULT 1',
  'CREATE TABLE audit_log (key INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, user_id TEXT NOT NULL, endpoint TEXT NOT NULL, request_type TEXT NOT NULL)',
  'CREATE INDEX audit_log_user ON audit_log (user_id, key)',
  `CREATE TABLE error_log (key INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, user_id TEXT NOT NULL, component TEXT NOT NULL,
    context TEXT NOT NULL, input_values TEXT NOT NULL, message TEXT NOT NULL)`,
];

/** Adds uploads of checkpoints, and the logs. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
