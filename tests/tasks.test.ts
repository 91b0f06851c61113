import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cluster, dataset, task } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCluster, queueRequest, queueTraining, uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

let server: ServerProcess;
let token: string;
let large: string;
let small: string;
beforeAll(async () => {
  server = await ServerProcess.start({ HANAMI_PROCESSING_SNAPSHOT_INTERVAL: '1' });
  token = await server.logIn();
  large = await uploadDigits(token, server.address, 'many digits', 60_000);
  small = await uploadDigits(token, server.address, 'few digits', 500, 2);
});
afterAll(() => server.remove());

const state = async (uuid: string, of: string) => (await task.getTask(token, server.address, uuid, of)).state;

async function untilActive(uuid: string, of: string): Promise<void> {
  while ((await task.getTask(token, server.address, uuid, of)).current_cycle === 0) await new Promise((next) => setTimeout(next, 10));
}

describe('the task queue', () => {
  it('does the tasks of a cluster one after the other', async () => {
    const { address } = server;
    const uuid = await newCluster(token, address, 'one by one');
    const first = await queueTraining(token, address, uuid, small, 'first');
    const second = await queueTraining(token, address, uuid, small, 'second');
    const third = await queueRequest(token, address, uuid, small);
    await task.waitForTask(token, address, third, uuid);
    const { body } = await task.listTasks(token, address, uuid);
    expect(body.map((row) => row[0])).toEqual([first, second, third]);
    expect(body.every((row) => row[1] === 'finished')).toBe(true);
  });

  it('aborts an active task, drops a queued one, and goes on with the next', async () => {
    const { address } = server;
    const uuid = await newCluster(token, address, 'with aborts');
    const active = await queueTraining(token, address, uuid, large, 'active');
    const queued = await queueTraining(token, address, uuid, large, 'queued');
    const next = await queueTraining(token, address, uuid, small, 'next');
    await untilActive(active, uuid);
    await task.deleteTask(token, address, queued, uuid);
    await task.deleteTask(token, address, active, uuid);
    await expect(task.getTask(token, address, active, uuid)).rejects.toThrowError('there is no task');
    expect((await task.waitForTask(token, address, next, uuid)).current_cycle).toBe(500);
    expect((await task.listTasks(token, address, uuid)).body).toHaveLength(1);
  });

  it('refuses a restore while tasks wait, and saves in the middle of one', async () => {
    const { address } = server;
    const uuid = await newCluster(token, address, 'busy cluster');
    const training = await queueTraining(token, address, uuid, large);
    await queueTraining(token, address, uuid, large, 'waiting');
    await untilActive(training, uuid);
    const saved = await cluster.saveCluster(token, address, 'in the middle', uuid);
    await expect(cluster.restoreCluster(token, address, saved.uuid, uuid)).rejects.toThrowError('queued or active');
    expect((await cluster.getCluster(token, address, uuid)).neurons).toBeGreaterThan(0);
    await cluster.deleteCluster(token, address, uuid);
    await expect(cluster.getCluster(token, address, uuid)).rejects.toThrowError('there is no cluster');
  });

  it('says why a task failed, and does the next', async () => {
    const { address } = server;
    const uuid = await newCluster(token, address, 'fails once');
    const doomed = await uploadDigits(token, address, 'doomed', 50);
    const file = server.fileOf('datasets', `${doomed}.arrow`);
    writeFileSync(file, readFileSync(file).subarray(0, statSync(file).size / 2));
    const failing = await queueTraining(token, address, uuid, doomed);
    await expect(task.waitForTask(token, address, failing, uuid)).rejects.toThrowError('failed: the file');
    expect(await task.getTask(token, address, failing, uuid)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('is damaged: it has'),
    });
    const training = await queueTraining(token, address, uuid, small);
    await task.waitForTask(token, address, training, uuid);
    expect(await state(training, uuid)).toBe('finished');
  });
});

describe('a restart', () => {
  it('in order lets a training go on where it was, to the same number of cycles', async () => {
    const uuid = await newCluster(token, server.address, 'stopped in order');
    const training = await queueTraining(token, server.address, uuid, large);
    await untilActive(training, uuid);
    expect(await server.stop()).toBe(0);
    await server.restart();
    const resumed = await task.getTask(token, server.address, training, uuid);
    expect(['active', 'finished']).toContain(resumed.state);
    const finished = await task.waitForTask(token, server.address, training, uuid);
    expect(finished).toMatchObject({ state: 'finished', current_cycle: 60_000 });
    expect(server.log).toContain('"resumed":true');
  });

  it('after kill -9 loses nothing that was acknowledged', async () => {
    const { address } = server;
    const uuid = await newCluster(token, address, 'killed');
    await task.waitForTask(token, address, await queueTraining(token, address, uuid, small), uuid);
    const before = await queueRequest(token, address, uuid, small);
    await task.waitForTask(token, address, before, uuid);
    const accuracy = (await dataset.checkMnistDataset(token, address, before, small)).accuracy;
    const training = await queueTraining(token, address, uuid, large);
    const request = await queueRequest(token, address, uuid, small);
    await untilActive(training, uuid);
    await server.stop('SIGKILL');
    await server.restart();
    expect((await dataset.checkMnistDataset(token, server.address, before, small)).accuracy).toBe(accuracy);
    expect((await task.waitForTask(token, server.address, training, uuid)).current_cycle).toBe(60_000);
    await task.waitForTask(token, server.address, request, uuid);
    expect((await dataset.checkMnistDataset(token, server.address, request, small)).accuracy).toBeGreaterThan(accuracy);
    expect(server.files('datasets').filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('keeps the key that signs tokens, readable by its owner only', async () => {
    expect(statSync(join(server.folder, 'token.key')).mode & 0o777).toBe(0o600);
    await server.stop();
    await server.restart();
    // The token is from before the restarts.
    expect((await dataset.listDatasets(token, server.address)).body.length).toBeGreaterThan(0);
  });

  it('is refused to a second server on the same folder', async () => {
    const { spawnSync } = await import('node:child_process');
    const main = join(import.meta.dirname, '../packages/server/dist/main.js');
    const env = { PATH: process.env['PATH'], ...server.place };
    const second = spawnSync(process.execPath, [main, '--http-port', '0'], { encoding: 'utf8', timeout: 120_000, env });
    expect(second.status).toBe(1);
    expect(second.stderr).toContain('is in use by another server');
  });
});
