import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import * as first from './migrations/001-first.ts';
import * as wholeContract from './migrations/002-whole-contract.ts';
import * as guard from './migrations/003-guard.ts';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;

/** In order of their names. */
const MIGRATIONS: Record<string, Migration> = { '001-first': first, '002-whole-contract': wholeContract, '003-guard': guard };

/**
 * Opens (or makes) the database and brings it to the newest schema. The file is locked: a second server on it is refused.
 * A transaction that was committed is on the disk (WAL, synchronous=FULL).
 */
export async function openDatabase(path: string): Promise<Database> {
  mkdirSync(dirname(path), { recursive: true });
  const sqlite = new DatabaseSync(path);
  try {
    sqlite.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    // The lock is taken by the first write.
    sqlite.exec('BEGIN IMMEDIATE; COMMIT');
  } catch (error) {
    sqlite.close();
    if (/locked/.test(String(error))) throw new Error(`the database ${path} is in use by another server`);
    throw error;
  }
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: adapt(sqlite) }) });
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } }).migrateToLatest();
  if (error) {
    await db.destroy();
    throw error;
  }
  return db;
}

/** Gives node:sqlite the shape that Kysely's SQLite dialect talks to. */
function adapt(sqlite: DatabaseSync) {
  const prepared = new Map<string, ReturnType<typeof adaptStatement>>();
  return {
    close: () => sqlite.close(),
    prepare: (text: string) => {
      let statement = prepared.get(text);
      if (!statement) {
        if (prepared.size > 500) prepared.clear();
        statement = adaptStatement(sqlite.prepare(text));
        prepared.set(text, statement);
      }
      return statement;
    },
  };
}

function adaptStatement(statement: StatementSync) {
  const values = (parameters: readonly unknown[]): SQLInputValue[] => parameters as SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters: readonly unknown[]) => statement.all(...values(parameters)),
    run: (parameters: readonly unknown[]) => statement.run(...values(parameters)),
    iterate: (parameters: readonly unknown[]) => statement.iterate(...values(parameters)),
  };
}
