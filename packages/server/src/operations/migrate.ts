import { type Config, ConfigError, placesIn } from '../config.ts';
import { checksumOf } from '../store/checksum.ts';
import { openDatabase } from '../store/database.ts';
import { FOLDERS, type StoredObjects, storedObjects } from '../store/objects/index.ts';
import { copyRows, mustBeEmpty } from './rows.ts';

/** Where an installation goes; what is left out stays where it is. */
export interface Destination {
  /** A file, or a PostgreSQL database. */
  readonly database?: string | undefined;
  /** A folder, or a bucket. */
  readonly files?: string | undefined;
}

/** What was copied; of files also how many were there already, of an earlier try. */
export interface Migrated {
  readonly rows?: number;
  readonly files?: { readonly copied: number; readonly there: number };
}

/**
 * Copies files and database of an installation to others of either kind, while no server runs. What was copied stays where it was. The
 * rows are copied last, all or none: interrupted, it can be started again.
 * @throws ConfigError if the other database is not empty, or other files are where these go, Error while a server uses one of them.
 */
export async function migrate({ general, storage }: Config, { database, files }: Destination): Promise<Migrated> {
  const from = await openDatabase(general.database);
  try {
    const to = database === undefined ? undefined : await openDatabase(database);
    try {
      if (to && database !== undefined) await mustBeEmpty(to, database);
      const copied =
        files === undefined ? undefined : await copyAll(storedObjects(storage), storedObjects({ ...storage, ...placesIn(files) }));
      const rows = to && (await copyRows(from, to));
      return { ...(copied && { files: copied }), ...(rows !== undefined && { rows }) };
    } finally {
      await to?.destroy();
    }
  } finally {
    await from.destroy();
  }
}

/** Copies all objects as they are stored: what is encrypted stays so, with its keys, which are wrapped. */
async function copyAll(from: StoredObjects, to: StoredObjects): Promise<{ copied: number; there: number }> {
  await to.makeFolders();
  let [copied, there] = [0, 0];
  for (const folder of FOLDERS)
    for (const key of await from.list(folder)) {
      if (key.endsWith('.part')) continue;
      if (await isThere(from, to, key)) there++;
      else {
        await to.write(key, await from.read(key));
        copied++;
      }
    }
  return { copied, there };
}

/** Whether an object is there, as an earlier try has copied it. @throws ConfigError if another one is. */
async function isThere(from: StoredObjects, to: StoredObjects, key: string): Promise<boolean> {
  const [source, target] = [await from.stat(key), await to.stat(key)];
  if (!target) return false;
  if (source?.bytes === target.bytes && (await checksumOf(from, key)).crc32 === (await checksumOf(to, key)).crc32) return true;
  // Of an upload only a part may have been copied.
  if (key.startsWith('uploads/')) return false;
  throw new ConfigError(`there is ${to.pathOf(key)} already, and it is not the same: another server may use it; give an empty place`);
}
