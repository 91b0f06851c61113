// A data folder of each released schema works on: files/schema-<n>.sql is the dump of a database that a server of that schema has made.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { checkpoint, cluster, dataset, project, task } from '@openhanami/sdk';
import { afterAll, describe, expect, it } from 'vitest';
import { ServerProcess } from './server-process.ts';

let server: ServerProcess;
afterAll(() => server.remove());

describe('a database of schema 001', () => {
  it('is brought to the newest schema, and nothing of it is lost', async () => {
    server = await ServerProcess.start();
    await server.stop();
    const path = join(server.folder, 'hanami.db');
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    const old = new DatabaseSync(path);
    old.exec(readFileSync(join(import.meta.dirname, 'files/schema-001.sql'), 'utf8'));
    old.close();
    await server.restart();

    const { address } = server;
    const token = await server.logIn({ id: 'old_user', passphrase: 'passphrase' });
    const names = (list: { body: unknown[][] }) => list.body.map((row) => row[5]);
    expect(names(await dataset.listDatasets(token, address))).toEqual(['old digits']);
    expect(names(await cluster.listClusters(token, address))).toEqual(['old cluster']);
    const [checkpoints] = (await checkpoint.listCheckpoints(token, address)).body;
    expect(checkpoints?.[5]).toBe('old checkpoint');
    expect((await checkpoint.getCheckpoint(token, address, String(checkpoints?.[1]))).size).toBe(421_936);
    const uuid = String((await cluster.listClusters(token, address)).body[0]?.[1]);
    expect((await task.listTasks(token, address, uuid)).body.map((row) => row[1])).toEqual(['finished']);
    expect((await project.listProjects(await server.logIn(), address)).body.map((row) => row[1])).toEqual(['old_project']);
    // The upload that was under way goes on.
    const progress = await server.call('GET', '/v1.0alpha/dataset/progress?uuid=31c28935-222c-466e-88d7-595961d559ea', token);
    expect(await progress.json()).toEqual({ uuid: '31c28935-222c-466e-88d7-595961d559ea', complete: false });
  });
});
