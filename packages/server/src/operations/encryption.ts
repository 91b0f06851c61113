import { type Config, ConfigError } from '../config.ts';
import { DamagedFile } from '../store/checksum.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { keyOf, type ObjectStat, type Objects, openObjects, storedObjects } from '../store/objects/index.ts';

// Encryption at rest of what is there already. No server may run: the lock of the database says so.

/** How many files were written anew, how many were so already, and how many cannot be read. */
export interface Rewritten {
  changed: number;
  kept: number;
  lost: number;
}

/** Encrypts all files that are not, with the keys of their projects. @throws ConfigError without a key. */
export const encrypt = (config: Config): Promise<Rewritten> =>
  alone(config, (db, objects) => rewrite(db, objects, objects, ({ isEncrypted }) => isEncrypted === true));

/** Decrypts all files, and removes the keys unless files are left that cannot be read. @throws ConfigError without the key. */
export const decrypt = (config: Config): Promise<Rewritten> =>
  alone(config, async (db, objects) => {
    const stored = storedObjects(config.storage);
    const rewritten = await rewrite(db, objects, stored, ({ isEncrypted }) => !isEncrypted);
    if (rewritten.lost === 0) for (const key of await stored.list('keys')) await stored.remove(key);
    return rewritten;
  });

/**
 * Makes what is encrypted with the key of a project unreadable, also in copies of its files elsewhere, as long as these have no key.
 * @throws ConfigError if the project has none.
 */
export const destroyKey = (config: Config, project: string): Promise<void> =>
  alone(config, async (_, objects) => {
    if (!(await objects.destroyKey(project))) throw new ConfigError(`the project '${project}' has no key: nothing of it is encrypted`);
  });

/** Works while no server runs. @throws ConfigError without the key that wraps those of the projects. */
async function alone<Output>(config: Config, work: (db: Database, objects: Objects) => Promise<Output>): Promise<Output> {
  if (config.storage.encryption_key === '')
    throw new ConfigError('storage.encryption_key is not set; openssl rand -hex 32 prints a new key');
  const db = await openDatabase(config.general.database);
  try {
    const objects = openObjects(config.storage);
    await objects.prepare();
    return await work(db, objects);
  } finally {
    await db.destroy();
  }
}

/** The files of all that a database knows, with their projects. */
async function* filesOf(db: Database): AsyncGenerator<{ key: string; project: string }> {
  for (const table of ['dataset', 'cluster', 'checkpoint'] as const) {
    const rows = await db.selectFrom(table).select(['uuid', 'project_id']).where('deleted_at', 'is', null).execute();
    for (const { uuid, project_id: project } of rows) {
      yield { key: keyOf[table](uuid), project };
      if (table === 'cluster') yield { key: keyOf.best(uuid), project };
    }
  }
}

/** Writes files anew that are not as they should be. */
async function rewrite(db: Database, from: Objects, to: Objects, isRight: (stat: ObjectStat) => boolean): Promise<Rewritten> {
  const counts: Rewritten = { changed: 0, kept: 0, lost: 0 };
  for await (const { key, project } of filesOf(db)) {
    const stat = await from.stat(key);
    if (!stat) continue;
    if (isRight(stat)) counts.kept++;
    else {
      try {
        await to.of(project).write(key, await from.read(key));
        counts.changed++;
      } catch (error) {
        if (!(error instanceof DamagedFile)) throw error;
        counts.lost++;
      }
    }
  }
  // Unfinished uploads begin anew: their pieces are in another layout.
  for (const { uuid } of await db.selectFrom('upload').select('uuid').execute()) {
    const stat = await from.stat(keyOf.upload(uuid));
    if (!stat || isRight(stat)) continue;
    await from.remove(keyOf.upload(uuid));
    await db.updateTable('upload').set({ received: '[]' }).where('uuid', '=', uuid).execute();
  }
  return counts;
}
