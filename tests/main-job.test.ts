import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkpoint, cluster, dataset, hosts, task } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCluster, queueRequest, queueTraining, uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

const MNIST = process.env['MNIST_DIR'] ?? join(import.meta.dirname, '../../shared/data/mnist');

let server: ServerProcess;
let address: string;
let token: string;
beforeAll(async () => {
  server = await ServerProcess.start();
  address = server.address;
  token = await server.logIn();
});
afterAll(() => server.remove());

describe('the main job', () => {
  it('goes from files to an accuracy', async () => {
    const train = await uploadDigits(token, address, 'train set', 8000, 1);
    const test = await uploadDigits(token, address, 'test set', 1000, 2);
    expect(await dataset.getDataset(token, address, train)).toMatchObject({
      name: 'train set',
      owner_id: 'asdf',
      project_id: 'admin',
      visibility: 'private',
      version: 'v1.0alpha',
      number_of_rows: 8000,
      number_of_columns: 794,
      description: { picture: { column_start: 0, column_end: 784 }, label: { column_start: 784, column_end: 794 } },
    });

    const uuid = await newCluster(token, address, 'main cluster');
    const empty = await cluster.getCluster(token, address, uuid);
    expect(empty).toMatchObject({ number_of_blocks: 0, number_of_sections: 0, neurons: 0, mode: 'TASK' });

    const training = await queueTraining(token, address, uuid, train);
    const seen: number[] = [];
    const trained = await task.waitForTask(token, address, training, uuid, ({ current_cycle }) => seen.push(current_cycle));
    expect(trained).toMatchObject({ state: 'finished', current_cycle: 8000, total_number_of_cycles: 8000 });
    expect(trained.end_timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);

    const request = await queueRequest(token, address, uuid, test);
    await task.waitForTask(token, address, request, uuid);
    const result = await dataset.getDataset(token, address, request);
    expect(result).toMatchObject({ uuid: request, name: 'request task', number_of_rows: 1000, number_of_columns: 10 });
    expect(result.description).toEqual({ digit: { column_start: 0, column_end: 10 } });
    const { accuracy } = await dataset.checkMnistDataset(token, address, request, test);
    expect(accuracy).toBeGreaterThan(90);

    const { data } = await dataset.downloadDatasetContent(token, address, request, 'digit', 5, 998);
    expect(data).toHaveLength(2);
    expect(data[0]).toHaveLength(10);

    expect(await cluster.getCluster(token, address, uuid)).toMatchObject({
      neurons: expect.any(Number),
      inputs: [{ name: 'picture', width: 784 }],
      outputs: [{ name: 'label', width: 10 }],
    });
    const { header, body } = await task.listTasks(token, address, uuid);
    expect(header).toEqual(['uuid', 'state', 'percentage', 'queued', 'start', 'end', 'name']);
    expect(body.map((row) => row.slice(0, 3))).toEqual([
      [training, 'finished', '1.000000'],
      [request, 'finished', '1.000000'],
    ]);

    // What was learnt comes back with a checkpoint, in this cluster and in another.
    const saved = await cluster.saveCluster(token, address, 'good state', uuid);
    const other = await newCluster(token, address, 'other cluster');
    expect(await cluster.restoreCluster(token, address, saved.uuid, other)).toEqual({ uuid: other });
    const again = await queueRequest(token, address, other, test);
    await task.waitForTask(token, address, again, other);
    expect((await dataset.checkMnistDataset(token, address, again, test)).accuracy).toBe(accuracy);
    expect(await checkpoint.getCheckpoint(token, address, saved.uuid)).toMatchObject({ name: 'good state', cluster_uuid: uuid });
    expect((await checkpoint.listCheckpoints(token, address)).body.map((row) => row[1])).toEqual([saved.uuid]);
    await checkpoint.deleteCheckpoint(token, address, saved.uuid);
    await expect(checkpoint.getCheckpoint(token, address, saved.uuid)).rejects.toThrowError('there is no checkpoint');
  });

  it('lists with the columns of the contract', async () => {
    const columns = ['created_at', 'uuid', 'project_id', 'owner_id', 'visibility', 'name'];
    expect((await dataset.listDatasets(token, address)).header).toEqual(columns);
    expect((await cluster.listClusters(token, address)).header).toEqual(columns);
    expect((await checkpoint.listCheckpoints(token, address)).header).toEqual(columns);
    const found = await hosts.listHosts(token, address);
    expect(found.header.slice(0, 2)).toEqual(['uuid', 'type']);
    expect(found.body[0]?.slice(0, 2)).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), 'cpu']);
  });

  it('leaves no file behind of what was deleted', async () => {
    for (const [, uuid] of (await dataset.listDatasets(token, address)).body) await dataset.deleteDataset(token, address, String(uuid));
    for (const [, uuid] of (await cluster.listClusters(token, address)).body) await cluster.deleteCluster(token, address, String(uuid));
    for (const folder of ['datasets', 'clusters', 'checkpoints', 'tempfiles'] as const) expect(server.files(folder)).toEqual([]);
    expect((await dataset.listDatasets(token, address)).body).toEqual([]);
  });

  it('learns a table from CSV, over windows of rows', async () => {
    const values = [0, 80, 30, 10];
    const targets = [0, 1, 0.5, 0.75];
    const lines = Array.from({ length: 80_000 }, (_, i) => `${values[Math.floor(i / 100) % 4]},${targets[Math.floor(i / 100) % 4]}`);
    const table = await dataset.uploadCsvFiles(token, address, 'test_csv', new Blob([`test_input,test_output\n${lines.join('\n')}\n`]));
    const { uuid } = await cluster.createCluster(token, address, 'table cluster');
    const inputs = [{ dataset_uuid: table, dataset_column: 'test_input', hexagon_name: 'input' }];
    const outputs = [{ dataset_uuid: table, dataset_column: 'test_output', hexagon_name: 'output' }];
    const created = await task.createTrainTask(token, address, 'train table', uuid, inputs, outputs, 25);
    expect(created.total_number_of_cycles).toBe(79_976);
    await task.waitForTask(token, address, created.uuid, uuid);
    const request = await task.createRequestTask(
      token,
      address,
      'ask table',
      uuid,
      inputs,
      [{ dataset_column: 'out', hexagon_name: 'output' }],
      25,
    );
    await task.waitForTask(token, address, request.uuid, uuid);
    const { data } = await dataset.downloadDatasetContent(token, address, request.uuid, 'out', 400);
    // Windows that lie within one value.
    for (const [i, target] of targets.entries()) expect(Math.abs((data[i * 100 + 40]?.[0] ?? 9) - target)).toBeLessThan(0.05);
  });
});

describe.runIf(existsSync(MNIST))('the real MNIST images', () => {
  it('are learnt to at least 97.3 % in one pass', async () => {
    const files = (part: string) => [join(MNIST, `${part}-images-idx3-ubyte.gz`), join(MNIST, `${part}-labels-idx1-ubyte.gz`)] as const;
    const train = await dataset.uploadMnistFiles(token, address, 'mnist train', ...files('train'));
    const test = await dataset.uploadMnistFiles(token, address, 'mnist test', ...files('t10k'));
    const uuid = await newCluster(token, address, 'mnist cluster');
    await task.waitForTask(token, address, await queueTraining(token, address, uuid, train), uuid);
    const request = await queueRequest(token, address, uuid, test);
    await task.waitForTask(token, address, request, uuid);
    expect((await dataset.checkMnistDataset(token, address, request, test)).accuracy).toBeGreaterThan(97.3);
  });
});
