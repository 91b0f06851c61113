import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { sql } from 'kysely';
import { type Config, isPostgres, shownLocation } from '../config.ts';
import { readCertificate } from '../http/protection.ts';
import { loadPolicy } from '../services/policy.ts';
import { readDatabase } from '../store/database.ts';
import { FOLDERS, readAll, storedObjects, verifyKeys } from '../store/objects/index.ts';

/** What was looked at, and of a fault what is wrong with it. */
export interface Checked {
  readonly kind: 'fine' | 'fault';
  readonly text: string;
}

/** Whether all that a server needs is there: each thing is used once, and nothing is left behind. May run beside a server. */
export async function check(config: Config): Promise<Checked[]> {
  const objects = storedObjects(config.storage);
  const looks: [what: string, look: () => Promise<unknown> | unknown][] = [
    [`the database ${shownLocation(config.general.database)}`, () => lookAtDatabase(config.general.database)],
    ...FOLDERS.map((folder): [string, () => Promise<void>] => {
      const key = `${folder}/${randomUUID()}.check`;
      return [
        `the storage ${dirname(objects.pathOf(key))}`,
        async () => {
          const written = new TextEncoder().encode(key);
          await objects.makeFolders();
          await objects.write(key, written);
          const read = await readAll(objects, key).finally(() => objects.remove(key));
          if (Buffer.compare(read, written) !== 0) throw new Error('what was written is not what is read');
        },
      ];
    }),
    ['the encryption key', () => verifyKeys(config.storage)],
    ['the policy', () => loadPolicy(config.auth.policies, () => {})],
    ['the certificate', () => readCertificate(config.http)],
  ];
  const checked: Checked[] = [];
  for (const [what, look] of looks) {
    try {
      await look();
      checked.push({ kind: 'fine', text: what });
    } catch (error) {
      checked.push({ kind: 'fault', text: `${what}: ${(error as Error).message}` });
    }
  }
  return checked;
}

async function lookAtDatabase(location: string): Promise<void> {
  // A file is made at the first start.
  if (!isPostgres(location) && !existsSync(location)) return;
  const db = await readDatabase(location);
  try {
    await sql`SELECT 1`.execute(db);
  } finally {
    await db.destroy();
  }
}
