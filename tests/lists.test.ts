// Parts of lists: of many things only some are wanted, and all of them come soon.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cluster, dataset, hosts, logs, project, session, task, user } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCluster, queueTraining, uploadDigits } from './digits.ts';
import { hanamictl, shown } from './hanamictl.ts';
import { copyDataset } from './many-datasets.ts';
import { ServerProcess } from './server-process.ts';

const MANY = 10_236;
let server: ServerProcess;
let token: string;
beforeAll(async () => {
  server = await ServerProcess.start();
  token = await server.logIn();
  const digits = await uploadDigits(token, server.address, 'a template', 3);
  await copyDataset(server, digits, MANY);
});
afterAll(() => server.remove());

describe('a list', () => {
  it('comes whole, or in parts from either end, with how many there are', async () => {
    const list = (part = {}) => dataset.listDatasets(token, server.address, part);
    const names = ({ body }: { body: unknown[][] }) => body.map((row) => row[5]);
    expect((await list()).body).toHaveLength(MANY);
    const newest = await list({ limit: 3, order: 'newest' });
    expect([names(newest), newest.total]).toEqual([['number 10235', 'number 10234', 'number 10233'], MANY]);
    expect(names(await list({ limit: 2, offset: 1 }))).toEqual(['number 1', 'number 2']);
    expect(names(await list({ name: 'NUMBER 1023', order: 'newest', limit: 100 }))).toEqual([
      ...['number 10235', 'number 10234', 'number 10233', 'number 10232', 'number 10231', 'number 10230'],
      'number 1023',
    ]);
    const byName = await list({ name: 'number 10', order: 'name', limit: 4 });
    expect(names(byName)).toEqual(['number 10', 'number 100', 'number 1000', 'number 10000']);
    // What has a meaning for the database has none here.
    expect((await list({ name: '%' })).body).toEqual([]);
    await expect(list({ limit: 0 })).rejects.toThrowError("'limit' must be a whole number from 1");
  });

  it('of every kind takes the same parameters', async () => {
    const { address } = server;
    const uuid = await newCluster(token, address, 'a cluster');
    const digits = await uploadDigits(token, address, 'digits', 20);
    for (const name of ['first', 'second']) await queueTraining(token, address, uuid, digits, name);
    const part = { limit: 1, offset: 0, order: 'newest', name: 'a' } as const;
    for (const list of [user.listUsers, project.listProjects, cluster.listClusters, hosts.listHosts, dataset.listDatasets])
      expect((await list(token, address, part)).body.length).toBeLessThanOrEqual(1);
    expect((await task.listTasks(token, address, uuid, { ...part, name: 'second' })).body[0]?.[6]).toBe('second task');
    expect((await task.listTasks(token, address, uuid, { state: 'failed' })).body).toEqual([]);
    for (const list of [
      user.listUsers,
      project.listProjects,
      cluster.listClusters,
      hosts.listHosts,
      dataset.listDatasets,
      session.listSessions,
    ])
      expect((await list(token, address, { order: 'name' })).body.length).toBeGreaterThanOrEqual(list === project.listProjects ? 0 : 1);
    expect((await session.listSessions(token, address, { name: 'nobody' })).body).toEqual([]);
    expect((await logs.getAuditLog(token, address, { limit: 2 })).body).toHaveLength(2);
    const found = await logs.getAuditLog(token, address, { text: 'CLUSTER' });
    expect(found.total).toBe(1);
    expect(found.body[0]?.slice(2, 4)).toEqual(['v1.0alpha/cluster', 'POST']);
    expect((await logs.getErrorLog(token, address, { text: 'no such entry' })).body).toEqual([]);
  });
});

describe('hanamictl', () => {
  it('shows the newest hundred, says how to see more, and shows all', async () => {
    const part = await hanamictl(server, ['dataset', 'list', '--name', 'number']);
    expect(part.out.split('\n').filter((line) => line.startsWith('| '))).toHaveLength(101);
    expect(part.out).toContain('| number 10235 ');
    expect(part.err).toBe(
      '100 of 10235 are shown, the newest; --offset 100 shows those before, --all all, --name <text> those with a text in their name\n',
    );
    const byName = await hanamictl(server, ['dataset', 'list', '--name', 'number 10', '--by-name', '--limit', '1']);
    expect(byName.out).toContain('| number 10 ');
    expect(byName.err).toMatch(/^1 of \d+ are shown, by name; --offset 1 shows the next/);
    const all = await shown(server, 'dataset', 'list', '--all');
    expect(all.split('\n').length).toBeGreaterThan(MANY);
    expect(JSON.parse(await shown(server, 'dataset', 'list', '-j')).body.length).toBeGreaterThanOrEqual(MANY);
  });

  it('centres headers, closes the table of an empty list, and tells times as UTC', async () => {
    expect(await shown(server, 'checkpoint', 'list')).toMatch(
      /^(\+-+){6}\+\n\| UUID \| NAME \| VISIBILITY \| OWNER ID \| PROJECT ID \| CREATED AT \|\n(\+-+){6}\+\n(\+-+){6}\+\n$/,
    );
    expect(await shown(server, 'user', 'list')).toMatch(/\| {2}ID {2}\| +NAME +\|.*\n.*\n\| asdf .* \d\d:\d\d:\d\d UTC \|/);
  });

  it('tells tasks with name and progress, and clusters with neurons and memory', async () => {
    const [uuid] = (await cluster.listClusters(token, server.address)).body.map((row) => String(row[1]));
    expect(await shown(server, 'task', 'list', '-c', String(uuid))).toMatch(
      /\| +UUID +\| +STATE +\| +NAME +\| PROGRESS \|\n.*\n\| [0-9a-f-]{36} \| finished \| first task +\| 100.0 % +\|/,
    );
    expect(await shown(server, 'cluster', 'get', String(uuid))).toMatch(/\| NEURONS +\| \d+ +\|\n\| MEMORY +\| \d+\.\d MB +\|/);
  });
});

// The contract's page of endpoints tells of these parameters too.
it('is told by the OpenAPI document', async () => {
  const document = JSON.parse(await (await server.call('GET', '/openapi.json')).text());
  const parameters = (path: string) => document.paths[`/v1.0alpha${path}`].get.parameters.map(({ name }: { name: string }) => name).sort();
  for (const path of ['/dataset/all', '/cluster/all', '/user/all', '/project/all', '/host/all'])
    expect(parameters(path)).toEqual(['limit', 'name', 'offset', 'order']);
  expect(parameters('/checkpoint/all')).toEqual(['cluster_uuid', 'limit', 'name', 'offset', 'order']);
  expect(parameters('/task/all')).toEqual(['cluster_uuid', 'dataset_uuid', 'limit', 'name', 'offset', 'order', 'state']);
  expect(Object.keys(document.paths['/v1.0alpha/token'].post.responses)).toContain('401');
  expect(readFileSync(join(import.meta.dirname, '../docs/access.md'), 'utf8')).toContain('/dataset/upload/all');
});
