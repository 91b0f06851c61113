import { copyFile, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { backup as copyDatabase, DatabaseSync } from 'node:sqlite';
import { type Config, ConfigError } from '../config.ts';
import { loadKeys } from '../services/token-keys.ts';
import { lockDatabase } from '../store/database.ts';
import { adopt, makeFolder, makePrivateFolder } from '../store/files.ts';
import { keyOf, type Objects, openObjects, type StoragePlaces } from '../store/objects/index.ts';

/** Names within a backup. */
const DATABASE = 'hanami.db';
const FOLDERS = { dataset_location: 'datasets', checkpoint_location: 'checkpoints', cluster_location: 'clusters' } as const;

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
  const source = new DatabaseSync(config.general.database, { readOnly: true });
  try {
    await copyDatabase(source, join(folder, `${DATABASE}.part`));
  } finally {
    source.close();
  }
  const copied = await copyFiles(
    new DatabaseSync(join(folder, `${DATABASE}.part`)),
    openObjects(config.storage),
    openObjects(storageIn(folder)),
    folder,
  );
  // The database is renamed last: an interrupted backup is recognized by its absence.
  await rename(join(folder, `${DATABASE}.part`), join(folder, DATABASE));
  return copied;
}

/** Restores a backup into a new data folder. @throws ConfigError if the backup is incomplete, or there is a database already. */
export async function restore(config: Config, folder: string): Promise<Copied> {
  const lock = lockDatabase(config.general.database);
  try {
    const names = await readdir(folder).catch((): string[] => []);
    if (!names.includes(DATABASE)) throw new ConfigError(`the folder ${folder} holds no complete backup: ${DATABASE} is missing`);
    const there = await readdir(dirname(config.general.database)).catch((): string[] => []);
    if (there.includes(basename(config.general.database))) {
      throw new ConfigError(`there is a database ${config.general.database} already; restore into a new data folder (--data)`);
    }
    const objects = openObjects(config.storage);
    await objects.prepare();
    const temporary = `${config.general.database}.restored`;
    await copyFile(join(folder, DATABASE), temporary);
    const copied = await copyFiles(new DatabaseSync(temporary), openObjects(storageIn(folder)), objects);
    // A new key, so that no earlier token is valid: the backup does not know what was revoked since.
    await rm(config.auth.token_key_path, { force: true });
    loadKeys(config.auth.token_key_path);
    await adopt(temporary, config.general.database);
    await rm(temporary);
    return copied;
  } finally {
    lock.close();
  }
}

function storageIn(folder: string): StoragePlaces {
  return {
    dataset_location: join(folder, FOLDERS.dataset_location),
    checkpoint_location: join(folder, FOLDERS.checkpoint_location),
    cluster_location: join(folder, FOLDERS.cluster_location),
    tempfile_location: folder,
  };
}

/** Copies the files that a database names; rows whose files are gone are marked as deleted. Closes the database. */
async function copyFiles(db: DatabaseSync, from: Objects, to: Objects, folder?: string): Promise<Copied> {
  try {
    if (folder) for (const name of Object.values(FOLDERS)) makeFolder(join(folder, name));
    // Unfinished uploads and resources are not kept.
    db.exec('DELETE FROM upload');
    const hasComplete = db.prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = 'complete'");
    // Tables of earlier versions may lack the column.
    for (const table of ['dataset', 'checkpoint', 'cluster'])
      if (hasComplete.get(table))
        db.prepare(`UPDATE ${table} SET deleted_at = ? WHERE complete = 0 AND deleted_at IS NULL`).run(Date.now());
    const copyAll = async (table: 'dataset' | 'checkpoint' | 'cluster'): Promise<number> => {
      const rows = db.prepare(`SELECT uuid FROM ${table} WHERE deleted_at IS NULL`).all() as { uuid: string }[];
      let count = 0;
      for (const { uuid } of rows) {
        try {
          await to.write(keyOf[table](uuid), await from.read(keyOf[table](uuid)));
          count++;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
          db.prepare(`UPDATE ${table} SET deleted_at = ? WHERE uuid = ?`).run(Date.now(), uuid);
        }
      }
      return count;
    };
    return { datasets: await copyAll('dataset'), checkpoints: await copyAll('checkpoint'), clusters: await copyAll('cluster') };
  } finally {
    db.close();
  }
}
