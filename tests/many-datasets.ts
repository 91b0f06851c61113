// More data sets than anybody uploads in a test.
import type { ServerProcess } from './server-process.ts';

/** What a copy has of the data set that it is made from. */
const COPIED = `owner_id, owner_key, project_id, visibility, deleted_at, complete, rows, columns, notices, temporary_since, bytes, crc32`;

/** Copies a data set's entry until there are `count`, named `number 1` and so on; the server is restarted for that. */
export async function copyDataset(server: ServerProcess, uuid: string, count: number): Promise<void> {
  await server.stop();
  const copies = Array.from({ length: count - 1 }, (_, i) => {
    const own = `'00000000-0000-0000-0000-${String(i + 1).padStart(12, '0')}', 'number ${i + 1}', created_at + ${i + 1}`;
    return `INSERT INTO dataset (uuid, name, created_at, ${COPIED}) SELECT ${own}, ${COPIED} FROM dataset WHERE uuid = '${uuid}';`;
  });
  server.execute(`BEGIN; ${copies.join('\n')} COMMIT`);
  await server.restart();
}
