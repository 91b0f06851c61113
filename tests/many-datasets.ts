// More data sets than anybody uploads in a test.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ServerProcess } from './server-process.ts';

/** Copies a data set's entry until there are `count`, named `number 1` and so on; the server is restarted for that. */
export async function copyDataset(server: ServerProcess, uuid: string, count: number): Promise<void> {
  await server.stop();
  const db = new DatabaseSync(join(server.folder, 'hanami.db'));
  const columns = (db.prepare('PRAGMA table_info(dataset)').all() as { name: string }[]).map(({ name }) => name);
  const copied = columns.filter((name) => !['uuid', 'name', 'created_at'].includes(name)).join(', ');
  const copy = db.prepare(
    `INSERT INTO dataset (uuid, name, created_at, ${copied}) SELECT ?, ?, created_at + ?, ${copied} FROM dataset WHERE uuid = ?`,
  );
  db.exec('BEGIN');
  for (let i = 1; i < count; i++) copy.run(`00000000-0000-0000-0000-${String(i).padStart(12, '0')}`, `number ${i}`, i, uuid);
  db.exec('COMMIT');
  db.close();
  await server.restart();
}
