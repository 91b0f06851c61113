import { Kysely, PostgresAdapter } from 'kysely';
import { Migrator } from 'kysely/migration';
import { isPostgres } from '../config.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { PlaceEvents } from './postgres.ts';
import { readOnlySqlite, sqlite } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** A database: SQLite or PostgreSQL, for which every query is the same. What differs between them is in this folder. */
export type Database = Kysely<Tables>;

/** Whether an opened database is PostgreSQL. */
export const runsOnPostgres = (db: Database): boolean => db.getExecutor().adapter instanceof PostgresAdapter;

/** Its client is loaded where it is used. */
const postgres = async (...where: Parameters<typeof import('./postgres.ts').postgres>) =>
  (await import('./postgres.ts')).postgres(...where);

/**
 * Opens (or creates the tables of) a database, and migrates it to the newest schema. A second server is refused; other processes may read it.
 * @param location an SQLite file, or the URL of a PostgreSQL database.
 * @throws Error if another server uses it, DatabaseAway if it cannot be reached.
 */
export async function openDatabase(location: string, events: PlaceEvents = { onTaken() {} }): Promise<Database> {
  const isLarge = isPostgres(location);
  const db = new Kysely<Tables>({ dialect: isLarge ? await postgres(location, events) : sqlite(location) });
  const migrations = MIGRATIONS[isLarge ? 'postgres' : 'sqlite'];
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } }).migrateToLatest();
  if (error) {
    await db.destroy();
    throw error;
  }
  return db;
}

/** Opens a database as it is, only to read, also beside a server. @throws Error if there is none. */
export async function readDatabase(location: string): Promise<Database> {
  return new Kysely<Tables>({ dialect: isPostgres(location) ? await postgres(location) : readOnlySqlite(location) });
}
