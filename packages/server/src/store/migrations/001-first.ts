import { type Kysely, sql } from 'kysely';

const RESOURCE = `uuid TEXT PRIMARY KEY, name TEXT NOT NULL, owner_id TEXT NOT NULL, project_id TEXT NOT NULL,
  visibility TEXT NOT NULL, created_at INTEGER NOT NULL, deleted_at INTEGER`;

const STATEMENTS = [
  `CREATE TABLE user (key INTEGER PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL, passphrase_hash TEXT NOT NULL,
    is_admin INTEGER NOT NULL, creator_id TEXT NOT NULL, created_at INTEGER NOT NULL, deleted_at INTEGER)`,
  'CREATE UNIQUE INDEX user_id ON user (id) WHERE deleted_at IS NULL',
  `CREATE TABLE project (key INTEGER PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL, creator_id TEXT NOT NULL,
    created_at INTEGER NOT NULL, deleted_at INTEGER)`,
  'CREATE UNIQUE INDEX project_id ON project (id) WHERE deleted_at IS NULL',
  `CREATE TABLE member (key INTEGER PRIMARY KEY, user_id TEXT NOT NULL, project_id TEXT NOT NULL, role TEXT NOT NULL,
    is_project_admin INTEGER NOT NULL, UNIQUE (user_id, project_id))`,
  `CREATE TABLE dataset (${RESOURCE}, complete INTEGER NOT NULL, rows INTEGER NOT NULL, columns TEXT NOT NULL)`,
  `CREATE TABLE upload (uuid TEXT PRIMARY KEY, dataset_uuid TEXT NOT NULL REFERENCES dataset (uuid), kind TEXT NOT NULL, part TEXT NOT NULL,
    size INTEGER NOT NULL, received TEXT NOT NULL, touched_at INTEGER NOT NULL)`,
  'CREATE INDEX upload_dataset ON upload (dataset_uuid)',
  `CREATE TABLE cluster (${RESOURCE}, host_uuid TEXT NOT NULL, mode TEXT NOT NULL, info TEXT NOT NULL)`,
  'CREATE UNIQUE INDEX cluster_name ON cluster (project_id, name) WHERE deleted_at IS NULL',
  `CREATE TABLE task (key INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, cluster_uuid TEXT NOT NULL REFERENCES cluster (uuid), name TEXT NOT NULL,
    owner_id TEXT NOT NULL, project_id TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, spec TEXT NOT NULL,
    current_cycle INTEGER NOT NULL, total_cycles INTEGER NOT NULL, queued_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER,
    reason TEXT, deleted_at INTEGER)`,
  'CREATE INDEX task_queue ON task (cluster_uuid, state, key)',
  `CREATE TABLE checkpoint (${RESOURCE}, cluster_uuid TEXT NOT NULL, size INTEGER NOT NULL, info TEXT NOT NULL)`,
  'CREATE TABLE host (uuid TEXT PRIMARY KEY, type TEXT NOT NULL)',
];

/** Creates the first schema. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
