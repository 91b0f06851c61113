import { type Kysely, sql } from 'kysely';

/** The person that an id meant when a row was made: the last one of that id who was there by then. 0: nobody is known. */
const personOf = (id: string, time: string): string =>
  `COALESCE((SELECT MAX(person.key) FROM user AS person WHERE person.id = ${id} AND person.created_at <= ${time}), 0)`;

const STATEMENTS = [
  // Ids may be given to another person later; keys never are.
  ...['dataset', 'cluster', 'checkpoint'].flatMap((table) => [
    `ALTER TABLE ${table} ADD COLUMN owner_key INTEGER NOT NULL DEFAULT 0`,
    `UPDATE ${table} SET owner_key = ${personOf('owner_id', `${table}.created_at`)}`,
    `CREATE INDEX ${table}_list ON ${table} (created_at, uuid) WHERE deleted_at IS NULL`,
  ]),
  'ALTER TABLE task ADD COLUMN owner_key INTEGER NOT NULL DEFAULT 0',
  `UPDATE task SET owner_key = ${personOf('owner_id', 'task.queued_at')}`,
  'ALTER TABLE audit_log ADD COLUMN user_key INTEGER NOT NULL DEFAULT 0',
  `UPDATE audit_log SET user_key = ${personOf('user_id', 'audit_log.created_at')}`,
  // How calls ended, from where they came, what they were about; and a chain in which an entry that was removed is missing.
  'ALTER TABLE audit_log ADD COLUMN status INTEGER',
  "ALTER TABLE audit_log ADD COLUMN address TEXT NOT NULL DEFAULT ''",
  "ALTER TABLE audit_log ADD COLUMN object TEXT NOT NULL DEFAULT ''",
  "ALTER TABLE audit_log ADD COLUMN hash TEXT NOT NULL DEFAULT ''",
  'CREATE INDEX audit_log_person ON audit_log (user_key, key)',
  // Where rows of the CSV text of data sets begin.
  'CREATE TABLE csv_index (dataset_uuid TEXT PRIMARY KEY, bytes INTEGER NOT NULL, places TEXT NOT NULL)',
  // What began with a login.
  `CREATE TABLE session (uuid TEXT PRIMARY KEY, user_key INTEGER NOT NULL, user_id TEXT NOT NULL, address TEXT NOT NULL, created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, ended_at INTEGER)`,
  'CREATE INDEX session_user ON session (user_key, created_at)',
  'ALTER TABLE quota ADD COLUMN checkpoint_bytes INTEGER',
  // What a client said of a file, to know it again.
  'ALTER TABLE upload ADD COLUMN fingerprint TEXT',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
