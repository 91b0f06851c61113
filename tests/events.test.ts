import { cluster, dataset, type Task, task } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCluster, queueTraining, uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

let server: ServerProcess;
let token: string;
let address: string;
let large: string;
let small: string;
beforeAll(async () => {
  server = await ServerProcess.start();
  address = server.address;
  token = await server.logIn();
  large = await uploadDigits(token, address, 'many digits', 60_000);
  small = await uploadDigits(token, address, 'few digits', 500, 2);
});
afterAll(() => server.remove());

describe('the events of tasks', () => {
  it('tell every state of a task, and its progress, as GET /task does', async () => {
    const uuid = await newCluster(token, address, 'followed cluster');
    const training = await queueTraining(token, address, uuid, large);
    const seen: Task[] = [];
    for await (const step of task.followTask(token, address, training, uuid)) seen.push(step);
    expect(seen.at(-1)).toEqual(await task.getTask(token, address, training, uuid));
    expect(seen.at(-1)?.state).toBe('finished');
    const cycles = seen.map(({ current_cycle }) => current_cycle);
    expect(cycles).toEqual([...cycles].sort((a, b) => a - b));
    expect(new Set(cycles).size).toBeGreaterThan(3);
  });

  it('come as server-sent events, of all tasks of the cluster', async () => {
    const uuid = await newCluster(token, address, 'raw cluster');
    const done = await queueTraining(token, address, uuid, small);
    await task.waitForTask(token, address, done, uuid);
    const response = await server.call('GET', `/v1.0alpha/task/events?cluster_uuid=${uuid}`, token);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    const reader = (response.body as ReadableStream<BufferSource>).pipeThrough(new TextDecoderStream()).getReader();
    const [, event, data = '{}'] = /^event: (.*)\ndata: (.*)\n\n$/.exec((await reader.read()).value ?? '') ?? [];
    expect([event, JSON.parse(data).uuid]).toEqual(['task', done]);
    const next = await queueTraining(token, address, uuid, small);
    let text = '';
    while (!text.includes('"state":"finished"')) text += (await reader.read()).value;
    expect(text).toContain(next);
    await cluster.deleteCluster(token, address, uuid);
    // The stream ends with its cluster.
    while (!(await reader.read()).done);
  });

  it('end with the token', async () => {
    const brief = await ServerProcess.start({ HANAMI_AUTH_TOKEN_EXPIRE_TIME: '8' });
    try {
      const key = await brief.logIn();
      const { uuid } = await cluster.createCluster(key, brief.address, 'brief cluster');
      const started = performance.now();
      for await (const _ of task.followTasks(key, brief.address, uuid));
      expect(performance.now() - started).toBeLessThan(15_000);
      await expect(task.followTasks(key, brief.address, uuid).next()).rejects.toThrowError('expired');
    } finally {
      await brief.remove();
    }
  });

  it('go on over a restart of the server', async () => {
    const uuid = await newCluster(token, address, 'restarted cluster');
    const training = await queueTraining(token, address, uuid, large);
    const follow = (async () => {
      const seen: Task[] = [];
      try {
        for await (const step of task.followTask(token, address, training, uuid, { patience: 0 })) seen.push(step);
      } catch {
        // The server was away when it was asked again.
      }
      return seen;
    })();
    while ((await task.getTask(token, address, training, uuid)).current_cycle === 0) await new Promise((next) => setTimeout(next, 10));
    await server.stop();
    expect((await follow).length).toBeGreaterThan(0);
    await server.restart();
    address = server.address;
    expect((await task.waitForTask(token, address, training, uuid)).current_cycle).toBe(60_000);
  });
});

describe('a task', () => {
  const column = (uuid: string, name: string) => [{ dataset_uuid: uuid, dataset_column: name, hexagon_name: name }];

  it('is not overlooked when it comes at the moment at which the one before ends', async () => {
    const uuid = await newCluster(token, address, 'busy cluster');
    for (let i = 0; i < 40; i++) {
      // The event comes while the queue of the cluster looks whether there is more to do.
      await task.waitForTask(token, address, await queueTraining(token, address, uuid, small), uuid);
    }
    expect((await task.listTasks(token, address, uuid)).body.every((row) => row[1] === 'finished')).toBe(true);
  });

  it('goes over its rows as often as its epochs say', async () => {
    const uuid = await newCluster(token, address, 'patient cluster');
    const created = await task.createTrainTask(token, address, 'five times', uuid, column(small, 'picture'), column(small, 'label'), 1, 5);
    expect(created.total_number_of_cycles).toBe(2500);
    expect(await task.waitForTask(token, address, created.uuid, uuid)).toMatchObject({ state: 'finished', current_cycle: 2500 });
    const request = await task.createRequestTask(token, address, 'asked', uuid, column(small, 'picture'), [
      { hexagon_name: 'label', dataset_column: 'digit' },
    ]);
    await task.waitForTask(token, address, request.uuid, uuid);
    expect((await dataset.checkMnistDataset(token, address, request.uuid, small)).accuracy).toBeGreaterThan(95);
  });

  it('takes windows of rows in training and request', async () => {
    const rows = Array.from({ length: 400 }, (_, i) => `${i % 4},${(i + 1) % 4}`);
    const series = await dataset.uploadCsvFiles(token, address, 'series', new Blob([`now,next\n${rows.join('\n')}\n`]));
    const { uuid } = await cluster.createCluster(
      token,
      address,
      'windowed cluster',
      'version: 1\nhexagons:\n 1,1,1\n 2,1,1\ninputs:\n now: 1,1,1\noutputs:\n next: 2,1,1\n',
    );
    const training = await task.createTrainTask(token, address, 'windows', uuid, column(series, 'now'), column(series, 'next'), 3, 20);
    expect(training.total_number_of_cycles).toBe(398 * 20);
    await task.waitForTask(token, address, training.uuid, uuid);
    expect((await cluster.getCluster(token, address, uuid)).inputs).toEqual([{ name: 'now', width: 3 }]);
    const results = [{ hexagon_name: 'next', dataset_column: 'next' }];
    const request = await task.createRequestTask(token, address, 'asked', uuid, column(series, 'now'), results, 3);
    await task.waitForTask(token, address, request.uuid, uuid);
    // The answer to a window belongs to its last row.
    const { columns } = await dataset.evaluateDataset(token, address, request.uuid, series, { referenceOffset: 2 });
    expect(columns[0]?.r2).toBeGreaterThan(0.9);
  });
});
