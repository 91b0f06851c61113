import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { BadRequest, Conflict, checkpoint, cluster, dataset, task } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCluster, queueRequest, queueTraining, uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

let server: ServerProcess;
let token: string;
let address: string;
let digits: string;
let trained: string;
let saved: string;
let file: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  server = await ServerProcess.start();
  address = server.address;
  token = await server.logIn();
  digits = await uploadDigits(token, address, 'digits', 1000);
  trained = await newCluster(token, address, 'trained cluster');
  await task.waitForTask(token, address, await queueTraining(token, address, trained, digits), trained);
  saved = (await cluster.saveCluster(token, address, 'first checkpoint', trained)).uuid;
  const { bytes, total } = await checkpoint.downloadCheckpoint(token, address, saved);
  file = new Uint8Array(await new Response(bytes).arrayBuffer());
  expect(file.length).toBe(total ?? file.length);
});
afterAll(() => server.remove());

/** What a cluster answers to the digits. */
async function answers(uuid: string): Promise<unknown> {
  const request = await queueRequest(token, address, uuid, digits);
  await task.waitForTask(token, address, request, uuid);
  return (await dataset.downloadDatasetContent(token, address, request, 'digit', 1000)).data;
}

describe('a checkpoint', () => {
  it('becomes a new cluster that answers alike', async () => {
    const { uuid } = await cluster.createClusterFromCheckpoint(token, address, 'second cluster', saved);
    expect(await answers(uuid)).toEqual(await answers(trained));
    const [old, made] = [await cluster.getCluster(token, address, trained), await cluster.getCluster(token, address, uuid)];
    expect([made.neurons, made.synapses]).toEqual([old.neurons, old.synapses]);
    // It goes its own way from here.
    await task.waitForTask(token, address, await queueTraining(token, address, uuid, digits), uuid);
    expect(await answers(uuid)).not.toEqual(await answers(trained));
  });

  it('is refused together with a template', async () => {
    const body = JSON.stringify({ name: 'both', template: btoa('version: 1'), checkpoint_uuid: saved });
    const response = await server.call('POST', '/v1.0alpha/cluster', token, body);
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("either 'template' or 'checkpoint_uuid'")]);
  });

  it('is downloaded and uploaded, to another server too', async () => {
    expect(file.length).toBe((await checkpoint.getCheckpoint(token, address, saved)).size);
    const other = await ServerProcess.start();
    try {
      const key = await other.logIn();
      const uuid = await checkpoint.uploadCheckpoint(key, other.address, 'foreign checkpoint', new Blob([file]));
      expect((await checkpoint.listCheckpoints(key, other.address)).body.map((row) => row[1])).toEqual([uuid]);
      const made = await cluster.createClusterFromCheckpoint(key, other.address, 'foreign cluster', uuid);
      const grown = await cluster.getCluster(key, other.address, made.uuid);
      expect(grown.synapses).toBe((await cluster.getCluster(token, address, trained)).synapses);
    } finally {
      await other.remove();
    }
  });

  it('of a cluster on four threads is uploaded where as many are set, and refused where there are fewer', async () => {
    const threads = { HANAMI_PROCESSING_THREADS_PER_CLUSTER: '4', HANAMI_PROCESSING_THREADS_IF_FASTER: 'false' };
    const four = await ServerProcess.start(threads);
    try {
      const key = await four.logIn();
      const uuid = await newCluster(key, four.address, 'on four threads');
      const rows = await uploadDigits(key, four.address, 'digits', 200);
      await task.waitForTask(key, four.address, await queueTraining(key, four.address, uuid, rows), uuid);
      const { uuid: made } = await cluster.saveCluster(key, four.address, 'of four threads', uuid);
      const { bytes } = await checkpoint.downloadCheckpoint(key, four.address, made);
      const wide = new Blob([new Uint8Array(await new Response(bytes).arrayBuffer())]);
      const again = await checkpoint.uploadCheckpoint(key, four.address, 'uploaded again', wide);
      await cluster.createClusterFromCheckpoint(key, four.address, 'made of it', again);
      if (availableParallelism() >= 4) return;
      await expect(checkpoint.uploadCheckpoint(token, address, 'too wide', wide)).rejects.toThrowError('of a cluster on 4 threads');
    } finally {
      await four.remove();
    }
  });

  it.each<[string, () => Uint8Array<ArrayBuffer>, RegExp]>([
    ['a flipped bit', () => file.map((byte, i) => (i === file.length >> 1 ? byte ^ 1 : byte)), /damaged: its checksum does not match/],
    ['missing bytes', () => file.slice(0, -8), /damaged/],
    ['another version', () => file.map((byte, i) => (i === 6 ? 57 : byte)), /of form 9; this version reads form 4/],
    ['another kind of file', () => new TextEncoder().encode('a,b\n1,2\n'), /no snapshot of a cluster/],
  ])('is refused with %s, and leaves nothing', async (_, bytes, reason) => {
    const upload = checkpoint.uploadCheckpoint(token, address, 'damaged checkpoint', new Blob([bytes()]));
    await expect(upload).rejects.toThrowError(BadRequest);
    await expect(upload).rejects.toThrowError(reason);
    expect((await checkpoint.listCheckpoints(token, address)).body).toHaveLength(1);
    expect(server.files('tempfiles')).toEqual([]);
    expect(server.files('checkpoints')).toEqual([`${saved}.checkpoint`]);
  });

  it('is not used while its file is on the way', async () => {
    const body = JSON.stringify({ name: 'half checkpoint', input_data_size: 100 });
    const announced = await server.call('POST', '/v1.0alpha/checkpoint/upload', token, body);
    const { uuid } = (await announced.json()) as { uuid: string };
    await expect(cluster.createClusterFromCheckpoint(token, address, 'half cluster', uuid)).rejects.toThrowError(Conflict);
    await checkpoint.deleteCheckpoint(token, address, uuid);
    expect(existsSync(server.fileOf('checkpoints', `${uuid}.checkpoint`))).toBe(false);
  });
});
