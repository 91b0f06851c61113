import { type Config, ConfigError } from '../config.ts';
import { DamagedFile } from '../store/checksum.ts';
import { openDatabase } from '../store/database.ts';
import { keyOf, type Objects, openObjects, storedObjects, verifyKeys } from '../store/objects/index.ts';

// Encryption at rest of what is there already. No server may run: the lock of the database says so.

/** How many files were written anew, how many were so already, and how many cannot be read. */
export interface Rewritten {
  changed: number;
  kept: number;
  lost: number;
}

/** Encrypts all files that are not, with the keys of their projects. @throws ConfigError without a key. */
export const encrypt = (config: Config): Promise<Rewritten> => rewrite(config, true);

/** Decrypts all files, and removes the keys. @throws ConfigError without the key. */
export async function decrypt(config: Config): Promise<Rewritten> {
  const rewritten = await rewrite(config, false);
  const objects = storedObjects(config.storage);
  for (const key of await objects.list('keys')) await objects.remove(key);
  return rewritten;
}

/**
 * Makes what is encrypted with the key of a project unreadable, also in copies of its files elsewhere, as long as these have no key.
 * @throws ConfigError if the project has none.
 */
export async function destroyKey(config: Config, project: string): Promise<void> {
  mustHaveKey(config);
  const db = await openDatabase(config.general.database);
  try {
    if (!(await openObjects(config.storage).destroyKey(project)))
      throw new ConfigError(`the project '${project}' has no key: nothing of it is encrypted`);
  } finally {
    await db.destroy();
  }
}

function mustHaveKey({ storage }: Config): void {
  if (storage.encryption_key === '') throw new ConfigError('storage.encryption_key is not set; openssl rand -hex 32 prints a new key');
}

async function rewrite(config: Config, wanted: boolean): Promise<Rewritten> {
  mustHaveKey(config);
  const db = await openDatabase(config.general.database);
  const counts: Rewritten = { changed: 0, kept: 0, lost: 0 };
  try {
    await verifyKeys(config.storage);
    const objects = openObjects(config.storage);
    await objects.prepare();
    const to: Objects = wanted ? objects : storedObjects(config.storage);
    for (const table of ['dataset', 'cluster', 'checkpoint'] as const) {
      const rows = await db.selectFrom(table).select(['uuid', 'project_id']).where('deleted_at', 'is', null).execute();
      for (const { uuid, project_id } of rows) {
        for (const key of [keyOf[table](uuid), ...(table === 'cluster' ? [keyOf.best(uuid)] : [])]) {
          const stat = await objects.stat(key);
          if (!stat) continue;
          if ((stat.isEncrypted === true) === wanted) {
            counts.kept++;
            continue;
          }
          try {
            await to.of(project_id).write(key, await objects.read(key));
            counts.changed++;
          } catch (error) {
            if (!(error instanceof DamagedFile)) throw error;
            counts.lost++;
          }
        }
      }
    }
    // Unfinished ones begin anew: their pieces are in another layout.
    for (const { uuid } of await db.selectFrom('upload').select('uuid').execute()) {
      const stat = await objects.stat(keyOf.upload(uuid));
      if (!stat || (stat.isEncrypted === true) === wanted) continue;
      await objects.remove(keyOf.upload(uuid));
      await db.updateTable('upload').set({ received: '[]' }).where('uuid', '=', uuid).execute();
    }
    return counts;
  } finally {
    await db.destroy();
  }
}
