import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { countNumaNodes, HostPool } from '../src/hosts/pool.ts';

const folder = mkdtempSync(join(tmpdir(), 'hanami-pool-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Nothing is written there. */
const PLACES = {
  dataset_location: '',
  checkpoint_location: '',
  cluster_location: '',
  tempfile_location: '',
  key_location: '',
  location: '',
  retry_time: 0,
  encryption_key: '',
  former_encryption_key: '',
};

describe('logical hosts', () => {
  it('are as many as the machine has NUMA nodes', () => {
    for (const name of ['node0', 'node1', 'possible']) mkdirSync(join(folder, name));
    expect(countNumaNodes(folder)).toBe(2);
    expect(countNumaNodes(join(folder, 'nowhere'))).toBe(1);
  });

  it('share the threads, and get clusters evenly; one whose host is gone gets another', async () => {
    const pool = new HostPool(['a', 'b'], 4, { storage: PLACES, memoryLimit: 2 ** 30, silence: 300 }, () => {});
    const hosts = ['1', '2', '3', '4'].map((cluster) => pool.assign(cluster, 'own'));
    expect(hosts.sort()).toEqual(['a', 'a', 'b', 'b']);
    expect(pool.assign('5', 'own', 'b')).toBe('b');
    expect(pool.assign('6', 'own', 'gone')).toBe('a');
    expect(pool.usage().map(({ clusters, threads }) => [clusters, threads])).toEqual([
      [3, 2],
      [3, 2],
    ]);
    await pool.stop();
  });
});
