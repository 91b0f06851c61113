// A database of an earlier version is brought to the newest schema with all that is in it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PostgresServer, postgresPrograms } from '../../../tests/postgres-server.ts';
import { idColumns } from '../src/services/ids.ts';
import { type Database, openDatabase, runsOnPostgres } from '../src/store/database.ts';
import { unlessTaken } from '../src/store/faults.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hanami-migrations-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Makes a database as it was before the migration 005. */
async function olden(path: string): Promise<DatabaseSync> {
  const db = await openDatabase(path);
  await db.destroy();
  const old = new DatabaseSync(path);
  old.exec(`
    DROP INDEX account_folded_id; ALTER TABLE account DROP COLUMN folded_id; ALTER TABLE account RENAME TO user;
    DROP INDEX project_folded_id; ALTER TABLE project DROP COLUMN folded_id;
    ALTER TABLE cluster DROP COLUMN complete;
    ALTER TABLE dataset DROP COLUMN notices; ALTER TABLE dataset DROP COLUMN temporary_since; ALTER TABLE task DROP COLUMN scores; ALTER TABLE quota DROP COLUMN running_tasks;
    DELETE FROM kysely_migration WHERE name >= '005'`);
  return old;
}

it('keeps users whose ids differ in capital letters only, and takes no more of them', async () => {
  const path = join(folder, 'old.db');
  const old = await olden(path);
  const add = old.prepare(
    `INSERT INTO user (id, name, passphrase_hash, is_admin, creator_id, created_at, deleted_at) VALUES (?, 'a name', '', 1, 'x', 0, ?)`,
  );
  for (const [id, deleted] of [
    ['Bob1', 5],
    ['Bob1', null],
    ['bob1', null],
    ['other', null],
  ] as const)
    add.run(id, deleted);
  old.close();
  const db = await openDatabase(path);
  try {
    const rows = await db
      .selectFrom('account')
      .select(['id', 'is_admin', 'folded_id'])
      .where('deleted_at', 'is', null)
      .orderBy('key')
      .execute();
    expect(rows.map(({ id, is_admin }) => [id, is_admin])).toEqual([
      ['Bob1', true],
      ['bob1', true],
      ['other', true],
    ]);
    expect(new Set(rows.map(({ folded_id }) => folded_id)).size).toBe(3);
    const row = { name: 'a name', passphrase_hash: '', is_admin: false, creator_id: 'x', created_at: 0, deleted_at: null };
    for (const id of ['BOB1', 'OTHER'])
      await expect(
        unlessTaken(
          db
            .insertInto('account')
            .values({ ...idColumns(id), ...row })
            .execute(),
          'taken',
        ),
      ).rejects.toThrowError('taken');
  } finally {
    await db.destroy();
  }
});

/** Tables with their columns, and what indexes there are. */
async function schemaOf(db: Database) {
  const tables = await db.introspection.getTables();
  const { rows: indexes } = runsOnPostgres(db)
    ? await sql<{ name: string }>`SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public'`.execute(db)
    : await sql<{ name: string }>`SELECT name FROM sqlite_master WHERE type = 'index'`.execute(db);
  return {
    // SQLite does not say that a primary key is never null.
    columns: tables.flatMap(({ name: table, columns }) =>
      columns.map(
        ({ name, isNullable }) => `${table}.${name}${isNullable && !/^(key|uuid|(dataset_uu|project_)id)$/.test(name) ? ' or null' : ''}`,
      ),
    ),
    // Those of primary keys and unique columns are named by the database.
    indexes: indexes.map(({ name }) => name).filter((name) => !/_pkey$|_key$|^sqlite_/.test(name)),
  };
}

it.skipIf(postgresPrograms() === undefined)('the tables of SQLite and of PostgreSQL have the same columns and indexes', async () => {
  const postgres = PostgresServer.start();
  try {
    const [small, large] = [await openDatabase(join(folder, 'schema.db')), await openDatabase(postgres.newDatabase())];
    const [expected, found] = [await schemaOf(small), await schemaOf(large)];
    await Promise.all([small.destroy(), large.destroy()]);
    expect(found.columns.sort()).toEqual(expected.columns.sort());
    expect(found.indexes.sort()).toEqual(expected.indexes.sort());
    expect(found.columns.length).toBeGreaterThan(100);
  } finally {
    postgres.remove();
  }
});
