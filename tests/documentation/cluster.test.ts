// The sections of the reference documentation about clusters, what is said to them directly, checkpoints and hosts, each by its name.
import { join } from 'node:path';
import * as sdk from '@openhanami/sdk';
import { beforeAll, describe, expect, it } from 'vitest';
import * as cli from '../hanamictl.ts';
import { PYTHON } from '../python.ts';
import type { ServerProcess } from '../server-process.ts';
import { documented } from './setup.ts';

const inPython = it.skipIf(!PYTHON);
const on = documented();
const { shown, uuidFrom, snippet, answerOf } = on;
const { alike } = cli;
let address: string;
let folder: string;
let token: string;
let server: ServerProcess;
/** Uuids that sections leave for those after them. */
const made = { cluster: '', checkpoint: '' };
beforeAll(() => {
  ({ address, folder, token, server } = on);
});

describe('Cluster', () => {
  it('Create Cluster', async () => {
    const created = await shown('cluster', 'create', '-t', join(folder, 'cluster_template'), 'cli_test_cluster');
    made.cluster = cli.UUID.exec(created)?.[0] ?? '';
    expect(alike(created)).toBe(
      `+------------+--------------------------------------+
| UUID       | 00000000-0000-0000-0000-000000000000 |
| NAME       | cli_test_cluster                     |
| VISIBILITY | private                              |
| OWNER ID   | asdf                                 |
| PROJECT ID | admin                                |
| CREATED AT | 2024-07-12 20:52:21 UTC              |
+------------+--------------------------------------+
`,
    );
  });
  inPython('Create Cluster in Python', async () => {
    const created = { name: 'test_cluster', owner_id: 'asdf', project_id: 'admin', visibility: 'private' };
    expect(await answerOf('create-cluster')).toMatchObject(created);
  });

  it('Get Cluster', async () => {
    expect(alike(await shown('cluster', 'get', made.cluster)).replace(/(MEMORY +\| )\d+\.\d MB/, (_, before) => `${before}0.0 MB`)).toBe(
      `+--------------------+--------------------------------------+
| UUID               | 00000000-0000-0000-0000-000000000000 |
| NAME               | cli_test_cluster                     |
| VISIBILITY         | private                              |
| OWNER ID           | asdf                                 |
| NUMBER OF BLOCKS   | 0                                    |
| NUMBER OF SECTIONS | 0                                    |
| PROJECT ID         | admin                                |
| CREATED AT         | 2024-07-12 20:52:21 UTC              |
| NEURONS            | 0                                    |
| MEMORY             | 0.0 MB                               |
| MODE               | TASK                                 |
+--------------------+--------------------------------------+
`,
    );
  });
  inPython('Get Cluster in Python', async () => {
    const answer = await answerOf('get-cluster', { replace: { 'd94f2b53-f404-4215-9a33-63c4a03e3202': made.cluster } });
    expect(answer).toMatchObject({ name: 'cli_test_cluster', number_of_blocks: 0, number_of_sections: 0, uuid: made.cluster });
  });

  it('List Cluster', async () => {
    expect(alike(await shown('cluster', 'list'))).toMatch(
      `+--------------------------------------+------------------+------------+----------+------------+-------------------------+
|                 UUID                 |       NAME       | VISIBILITY | OWNER ID | PROJECT ID |       CREATED AT        |
+--------------------------------------+------------------+------------+----------+------------+-------------------------+
| 00000000-0000-0000-0000-000000000000 | cli_test_cluster | private    | asdf     | admin      | 2024-07-12 20:52:21 UTC |
`,
    );
  });
  inPython('List Cluster in Python', async () => {
    expect((await answerOf('list-cluster')).header).toEqual(['created_at', 'uuid', 'project_id', 'owner_id', 'visibility', 'name']);
  });

  it('Delete Cluster', async () => {
    const uuid = await uuidFrom('cluster', 'create', 'short lived');
    expect(await shown('cluster', 'delete', uuid)).toBe(`successfully deleted cluster '${uuid}'\n`);
  });

  inPython('Create Checkpoint of Cluster in Python', async () => {
    const answer = await answerOf('create-checkpoint-of-cluster', { names: { cluster_uuid: made.cluster } });
    expect(answer).toEqual({ name: 'test_checkpoint', uuid: expect.stringMatching(cli.UUID) });
  });
  it('Create Checkpoint of Cluster', async () => {
    const saved = await shown('cluster', 'save', '-n', 'cli_test_checkpoint', made.cluster);
    made.checkpoint = cli.UUID.exec(saved)?.[0] ?? '';
    expect(alike(saved)).toBe(
      `+------+--------------------------------------+
| UUID | 00000000-0000-0000-0000-000000000000 |
| NAME | cli_test_checkpoint                  |
+------+--------------------------------------+
`,
    );
  });

  it('Restore Checkpoint of Cluster', async () => {
    expect(await shown('cluster', 'restore', '-c', made.checkpoint, made.cluster)).toBe(
      `+------+--------------------------------------+
| UUID | ${made.cluster} |
+------+--------------------------------------+
`,
    );
  });
  inPython('Restore Checkpoint of Cluster in Python', async () => {
    const replace = { 'cc6120c7-cc31-4f17-baee-c6c606f00512': made.checkpoint, 'd94f2b53-f404-4215-9a33-63c4a03e3202': made.cluster };
    expect(await answerOf('restore-checkpoint-of-cluster', { replace })).toEqual({ uuid: made.cluster });
  });

  const hostOf = async () => (await sdk.cluster.getCluster(token, address, made.cluster)).host;
  const otherHost = async (): Promise<string> => {
    const now = await hostOf();
    return String((await sdk.hosts.listHosts(token, address)).body.map((row) => row[0]).find((uuid) => uuid !== now));
  };
  it('Switch Host', async () => {
    const target = await otherHost();
    expect(await shown('cluster', 'switch-host', '-h', target, made.cluster)).toContain(
      '| NAME       | cli_test_cluster                     |',
    );
    expect(await hostOf()).toBe(target);
  });
  inPython('Switch Host in Python', async () => {
    const target = await otherHost();
    const replace = { 'cc6120c7-cc31-4f17-baee-c6c606f00512': target, 'd94f2b53-f404-4215-9a33-63c4a03e3202': made.cluster };
    expect(await answerOf('switch-host', { replace })).toMatchObject({ name: 'cli_test_cluster', owner_id: 'asdf', uuid: made.cluster });
    expect(await hostOf()).toBe(target);
  });
});

