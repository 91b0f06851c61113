// SQLite behind Kysely: the database of a single server, in a file.
import { chmodSync, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { SqliteDialect } from 'kysely';
import { makeFolder } from './files.ts';

/** Readable by the server's user only. */
const PRIVATE_FILE = 0o600;

/** Milliseconds that a write waits for another process that has locked the database, such as an SQLite shell. */
const BUSY_MS = 5000;

/** Whether an error says that another process has locked the database; the call can be retried. */
export const isLocked = (error: unknown): boolean => /database is (locked|busy)/.test(String(error));

/** Locks a database by a file beside it, until the lock is closed. @throws Error if another process holds it. */
export function lockSqlite(path: string): { close(): void } {
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

/** Opens (or creates) a file as the only server on it; other processes may read it. Committed transactions are on the disk (WAL, synchronous=FULL). */
export function sqlite(path: string): SqliteDialect {
  const lock = lockSqlite(path);
  let file: DatabaseSync;
  try {
    file = new DatabaseSync(path, { timeout: BUSY_MS });
    file.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    // Files of earlier versions may be readable by others.
    for (const suffix of ['', '-wal', '-shm', '.lock']) if (existsSync(path + suffix)) chmodSync(path + suffix, PRIVATE_FILE);
  } catch (error) {
    lock.close();
    throw error;
  }
  return dialectOf(file, () => lock.close());
}

/** A file that is only read, also beside a server. @throws Error if there is none. */
export function readOnlySqlite(path: string): SqliteDialect {
  return dialectOf(new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS }));
}

/** Adapts node:sqlite to the interface of Kysely's dialect. */
function dialectOf(file: DatabaseSync, closed = () => {}): SqliteDialect {
  const prepared = new Map<string, ReturnType<typeof adaptStatement>>();
  return new SqliteDialect({
    database: {
      close() {
        file.close();
        closed();
      },
      prepare(text) {
        let statement = prepared.get(text);
        if (!statement) {
          if (prepared.size > 500) prepared.clear();
          statement = adaptStatement(file.prepare(text));
          prepared.set(text, statement);
        }
        return statement;
      },
    },
  });
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
