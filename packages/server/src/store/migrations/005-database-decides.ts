import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // `user` is a reserved word of SQL.
  'ALTER TABLE user RENAME TO account',
  // Ids that differ in case only count as the same. Of existing ones, the first keeps the folded id.
  ...['account', 'project'].flatMap((table) => [
    `ALTER TABLE ${table} ADD COLUMN folded_id TEXT NOT NULL DEFAULT ''`,
    `UPDATE ${table} SET folded_id = CASE
      WHEN key = (SELECT MIN(other.key) FROM ${table} AS other WHERE lower(other.id) = lower(${table}.id) AND other.deleted_at IS NULL)
      THEN lower(id) ELSE id || ' ' || key END`,
    `CREATE UNIQUE INDEX ${table}_folded_id ON ${table} (folded_id) WHERE deleted_at IS NULL`,
  ]),
  // A cluster occupies its name and quota while it is created.
  'ALTER TABLE cluster ADD COLUMN complete INTEGER NOT NULL DEFAULT 1',
];

/** Renames `user` to `account`; adds folded ids, and clusters that are being created. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
