// Tables that one command needs: they are removed when that command is killed, but not before what they are for has ended.
import { existsSync } from 'node:fs';
import { client, dataset, table } from '@openhanami/sdk';
import { expect, it } from 'vitest';
import { ServerProcess } from './server-process.ts';
import { rentals } from './table-server.ts';

/** Milliseconds in which the server looks for what nobody uses any more: once a minute. */
const PATIENCE = 100_000;

it('a table that a killed command has left is removed; one that a task uses, or has just used, stays', {
  timeout: 2 * PATIENCE,
}, async () => {
  const server = await ServerProcess.start({ HANAMI_STORAGE_TEMPFILE_TIMEOUT: '1' });
  try {
    const token = await server.logIn();
    const api = client({ address: server.address, token });
    const upload = (name: string, temporary: boolean): Promise<string> =>
      dataset.uploadTable(token, server.address, name, new Blob([rentals(300, 1)]), () => {}, { temporary });
    const [left, own, used] = [await upload('left behind', true), await upload('wanted', false), await upload('in use', true)];
    await table.learnDataset(token, server.address, used, { target: 'hired', passes: 1, name: 'user of it' });
    // As if an hour had gone by since they were written; the training has ended just now.
    server.execute('UPDATE dataset SET temporary_since = temporary_since - 3600000');
    await expect.poll(() => api.getDataset({ uuid: left }).catch(({ status }) => status), { timeout: PATIENCE, interval: 1000 }).toBe(404);
    expect(existsSync(server.fileOf('datasets', `${left}.arrow`))).toBe(false);
    for (const uuid of [own, used]) expect((await api.getDataset({ uuid })).number_of_rows).toBe(300);
  } finally {
    await server.remove();
  }
});
