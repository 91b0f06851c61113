import { checkpoint, cluster, dataset, task } from '@openhanami/sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newCluster, queueRequest, queueTraining, uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

let server: ServerProcess;
beforeAll(async () => {
  server = await ServerProcess.start({ HANAMI_PROCESSING_THREADS_PER_CLUSTER: '2', HANAMI_PROCESSING_THREADS_IF_FASTER: 'false' });
});
afterAll(() => server.remove());

it('a cluster on two threads is trained, asked, killed with its server, saved and restored like any other', async () => {
  const { address } = server;
  const token = await server.logIn();
  const digits = await uploadDigits(token, address, 'digits', 2000);
  const uuid = await newCluster(token, address, 'wide cluster');
  await task.waitForTask(token, address, await queueTraining(token, address, uuid, digits), uuid);
  const ask = async (at: string, of: string): Promise<number[][]> => {
    const request = await queueRequest(token, at, of, digits);
    await task.waitForTask(token, at, request, of);
    return (await dataset.downloadDatasetContent(token, at, request, 'digit', 2000)).data as number[][];
  };
  const answers = await ask(address, uuid);
  const labels = (await dataset.downloadDatasetContent(token, address, digits, 'label', 2000)).data as number[][];
  const right = labels.filter(
    (oneHot, row) => (answers[row] as number[]).indexOf(Math.max(...(answers[row] as number[]))) === oneHot.indexOf(1),
  );
  expect(right.length).toBeGreaterThan(1700);

  await server.stop('SIGKILL');
  await server.restart();
  expect(await ask(server.address, uuid)).toEqual(answers);

  const saved = (await cluster.saveCluster(token, server.address, 'checkpoint', uuid)).uuid;
  const { bytes } = await checkpoint.downloadCheckpoint(token, server.address, saved);
  const file = new Blob([await new Response(bytes).arrayBuffer()]);
  const again = await checkpoint.uploadCheckpoint(token, server.address, 'the same', file);
  const copy = await cluster.createClusterFromCheckpoint(token, server.address, 'copy', again);
  expect(await ask(server.address, copy.uuid)).toEqual(answers);
  await cluster.deleteCluster(token, server.address, copy.uuid);
  expect(await server.stop()).toBe(0);
});
