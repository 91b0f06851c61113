import { basename } from 'node:path';
import { Cluster } from '@openhanami/engine';
import { sql } from 'kysely';
import { type Config, shownLocation } from '../config.ts';
import { hashOf } from '../services/logs.ts';
import { DamagedFile, mustBeWhole } from '../store/checksum.ts';
import { type Database, readDatabase, runsOnPostgres } from '../store/database.ts';
import { FOLDERS, keyOf, openObjects, readAll, verifyKeys } from '../store/objects/index.ts';
import { startThread } from '../worker/shard-thread.ts';

/** A problem found in the data folder. */
export interface Finding {
  /** `damaged`: data is lost; `leftover`: a file that is not used; `plain`: files that are not encrypted, where others are. */
  readonly kind: 'damaged' | 'leftover' | 'plain';
  readonly text: string;
}

/** Entries of the audit log that are looked at together. */
const ENTRIES = 10_000;

/** Key of the first audit log entry whose hash does not follow from the one before; the oldest that is left is not checked. */
async function brokenLink(db: Database): Promise<number | undefined> {
  let before: string | undefined;
  try {
    for (let last = -1; ; ) {
      const rows = await db.selectFrom('audit_log').selectAll().where('key', '>', last).orderBy('key').limit(ENTRIES).execute();
      if (rows.length === 0) break;
      for (const { key, hash, ...entry } of rows) {
        if (before !== undefined && (hash !== '' || before !== '') && hash !== hashOf(before, entry)) return key;
        before = hash;
        last = key;
      }
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
  let db: Database;
  try {
    db = await readDatabase(config.general.database);
  } catch (error) {
    damaged(`the database cannot be opened: ${(error as Error).message}`);
    return findings;
  }
  const place = shownLocation(config.general.database);
  try {
    await verifyKeys(config.storage);
  } catch (error) {
    damaged(`the keys of encryption: ${(error as Error).message}`);
    await db.destroy();
    return findings;
  }
  const objects = openObjects(config.storage);
  const known = new Set<string>();
  let plain = 0;
  try {
    // PostgreSQL looks after its files itself.
    const { rows: checked } = runsOnPostgres(db)
      ? { rows: [] }
      : await sql<{ integrity_check: string }>`PRAGMA integrity_check`.execute(db);
    for (const { integrity_check } of checked) if (integrity_check !== 'ok') damaged(`the database ${place}: ${integrity_check}`);
    const broken = await brokenLink(db);
    if (broken !== undefined)
      damaged(`the audit log: entry ${broken} does not follow from the one before; entries were removed or changed`);
    const look = async (what: string, key: string, check: () => Promise<void>): Promise<void> => {
      known.add(key);
      try {
        const stat = await objects.stat(key);
        if (config.storage.encryption_key !== '' && stat && !stat.isEncrypted) plain++;
        await check();
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        damaged(`${what}: ${code === 'ENOENT' ? `its file ${objects.pathOf(key)} is missing` : message}`);
      }
    };
    const datasets = db.selectFrom('dataset').select(['uuid', 'name', 'bytes', 'crc32']).where('deleted_at', 'is', null);
    for (const { uuid, name, bytes, crc32 } of await datasets.where('complete', '=', true).execute()) {
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
    for (const kind of ['cluster', 'checkpoint'] as const) {
      const made = db.selectFrom(kind).select(['uuid', 'name']).where('deleted_at', 'is', null).where('complete', '=', true);
      for (const { uuid, name } of await made.execute()) {
        await look(`the ${kind} '${name}' (${uuid})`, keyOf[kind](uuid), state(keyOf[kind](uuid)));
      }
    }
    // Files of uploads and of results of unfinished tasks are in use.
    for (const { uuid } of await db.selectFrom('upload').select('uuid').execute()) known.add(keyOf.upload(uuid));
    for (const { uuid } of await db.selectFrom('cluster').select('uuid').where('deleted_at', 'is', null).execute())
      known.add(keyOf.best(uuid));
    for (const { uuid } of await db.selectFrom('task').select('uuid').where('state', 'in', ['queued', 'active']).execute())
      known.add(keyOf.dataset(uuid));
  } catch (error) {
    damaged(`the database ${place}: ${(error as Error).message}`);
  } finally {
    await db.destroy();
  }
  if (plain > 0) findings.push({ kind: 'plain', text: `${plain} files are not encrypted yet; hanami encrypt does it` });
  for (const folder of FOLDERS) {
    // Each project's key stays for as long as the project.
    if (folder === 'keys') continue;
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
