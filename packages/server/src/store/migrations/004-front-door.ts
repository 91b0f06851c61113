import { type Kysely, sql } from 'kysely';

/** SQL for the key of the user that an id meant at a time: the last one created by then, or 0 if none is known. */
const personOf = (id: string, time: string): string =>
  `COALESCE((SELECT MAX(person.key) FROM user AS person WHERE person.id = ${id} AND person.created_at <= ${time}), 0)`;

const STATEMENTS = [
  // Ids may be reused later; keys never are.
  ...['dataset', 'cluster', 'checkpoint'].flatMap((table) => [
    `ALTER TABLE ${table} ADD COLUMN owner_key INTEGER NOT NULL DEFAULT 0`,
    `UPDATE ${table} SET owner_key = ${personOf('owner_id', `${table}.created_at`)}`,
    `CREATE INDEX ${table}_list ON ${table} (created_at, uuid) WHERE deleted_at IS NULL`,
  ]),
  'ALTER TABLE task ADD COLUMN owner_key INTEGER NOT NULL DEFAULT 0',
  `UPDATE task SET owner_key = ${personOf('owner_id', 'task.queued_at')}`,
  'ALTER TABLE audit_log ADD COLUMN user_key INTEGER NOT NULL DEFAULT 0',
  `UPDATE audit_log SET user_key = ${personOf('user_id', 'audit_log.created_at')}`,
  // Status, address and object of calls, and a hash chain that reveals removed entries.
  'ALTER TABLE audit_log ADD COLUMN status INTEGER',
  "ALTER TABLE audit_log ADD COLUMN address TEXT NOT NULL DEFAULT ''",
  "ALTER TABLE audit_log ADD COLUMN object TEXT NOT NULL DEFAULT ''",
  "ALTER TABLE audit_log ADD COLUMN hash TEXT NOT NULL DEFAULT ''",
  'CREATE INDEX audit_log_person ON audit_log (user_key, key)',
  // Index of the CSV text of data sets.
  'CREATE TABLE csv_index (dataset_uuid TEXT PRIMARY KEY, bytes INTEGER NOT NULL, places TEXT NOT NULL)',
  // Sessions, which begin with a login.
  `CREATE TABLE session (uuid TEXT PRIMARY KEY, user_key INTEGER NOT NULL, user_id TEXT NOT NULL, address TEXT NOT NULL, created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, ended_at INTEGER)`,
  'CREATE INDEX session_user ON session (user_key, created_at)',
  'ALTER TABLE quota ADD COLUMN checkpoint_bytes INTEGER',
  // Fingerprint from the client, to recognize the file.
  'ALTER TABLE upload ADD COLUMN fingerprint TEXT',
];

/** Adds keys of owners, the audit log's hash chain, CSV indexes, sessions and fingerprints. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