describe('Direct-IO', () => {
  const TALKING = 'version: 1\nhexagons:\n 1,1,1\n 2,1,1\ninputs:\n test_input: 1,1,1\noutputs:\n test_output: 2,1,1\n';
  let talking: string;
  beforeAll(async () => {
    talking = (await sdk.cluster.createCluster(token, address, 'talking cluster', TALKING)).uuid;
  });
  const values = [0, 2, 0, 10, 0.5];

  it('direct train', async () => {
    const connection = await sdk.cluster.switchToDirectMode(token, address, talking);
    await sdk.directIo.sendTrainInput(connection, 'test_input', values, false);
    await sdk.directIo.sendTrainInput(connection, 'test_output', [1, 0], true);
    await connection.close();
    await sdk.cluster.switchToTaskMode(token, address, talking);
  });
  it('direct train in the command line, from standard input', async () => {
    const args = ['direct', 'train', '-c', talking, '-o', 'test_output:2'];
    const { out, err } = await cli.hanamictl(server, args, {}, 'a,b,c,d,e,x,y\n0,2,0,10,0.5,1,0\n0,2,0,10,0.5,1,0\n');
    expect([out, err]).toEqual(['trained 2 cycles\n', '']);
  });
  inPython('direct train in Python', async () => {
    expect((await snippet('direct-train', { replace: { '9f86921d-9a7c-44a2-836c-1683928d9354': talking } })).answers).toEqual([null, null]);
  });

  it('direct request', async () => {
    const connection = await sdk.cluster.switchToDirectMode(token, address, talking);
    const [yes = 0, no = 1] = await sdk.directIo.sendRequestInput(connection, 'test_input', values, true);
    expect(yes).toBeGreaterThan(no);
    await connection.close();
    await sdk.cluster.switchToTaskMode(token, address, talking);
  });
  it('direct request in the command line, from standard input', async () => {
    const { out, err } = await cli.hanamictl(server, ['direct', 'request', '-c', talking], {}, '0,2,0,10,0.5\n');
    expect([out, err]).toEqual([expect.stringMatching(/^[\d.e-]+,[\d.e-]+\n$/), '']);
  });
  inPython('direct request in Python', async () => {
    const { answers } = await snippet('direct-request', { replace: { '9f86921d-9a7c-44a2-836c-1683928d9354': talking } });
    expect(answers).toEqual([[expect.any(Number), expect.any(Number)]]);
  });
});

describe('Checkpoint', () => {
  it('List Checkpoints', async () => {
    expect(alike(await shown('checkpoint', 'list'))).toContain(
      `+--------------------------------------+---------------------+------------+----------+------------+-------------------------+
|                 UUID                 |        NAME         | VISIBILITY | OWNER ID | PROJECT ID |       CREATED AT        |
+--------------------------------------+---------------------+------------+----------+------------+-------------------------+
`,
    );
    expect(alike(await shown('checkpoint', 'list'))).toContain(
      '| 00000000-0000-0000-0000-000000000000 | cli_test_checkpoint | private    | asdf     | admin      | 2024-07-12 20:52:21 UTC |',
    );
  });
  inPython('List Checkpoints in Python', async () => {
    expect((await answerOf('list-checkpoints')).header).toEqual(['created_at', 'uuid', 'project_id', 'owner_id', 'visibility', 'name']);
  });

  inPython('Delete Checkpoint in Python', async () => {
    const { uuid } = await sdk.cluster.saveCluster(token, address, 'short lived', made.cluster);
    await snippet('delete-checkpoint', { replace: { 'cc6120c7-cc31-4f17-baee-c6c606f00512': uuid } });
    await expect(sdk.checkpoint.getCheckpoint(token, address, uuid)).rejects.toThrowError(sdk.NotFound);
  });
  it('Delete Checkpoint', async () => {
    expect(await shown('checkpoint', 'delete', made.checkpoint)).toBe(`successfully deleted checkpoint '${made.checkpoint}'\n`);
  });
});

describe('Hosts', () => {
  it('List Hosts', async () => {
    expect(alike(await shown('host', 'list'))).toBe(
      `+--------------------------------------+------+
|                 UUID                 | TYPE |
+--------------------------------------+------+
| 00000000-0000-0000-0000-000000000000 | cpu  |
| 00000000-0000-0000-0000-000000000000 | cpu  |
+--------------------------------------+------+
`,
    );
  });
  inPython('List Hosts in Python', async () => {
    const { header, body } = await answerOf('list-hosts');
    expect(header.slice(0, 2)).toEqual(['uuid', 'type']);
    expect(body.map((row: unknown[]) => row[1])).toEqual(['cpu', 'cpu']);
  });
});
