import { cluster, dataset, hosts, NotFound, task } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCluster, queueRequest, queueTraining, uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

let server: ServerProcess;
let token: string;
let address: string;
let large: string;
beforeAll(async () => {
  server = await ServerProcess.start({ HANAMI_HOSTS: '3' });
  address = server.address;
  token = await server.logIn();
  large = await uploadDigits(token, address, 'many digits', 60_000);
});
afterAll(() => server.remove());

const usage = async () => {
  const { header, body } = await hosts.listHosts(token, address);
  return body.map(
    (row) =>
      Object.fromEntries(header.map((name, i) => [name, row[i]])) as { uuid: string; clusters: number; load: number; memory: number },
  );
};
const hostOf = async (uuid: string) => (await cluster.getCluster(token, address, uuid)).host;

describe('logical hosts', () => {
  it('share the clusters, and tell load and memory', async () => {
    for (let i = 0; i < 3; i++) await newCluster(token, address, `cluster ${i}`);
    const all = await usage();
    expect(all.map(({ clusters }) => clusters)).toEqual([1, 1, 1]);
    for (const { load, memory } of all) {
      expect(load).toBeGreaterThanOrEqual(0);
      expect(load).toBeLessThanOrEqual(1);
      expect(memory).toBeGreaterThan(1000);
    }
  });

  it('take a cluster in the middle of its training, and nothing is lost', async () => {
    const moving = await newCluster(token, address, 'moving cluster');
    const training = await queueTraining(token, address, moving, large);
    const seen: number[] = [];
    const moves = new Set<string>();
    await task.waitForTask(token, address, training, moving, ({ current_cycle }) => {
      seen.push(current_cycle);
    });
    // Now the same with moves between all hosts while it runs.
    const second = await queueTraining(token, address, moving, large);
    while ((await task.getTask(token, address, second, moving)).current_cycle === 0) await new Promise((next) => setTimeout(next, 5));
    for (const { uuid } of await usage()) {
      await cluster.switchHost(token, address, moving, uuid);
      expect(await hostOf(moving)).toBe(uuid);
      moves.add(uuid);
      await new Promise((next) => setTimeout(next, 150));
    }
    const done = await task.waitForTask(token, address, second, moving);
    expect(done).toMatchObject({ state: 'finished', current_cycle: 60_000, total_number_of_cycles: 60_000 });
    expect(moves.size).toBe(3);
    const request = await queueRequest(token, address, moving, large);
    await task.waitForTask(token, address, request, moving);
    expect((await dataset.checkMnistDataset(token, address, request, large)).accuracy).toBeGreaterThan(95);
  });

  it('are kept over a restart, with what lives on them', async () => {
    const before = await usage();
    const uuid = await newCluster(token, address, 'staying cluster');
    const target = before.at(-1)?.uuid ?? '';
    await cluster.switchHost(token, address, uuid, target);
    await server.stop();
    await server.restart();
    address = server.address;
    expect((await usage()).map((host) => host.uuid)).toEqual(before.map((host) => host.uuid));
    expect(await hostOf(uuid)).toBe(target);
  });

  it('must be there, and do not take a cluster that talks directly', async () => {
    const uuid = await newCluster(token, address, 'other cluster');
    const absent = '146bacb3-b5bf-485b-a2e8-d1812b57eb63';
    await expect(cluster.switchHost(token, address, uuid, absent)).rejects.toThrowError(NotFound);
    const connection = await cluster.switchToDirectMode(token, address, uuid);
    const [first] = await usage();
    await expect(cluster.switchHost(token, address, uuid, first?.uuid ?? '')).rejects.toThrowError('DIRECT mode');
    await connection.close();
  });
});
