// What may go wrong while somebody uses the pages: the server, the login, the connection of an upload.
import { dataset } from '@openhanami/sdk';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, logIn } from '../chromium.ts';
import { ADMIN, ServerProcess } from '../server-process.ts';
import { passengers, usePlace } from './place.ts';

const { place, visit, drop } = usePlace();

describe.skipIf(!CHROMIUM)('the dashboard', () => {
  it('goes on when the server was restarted in the middle of a training', async () => {
    const rows = await dataset.uploadTable(place.token, place.server.address, 'many passengers', new Blob([passengers(6000, 3)]));
    await visit(
      `/data/${rows}`,
      async (page) => {
        await page.getByRole('button', { name: 'Settings' }).click();
        await page.getByRole('combobox', { name: 'Passes over the rows' }).click();
        await page.getByRole('option', { name: '10', exact: true }).click();
        await page.getByRole('button', { name: 'Learn', exact: true }).click();
        await page.getByText(/rows\/s/).waitFor();
        await place.server.stop();
        await page.getByText('The server cannot be reached').waitFor();
        await place.server.restart();
        await page.getByText('The server cannot be reached').waitFor({ state: 'hidden' });
        await page.getByText(/Judged on 1,200 rows/).waitFor();
      },
      { allowed: /ERR_|Failed to (load|fetch)|50\d/ },
    );
  });

  it('stops a training, and leaves the network as far as it is', async () => {
    const rows = await dataset.uploadTable(place.token, place.server.address, 'stopped passengers', new Blob([passengers(40_000, 4)]));
    let uuid = '';
    await visit(
      `/data/${rows}`,
      async (page) => {
        await page.getByRole('button', { name: 'Learn', exact: true }).click();
        await page.getByText(/rows\/s/).waitFor();
        // The bar tells of it on any page, and can stop it.
        await page.getByRole('link', { name: 'Data' }).click();
        await page.getByRole('button', { name: '1 running or waiting task' }).click();
        await page.getByRole('button', { name: /^Stop learn/ }).waitFor();
        await page.goBack();
        await page.getByRole('button', { name: /^Stop learn/ }).click();
        await page.getByRole('cell', { name: 'aborted' }).waitFor();
        uuid = page.url().split('/').at(-1) ?? '';
      },
      // What is asked of a task at the moment at which it is deleted.
      { allowed: /404.*\/task/ },
    );
    expect((await place.api.getCluster({ uuid })).neurons).toBeGreaterThan(0);
    // Lists tell what belongs to a data set or a cluster.
    const tasks = await place.api.listTasks({ dataset_uuid: place.trained.dataset });
    expect([tasks.total, tasks.body[0]?.[1]]).toEqual([1, 'finished']);
    expect((await place.api.listTasks({ dataset_uuid: rows })).total).toBe(0);
    await place.api.saveCluster({ name: 'as far as it is', cluster_uuid: uuid });
    const checkpoints = await place.api.listCheckpoints({ cluster_uuid: uuid });
    expect(checkpoints.body.map((row) => row.at(-1))).toEqual(['as far as it is']);
    expect((await place.api.listCheckpoints({ cluster_uuid: place.trained.cluster })).total).toBe(0);
  });

  it('leads back to the same place after the login has ended, in each tab of its own', () =>
    visit(
      `/clusters/${place.trained.cluster}`,
      async (page) => {
        const other = await page.context().newPage();
        await other.goto(`${place.server.address}/#/data`);
        // Another tab knows nothing of this one's login.
        await other.getByLabel('User id').waitFor();
        const { body } = await place.api.listSessions({ limit: 1, order: 'newest' });
        await place.api.endSession({ uuid: String(body[0]?.[1]) });
        await page.getByText('The login has ended').waitFor();
        await logIn(page);
        await page.getByTestId('score').waitFor();
        expect(page.url()).toContain(`/clusters/${place.trained.cluster}`);
      },
      { allowed: /401/ },
    ));

  it('renews a login before it ends, and keeps it when the page is loaded anew', async () => {
    const short = await ServerProcess.start({ HANAMI_AUTH_TOKEN_EXPIRE_TIME: '10' });
    const context = await place.browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(`${short.address}/#/admin`);
      await page.getByLabel('Stay logged in').check();
      await logIn(page);
      await page.getByRole('heading', { name: 'Administration' }).waitFor();
      // The first login would have ended before the second renewal.
      for (let i = 0; i < 2; i++) await page.waitForResponse((answer) => answer.url().includes('/token') && answer.ok());
      await page.reload();
      await page.getByRole('heading', { name: 'Administration' }).waitFor();
      await page.getByRole('tab', { name: 'Users' }).click();
      await page.getByRole('cell', { name: ADMIN.id, exact: true }).waitFor();
    } finally {
      await context.close();
      await short.remove();
    }
  });

  it('takes up an upload that was broken off', async () => {
    const text = passengers(40_000, 5);
    await visit(
      '/data',
      async (page) => {
        let pieces = 0;
        await page.routeWebSocket(/./, (socket) => {
          const to = socket.connectToServer();
          socket.onMessage((message) => {
            // The first connection breaks after some pieces.
            if (++pieces === 4) void socket.close().then(() => to.close());
            else to.send(message);
          });
        });
        await drop(page, [{ name: 'broken.csv', bytes: Buffer.from(text) }]);
        await page.getByRole('heading', { name: 'broken', exact: true }).waitFor();
        await page.getByText('40,000 rows').waitFor();
        expect(pieces).toBeGreaterThan(4);
      },
      { allowed: /WebSocket/ },
    );
  });

  it('stops an upload, of which nothing is left', () =>
    visit('/data', async (page) => {
      let held = true;
      const answers: (() => void)[] = [];
      await page.routeWebSocket(/./, (socket) => {
        const to = socket.connectToServer();
        // Answers to pieces are held back, so that it does not end before it is stopped.
        to.onMessage((message) => {
          if (typeof message === 'string' || !held) socket.send(message);
          else answers.push(() => socket.send(message));
        });
      });
      const text = passengers(150_000, 7);
      await drop(page, [{ name: 'stopped.csv', bytes: Buffer.from(text) }]);
      await page.getByRole('button', { name: 'Stop the upload stopped.csv' }).click();
      held = false;
      for (const answer of answers) answer();
      await page.getByText('Uploading stopped.csv').waitFor({ state: 'hidden' });
      await expect.poll(async () => (await place.api.listUploads({})).uploads.filter(({ name }) => name === 'stopped').length).toBe(0);
      await expect(page.getByRole('alert').count()).resolves.toBe(0);
    }));
});
