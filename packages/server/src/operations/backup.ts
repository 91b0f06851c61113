import { copyFile, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { backup as copyDatabase, DatabaseSync } from 'node:sqlite';
import pRetry from 'p-retry';
import { type Config, ConfigError, isBucket, isPostgres, placesIn } from '../config.ts';
import { loadKeys } from '../services/token-keys.ts';
import { openDatabase, readDatabase } from '../store/database.ts';
import { adopt, makeFolder, makePrivateFolder } from '../store/files.ts';
import { keyOf, type StoragePlaces, type StoredObjects, storedObjects } from '../store/objects/index.ts';
import { lockSqlite } from '../store/sqlite.ts';
import { copyRows, mustBeEmpty } from './rows.ts';

/** Names within a backup; the database is an SQLite file, whatever it was before. */
const DATABASE = 'hanami.db';
const FOLDERS = ['datasets', 'checkpoints', 'clusters', 'keys'] as const;

/** How many files of each kind were copied. */
export type Copied = Record<'datasets' | 'checkpoints' | 'clusters', number>;

/**
 * Copies the data into an empty folder, also while a server runs. First the database, as of one moment; then the files that it names:
 * data sets and checkpoints never change, and a cluster's state that is newer than the database only means that a task has progressed.
 * Unfinished uploads are left out. What is deleted between the two steps is deleted in the copy.
 * @throws ConfigError if the folder is not empty.
 */
export async function backup(config: Config, folder: string): Promise<Copied> {
  if ((await readdir(folder).catch((): string[] => [])).length > 0)
    throw new ConfigError(`the folder ${folder} is not empty; give one that is, or a new one`);
  makePrivateFolder(folder);
  const part = join(folder, `${DATABASE}.part`);
  await (isPostgres(config.general.database) ? copyRowsToFile : copyPages)(config.general.database, part);
  const copied = await copyFiles(new DatabaseSync(part), storedObjects(config.storage), storedObjects(storageIn(folder)), folder);
  // The database is renamed last: an interrupted backup is recognized by its absence.
  await rename(part, join(folder, DATABASE));
  return copied;
}

async function copyPages(file: string, to: string): Promise<void> {
  const source = new DatabaseSync(file, { readOnly: true });
  try {
    await copyDatabase(source, to);
  } finally {
    source.close();
  }
}

/** A backup of either kind of database holds an SQLite file, so that it can be brought into either. */
async function copyRowsToFile(location: string, file: string): Promise<void> {
  const [from, to] = [await readDatabase(location), await openDatabase(file)];
  try {
    await copyRows(from, to);
  } finally {
    await from.destroy();
    await to.destroy();
    await rm(`${file}.lock`, { force: true });
  }
}

/** Restores a backup into a new data folder. @throws ConfigError if the backup is incomplete, or there is a database already. */
export async function restore(config: Config, folder: string): Promise<Copied> {
  if (isPostgres(config.general.database)) return restoreRows(config, folder);
  const lock = lockSqlite(config.general.database);
  try {
    await mustBeBackup(folder);
    const there = await readdir(dirname(config.general.database)).catch((): string[] => []);
    if (there.includes(basename(config.general.database))) {
      throw new ConfigError(`there is a database ${config.general.database} already; restore into a new data folder (--data)`);
    }
    const objects = storedObjects(config.storage);
    await mustHaveNoFiles(objects);
    await objects.prepare();
    const temporary = `${config.general.database}.restored`;
    await copyFile(join(folder, DATABASE), temporary);
    const copied = await copyFiles(new DatabaseSync(temporary), storedObjects(storageIn(folder)), objects);
    await forgetTokens(config);
    await adopt(temporary, config.general.database);
    await rm(temporary);
    return copied;
  } finally {
    lock.close();
  }
}

/** Restores a backup into a PostgreSQL database that is empty: first the files, then all rows in one transaction. */
async function restoreRows(config: Config, folder: string): Promise<Copied> {
  const to = await openDatabase(config.general.database);
  const scratch = await mkdtemp(join(tmpdir(), 'hanami-restore-'));
  try {
    await mustBeBackup(folder);
    await mustBeEmpty(to, config.general.database);
    const objects = storedObjects(config.storage);
    await mustHaveNoFiles(objects);
    await objects.prepare();
    const temporary = join(scratch, DATABASE);
    await copyFile(join(folder, DATABASE), temporary);
    const copied = await copyFiles(new DatabaseSync(temporary), storedObjects(storageIn(folder)), objects);
    const from = await openDatabase(temporary);
    await copyRows(from, to).finally(() => from.destroy());
    await forgetTokens(config);
    return copied;
  } finally {
    await to.destroy();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** @throws ConfigError if there are files in the bucket: of a server that may run, whose states would be written over. */
async function mustHaveNoFiles(objects: StoredObjects): Promise<void> {
  if (!isBucket(objects.places.location)) return;
  for (const folder of FOLDERS)
    if ((await objects.list(folder)).length > 0)
      throw new ConfigError(`there are files in ${objects.places.location} already; restore into another prefix (storage.location)`);
}

/** @throws ConfigError if a folder holds no complete backup. */
async function mustBeBackup(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  if (!names.includes(DATABASE)) throw new ConfigError(`the folder ${folder} holds no complete backup: ${DATABASE} is missing`);
}

/** Makes a new key, so that no earlier token is valid: a backup does not know what was revoked since. */
async function forgetTokens({ auth }: Config): Promise<void> {
  await rm(auth.token_key_path, { force: true });
  loadKeys(auth.token_key_path);
}

/** A backup is never written to by a server. */
const storageIn = (folder: string): StoragePlaces => ({
  ...placesIn(folder),
  retry_time: 0,
  encryption_key: '',
  former_encryption_key: '',
});

/** Copies the files that a database names; rows whose files are gone are marked as deleted. Closes the database. */
async function copyFiles(db: DatabaseSync, from: StoredObjects, to: StoredObjects, folder?: string): Promise<Copied> {
  try {
    if (folder) for (const name of FOLDERS) makeFolder(join(folder, name));
    // Unfinished uploads and resources are not kept.
    db.exec('DELETE FROM upload');
    const hasComplete = db.prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = 'complete'");
    // Tables of earlier versions may lack the column.
    for (const table of ['dataset', 'checkpoint', 'cluster'])
      if (hasComplete.get(table))
        db.prepare(`UPDATE ${table} SET deleted_at = ? WHERE complete = 0 AND deleted_at IS NULL`).run(Date.now());
    // What is encrypted stays so, with its keys, which are wrapped.
    const copy = (key: string): Promise<void> =>
      // Of a bucket nothing stays readable that is written anew meanwhile, such as the state of a cluster that is trained.
      pRetry(async () => to.write(key, await from.read(key)), {
        retries: 20,
        minTimeout: 100,
        maxTimeout: 1000,
        shouldRetry: ({ error }) => (error as NodeJS.ErrnoException).code === 'EREPLACED',
      });
    const copyAll = async (table: 'dataset' | 'checkpoint' | 'cluster'): Promise<number> => {
      const rows = db.prepare(`SELECT uuid FROM ${table} WHERE deleted_at IS NULL`).all() as { uuid: string }[];
      let count = 0;
      for (const { uuid } of rows) {
        try {
          await copy(keyOf[table](uuid));
          count++;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
          db.prepare(`UPDATE ${table} SET deleted_at = ? WHERE uuid = ?`).run(Date.now(), uuid);
        }
      }
      return count;
    };
    const copied = { datasets: await copyAll('dataset'), checkpoints: await copyAll('checkpoint'), clusters: await copyAll('cluster') };
    for (const key of await from.list('keys')) await copy(key);
    return copied;
  } finally {
    db.close();
  }
}
