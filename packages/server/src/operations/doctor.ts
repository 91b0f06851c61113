import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Cluster } from '@openhanami/engine';
import type { Selectable } from 'kysely';
import type { Config } from '../config.ts';
import { hashOf } from '../services/logs.ts';
import { DamagedFile, mustBeWhole } from '../store/checksum.ts';
import { FOLDERS, keyOf, openObjects, readAll } from '../store/objects/index.ts';
import type { AuditLogTable } from '../store/tables.ts';
import { startThread } from '../worker/shard-thread.ts';

/** A problem found in the data folder. */
export interface Finding {
  /** `damaged`: data is lost; `leftover`: a file that is not used. */
  readonly kind: 'damaged' | 'leftover';
  readonly text: string;
}

/** Key of the first audit log entry whose hash does not follow from the one before; the oldest that is left is not checked. */
function brokenLink(db: DatabaseSync): number | undefined {
  let before: string | undefined;
  try {
    for (const row of db.prepare('SELECT * FROM audit_log ORDER BY key').iterate()) {
      const { key, hash, ...entry } = row as unknown as Selectable<AuditLogTable>;
      if (before !== undefined && (hash !== '' || before !== '') && hash !== hashOf(before, entry)) return key;
      before = hash;
    }
  } catch (error) {
    // Databases of earlier versions have no audit log, or no hashes.
    if (!/no such (table|column)/.test((error as Error).message)) throw error;
  }
  return undefined;
}

/** Checks a data folder without changing it: the database, and each file that it names. May run beside a server. */
export async function examine(config: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  const damaged = (text: string): void => void findings.push({ kind: 'damaged', text });
  let db: DatabaseSync;
  try {
    await access(config.general.database);
    db = new DatabaseSync(config.general.database, { readOnly: true });
  } catch (error) {
    damaged(`the database cannot be opened: ${(error as Error).message}`);
    return findings;
  }
  const objects = openObjects(config.storage);
  const known = new Set<string>();
  try {
    for (const { integrity_check } of db.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[]) {
      if (integrity_check !== 'ok') damaged(`the database ${config.general.database}: ${integrity_check}`);
    }
    const broken = brokenLink(db);
    if (broken !== undefined)
      damaged(`the audit log: entry ${broken} does not follow from the one before; entries were removed or changed`);
    const rows = (query: string) => db.prepare(query).all() as { uuid: string; name: string; bytes?: number; crc32?: number | null }[];
    const look = async (what: string, key: string, check: () => Promise<void>): Promise<void> => {
      known.add(key);
      try {
        await check();
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        damaged(`${what}: ${code === 'ENOENT' ? `its file ${objects.pathOf(key)} is missing` : message}`);
      }
    };
    for (const { uuid, name, bytes = 0, crc32 = null } of rows(
      'SELECT uuid, name, bytes, crc32 FROM dataset WHERE deleted_at IS NULL AND complete = 1',
    )) {
      const key = keyOf.dataset(uuid);
      await look(`the data set '${name}' (${uuid})`, key, async () =>
        crc32 === null ? (await objects.open(key)).close() : mustBeWhole(objects, key, { bytes, crc32 }),
      );
    }
    const state = (key: string) => async (): Promise<void> => {
      try {
        (await Cluster.restore(await readAll(objects, key), { startThread })).close();
      } catch (error) {
        throw (error as Error).name === 'EngineError' ? new DamagedFile(`${basename(key)}: ${(error as Error).message}`) : error;
      }
    };
    for (const { uuid, name } of rows('SELECT uuid, name FROM cluster WHERE deleted_at IS NULL AND complete = 1')) {
      await look(`the cluster '${name}' (${uuid})`, keyOf.cluster(uuid), state(keyOf.cluster(uuid)));
    }
    for (const { uuid, name } of rows('SELECT uuid, name FROM checkpoint WHERE deleted_at IS NULL AND complete = 1')) {
      await look(`the checkpoint '${name}' (${uuid})`, keyOf.checkpoint(uuid), state(keyOf.checkpoint(uuid)));
    }
    // Files of uploads and of results of unfinished tasks are in use.
    for (const { uuid } of rows('SELECT uuid, kind AS name FROM upload')) known.add(keyOf.upload(uuid));
    for (const { uuid } of rows('SELECT uuid, name FROM cluster WHERE deleted_at IS NULL')) known.add(keyOf.best(uuid));
    for (const { uuid } of rows("SELECT uuid, name FROM task WHERE state IN ('queued', 'active')")) known.add(keyOf.dataset(uuid));
  } catch (error) {
    damaged(`the database ${config.general.database}: ${(error as Error).message}`);
  } finally {
    db.close();
  }
  for (const folder of FOLDERS) {
    for (const key of await objects.list(folder)) {
      if (!known.has(key))
        findings.push({
          kind: 'leftover',
          text: `${objects.pathOf(key)} belongs to nothing that the database knows; it can be removed while no server runs`,
        });
    }
  }
  return findings;
}
