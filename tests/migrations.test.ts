// A data folder of each released schema works on: files/schema-<n>.sql is the dump of a database that a server of that schema has made.
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { checkpoint, cluster, dataset, project, task } from '@openhanami/sdk';
import { afterAll, describe, expect, it } from 'vitest';
import { newCluster, queueTraining, uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

const servers: ServerProcess[] = [];
afterAll(async () => {
  for (const server of servers) await server.remove();
});

/** A server on a database as an earlier one has left it. */
async function startOn(schema: string): Promise<ServerProcess> {
  const server = await ServerProcess.start();
  servers.push(server);
  await server.stop();
  const path = join(server.folder, 'hanami.db');
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  const old = new DatabaseSync(path);
  old.exec(readFileSync(join(import.meta.dirname, `files/schema-${schema}.sql`), 'utf8'));
  old.close();
  await server.restart();
  return server;
}

const OLD_USER = { id: 'old_user', passphrase: 'passphrase' };

describe.each([
  {
    schema: '001',
    datasets: ['old digits'],
    clusters: ['old cluster'],
    size: 421_936,
    tasks: ['finished'],
    unfinished: '31c28935-222c-466e-88d7-595961d559ea',
  },
  {
    schema: '002',
    datasets: ['old digits', 'request task'],
    clusters: ['old cluster', 'old direct cluster'],
    size: 128_312,
    tasks: ['finished', 'finished'],
    unfinished: '50c12f78-0db3-4da9-8a19-ee81f264cdbf',
  },
])('a database of schema $schema', ({ schema, datasets, clusters, size, tasks, unfinished }) => {
  it('is brought to the newest schema, and nothing of it is lost', async () => {
    const server = await startOn(schema);
    const { address } = server;
    const token = await server.logIn(OLD_USER);
    const names = (list: { body: unknown[][] }) => list.body.map((row) => row[5]);
    expect(names(await dataset.listDatasets(token, address))).toEqual(datasets);
    expect(names(await cluster.listClusters(token, address))).toEqual(clusters);
    const [checkpoints] = (await checkpoint.listCheckpoints(token, address)).body;
    expect(checkpoints?.[5]).toBe('old checkpoint');
    expect((await checkpoint.getCheckpoint(token, address, String(checkpoints?.[1]))).size).toBe(size);
    const uuid = String((await cluster.listClusters(token, address)).body[0]?.[1]);
    expect((await task.listTasks(token, address, uuid)).body.map((row) => row[1])).toEqual(tasks);
    expect((await project.listProjects(await server.logIn(), address)).body.map((row) => row[1])).toEqual(['old_project']);
    // The upload that was under way goes on.
    const progress = await server.call('GET', `/v1.0alpha/dataset/progress?uuid=${unfinished}`, token);
    expect(await progress.json()).toMatchObject({ uuid: unfinished, complete: false });
  });
});

describe('a data set from before checksums', () => {
  it('is taken as it is', async () => {
    const server = await startOn('002');
    const { address } = server;
    const token = await server.logIn(OLD_USER);
    const [old] = (await dataset.listDatasets(token, address)).body.map((row) => String(row[1]));
    const digits = await uploadDigits(token, address, 'new digits', 20);
    const folder = join(server.folder, 'datasets');
    copyFileSync(join(folder, `${digits}.arrow`), join(folder, `${old}.arrow`));
    const uuid = await newCluster(token, address, 'new cluster');
    await expect(task.waitForTask(token, address, await queueTraining(token, address, uuid, String(old)), uuid)).resolves.toMatchObject({
      state: 'finished',
      current_cycle: 20,
    });
  });
});
