import { chmodSync, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { makeFolder } from './files.ts';
import * as first from './migrations/001-first.ts';
import * as wholeContract from './migrations/002-whole-contract.ts';
import * as guard from './migrations/003-guard.ts';
import * as frontDoor from './migrations/004-front-door.ts';
import * as databaseDecides from './migrations/005-database-decides.ts';
import * as kinds from './migrations/006-kinds.ts';
import * as temporary from './migrations/007-temporary.ts';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;

/** Readable by the server's user only. */
const PRIVATE_FILE = 0o600;

/** In order of their names. */
const MIGRATIONS: Record<string, Migration> = {
  '001-first': first,
  '002-whole-contract': wholeContract,
  '003-guard': guard,
  '004-front-door': frontDoor,
  '005-database-decides': databaseDecides,
  '006-kinds': kinds,
  '007-temporary': temporary,
};

/** Milliseconds that a write waits for another process that has locked the database, such as an SQLite shell. */
const BUSY_MS = 5000;

/** Whether an error says that another process has locked the database; the call can be retried. */
export const isLocked = (error: unknown): boolean => /database is (locked|busy)/.test(String(error));

/** Locks a database by a file beside it, until the lock is closed. @throws Error if another process holds it. */
export function lockDatabase(path: string): { close(): void } {
  makeFolder(dirname(path));
  const lock = new DatabaseSync(`${path}.lock`);
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
    return lock;
  } catch (error) {
    lock.close();
    if (isLocked(error)) throw new Error(`the database ${path} is in use by another server`);
    throw error;
  }
}

/**
 * Opens (or creates) the database and migrates it to the newest schema. A second server is refused; other processes may read it.
 * Committed transactions are on the disk (WAL, synchronous=FULL).
 */
export async function openDatabase(path: string): Promise<Database> {
  const lock = lockDatabase(path);
  let sqlite: DatabaseSync;
  try {
    sqlite = new DatabaseSync(path, { timeout: BUSY_MS });
    sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    // Files of earlier versions may be readable by others.
    for (const suffix of ['', '-wal', '-shm', '.lock']) if (existsSync(path + suffix)) chmodSync(path + suffix, PRIVATE_FILE);
  } catch (error) {
    lock.close();
    throw error;
  }
  const close = (): void => {
    sqlite.close();
    lock.close();
  };
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: adapt(sqlite, close) }) });
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } }).migrateToLatest();
  if (error) {
    await db.destroy();
    throw error;
  }
  return db;
}

/** Adapts node:sqlite to the interface of Kysely's SQLite dialect. */
function adapt(sqlite: DatabaseSync, close: () => void) {
  const prepared = new Map<string, ReturnType<typeof adaptStatement>>();
  return {
    close,
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

/** SQLite has no booleans: these columns hold 0 and 1. */
const BOOLEANS: ReadonlySet<string> = new Set(['is_admin', 'is_project_admin', 'complete']);

function adaptStatement(statement: StatementSync) {
  const columns = statement.columns();
  const booleans = columns.flatMap(({ name, column }) => (column !== null && BOOLEANS.has(column) ? [name] : []));
  const bound = (parameters: readonly unknown[]): SQLInputValue[] =>
    parameters.map((value) => (typeof value === 'boolean' ? Number(value) : value)) as SQLInputValue[];
  const found = (row: Record<string, unknown>): Record<string, unknown> => {
    for (const name of booleans) row[name] = row[name] === 1;
    return row;
  };
  return {
    reader: columns.length > 0,
    all: (parameters: readonly unknown[]) => statement.all(...bound(parameters)).map(found),
    run: (parameters: readonly unknown[]) => statement.run(...bound(parameters)),
    *iterate(parameters: readonly unknown[]) {
      for (const row of statement.iterate(...bound(parameters))) yield found(row);
    },
  };
}
