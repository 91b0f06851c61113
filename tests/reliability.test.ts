// What docs/reliability.md promises about data: backup and restore, damaged files, starts, stops. What goes wrong around a server stands in faults.test.ts.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkpoint, cluster, dataset, task } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersOf, learnDigits, newCluster, queueRequest, queueTraining } from './digits.ts';
import { useScratch } from './scratch.ts';
import { failureOf, runServer, ServerProcess, type StoreFolder } from './server-process.ts';

const { start, temporary } = useScratch();

/** Turns one bit in the middle of a file. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] as number) ^ 4;
  writeFileSync(path, bytes);
}

describe('backup and restore', () => {
  it('copy everything while the server runs, and bring it back', async () => {
    const server = await start();
    const { token, digits, uuid, answered, saved } = await learnDigits(server, 2000);
    const before = await answersOf(token, server.address, answered);
    // In the middle of a task, with an upload under way.
    const running = await queueTraining(token, server.address, uuid, digits, 'long');
    await server.call('POST', '/v1.0alpha/dataset/upload/csv', token, JSON.stringify({ name: 'never comes', input_data_size: 10 }));
    const folder = join(temporary(), 'copy');
    expect(server.run('backup', folder)).toContain('backed up the database, 2 data sets, 1 clusters and 1 checkpoints');
    expect(() => server.run('backup', folder)).toThrowError('is not empty');
    await task.waitForTask(token, server.address, running, uuid);

    const target = temporary();
    expect(runServer(target, 'restore', folder)).toContain('restored the database, 2 data sets');
    expect(() => runServer(target, 'restore', folder)).toThrowError('there is a database');
    expect(() => runServer(temporary(), 'restore', temporary())).toThrowError('holds no complete backup');
    expect(runServer(target, 'doctor')).toContain('nothing is damaged');
    const copy = await start({ HANAMI_DATA: target });
    // Another key: what was revoked since the backup stays worth nothing, and so do all other tokens.
    await expect(answersOf(token, copy.address, answered)).rejects.toThrowError('log in again');
    const there = await copy.logIn();
    expect(await answersOf(there, copy.address, answered)).toEqual(before);
    await task.waitForTask(there, copy.address, running, uuid);
    const again = await queueRequest(there, copy.address, uuid, digits);
    await task.waitForTask(there, copy.address, again, uuid);
    expect((await checkpoint.getCheckpoint(there, copy.address, saved)).size).toBeGreaterThan(1000);
  });

  it('are refused while a server runs on the target', async () => {
    const server = await start();
    expect(() => server.run('restore', temporary())).toThrowError('is in use by another server');
  });
});

describe('a damaged file is found and named, and never used', () => {
  it('be it a data set, a cluster, or a checkpoint; the doctor finds all of them', async () => {
    const server = await start();
    const { token, digits, uuid, saved } = await learnDigits(server);
    const { address } = server;
    await server.stop();
    const at = (folder: StoreFolder, name: string): string => server.fileOf(folder, name);
    damage(at('datasets', `${digits}.arrow`));
    damage(at('clusters', `${uuid}.snapshot`));
    damage(at('checkpoints', `${saved}.checkpoint`));
    writeFileSync(at('clusters', 'stray.snapshot'), 'x');
    const told = failureOf(() => server.run('doctor'));
    for (const name of [`${digits}.arrow is damaged`, `${uuid}.snapshot`, `${saved}.checkpoint`, 'leftover:', '3 things are damaged'])
      expect(told).toContain(name);
    await server.restart();
    expect(server.address).not.toBe(address);
    const here = server.address;
    await expect(dataset.downloadDatasetContent(token, here, digits, 'label')).rejects.toThrowError(`${digits}.arrow is damaged`);
    const training = await queueTraining(token, here, uuid, digits);
    await expect(task.waitForTask(token, here, training, uuid)).rejects.toThrowError('damaged');
    await expect(cluster.saveCluster(token, here, 'another checkpoint', uuid)).rejects.toThrowError(
      new RegExp(`${uuid}.snapshot (cannot be used|is damaged)`),
    );
    await expect(cluster.restoreCluster(token, here, saved, uuid)).rejects.toThrowError(
      new RegExp(`${saved}.checkpoint (cannot be used|is damaged)`),
    );
  });
});

describe('a start', () => {
  it('that is broken off by a signal leaves a folder that the next one can use', async () => {
    const server = await start();
    for (const wait of [150, 300, 500]) {
      await server.stop();
      const starting = server.restart().catch((error: Error) => error.message);
      await new Promise((next) => setTimeout(next, wait));
      const code = await server.stop();
      // Before its first line of code nothing can catch the signal.
      expect([0, null]).toContain(code);
      await starting;
    }
    await server.restart();
    // Ready is ready for a stop, too.
    expect(await server.stop()).toBe(0);
  });
});

describe('a stop', () => {
  it('in the middle of tasks, websockets and requests takes less than 10 s and loses nothing', async () => {
    const server = await start();
    const { token, digits } = await learnDigits(server, 2000);
    const tasks: [string, string][] = [];
    for (let i = 0; i < 3; i++) {
      const uuid = await newCluster(token, server.address, `busy ${i}`);
      tasks.push([await queueTraining(token, server.address, uuid, digits, 'long', 100), uuid]);
    }
    await new Promise((next) => setTimeout(next, 500));
    const started = Date.now();
    expect(await server.stop()).toBe(0);
    expect(Date.now() - started).toBeLessThan(10_000);
    await server.restart();
    for (const [running, uuid] of tasks) {
      expect((await task.getTask(token, server.address, running, uuid)).state).toMatch(/queued|active/);
      await task.deleteTask(token, server.address, running, uuid);
    }
    expect(server.run('doctor')).toContain('nothing is damaged');
  });
});

describe('files', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await ServerProcess.start();
  });
  afterAll(() => server.remove());

  it('are readable for their owner only where they are secret, and no half-written ones are left', async () => {
    await learnDigits(server, 200);
    expect(statSync(join(server.folder, 'token.key')).mode & 0o077).toBe(0);
    for (const folder of ['datasets', 'clusters', 'checkpoints', 'tempfiles'] as const) {
      for (const name of server.files(folder)) expect(name).not.toContain('.part');
    }
  });
});
