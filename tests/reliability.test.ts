// What docs/reliability.md promises about data: backup and restore, damaged files, full and read-only disks, locked databases, dead threads, stops.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { create, toBinary } from '@bufbuild/protobuf';
import { ClusterIO_MessageSchema } from '@openhanami/contract';
import { checkpoint, cluster, dataset, task, user } from '@openhanami/sdk';
import { loadConfig, openLog } from '@openhanami/server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { newCluster, queueRequest, queueTraining, uploadDigits } from './digits.ts';
import { ADMIN, runServer, ServerProcess } from './server-process.ts';

const folders: string[] = [];
const servers: ServerProcess[] = [];
const mounts: string[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.remove();
  for (const mount of mounts.splice(0)) execFileSync('umount', [mount]);
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hanami-reliability-'));
  folders.push(folder);
  return folder;
}

async function start(settings: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await ServerProcess.start(settings);
  servers.push(server);
  return server;
}

/** Digits, a cluster that has learnt them, its answers, and a checkpoint. */
async function fill(server: ServerProcess, rows = 500) {
  const { address } = server;
  const token = await server.logIn();
  const digits = await uploadDigits(token, address, 'digits', rows);
  const uuid = await newCluster(token, address, 'a cluster');
  await task.waitForTask(token, address, await queueTraining(token, address, uuid, digits), uuid);
  const answered = await queueRequest(token, address, uuid, digits);
  await task.waitForTask(token, address, answered, uuid);
  const saved = await cluster.saveCluster(token, address, 'a checkpoint', uuid);
  return { token, digits, uuid, answered, saved: saved.uuid };
}

/** A request of so many zeros for a direct connection. */
function requestFrame(bufferName: string, width: number): Uint8Array {
  const message = { bufferName, isLast: true, numberOfValues: BigInt(width), values: new Array<number>(width).fill(0) };
  return toBinary(ClusterIO_MessageSchema, create(ClusterIO_MessageSchema, message));
}

const answers = async (token: string, address: string, result: string) =>
  (await dataset.downloadDatasetContent(token, address, result, 'digit', 20, 0)).data;

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
    const { token, digits, uuid, answered, saved } = await fill(server, 2000);
    const before = await answers(token, server.address, answered);
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
    // The same key: tokens are valid there too.
    expect(await answers(token, copy.address, answered)).toEqual(before);
    await task.waitForTask(token, copy.address, running, uuid);
    const again = await queueRequest(token, copy.address, uuid, digits);
    await task.waitForTask(token, copy.address, again, uuid);
    expect((await checkpoint.getCheckpoint(token, copy.address, saved)).size).toBeGreaterThan(1000);
  });

  it('are refused while a server runs on the target', async () => {
    const server = await start();
    expect(() => server.run('restore', temporary())).toThrowError('is in use by another server');
  });
});

describe('a damaged file is found and named, and never used', () => {
  it('be it a data set, a cluster, or a checkpoint; the doctor finds all of them', async () => {
    const server = await start();
    const { token, digits, uuid, saved } = await fill(server);
    const { address } = server;
    await server.stop();
    const at = (folder: string, name: string): string => join(server.folder, folder, name);
    damage(at('datasets', `${digits}.arrow`));
    damage(at('clusters', `${uuid}.snapshot`));
    damage(at('checkpoints', `${saved}.checkpoint`));
    writeFileSync(at('clusters', 'stray.snapshot'), 'x');
    const told = ((): string => {
      try {
        return server.run('doctor');
      } catch (error) {
        return (error as Error).message;
      }
    })();
    for (const name of [`${digits}.arrow is damaged`, `${uuid}.snapshot`, `${saved}.checkpoint`, 'leftover:', '3 things are damaged'])
      expect(told).toContain(name);
    await server.restart();
    expect(server.address).not.toBe(address);
    const here = server.address;
    await expect(dataset.downloadDatasetContent(token, here, digits, 'label')).rejects.toThrowError(`${digits}.arrow is damaged`);
    const training = await queueTraining(token, here, uuid, digits);
    await expect(task.waitForTask(token, here, training, uuid)).rejects.toThrowError('damaged');
    await expect(cluster.saveCluster(token, here, 'another checkpoint', uuid)).rejects.toThrowError(`${uuid}.snapshot cannot be used`);
    await expect(cluster.restoreCluster(token, here, saved, uuid)).rejects.toThrowError(`${saved}.checkpoint cannot be used`);
  });
});

/** Whether this process may mount file systems; where it may not, these faults cannot be made. */
const canMount = process.getuid?.() === 0 && process.platform === 'linux';

function mountSmall(megabytes: number): string {
  const folder = temporary();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  mounts.push(folder);
  return folder;
}

describe.runIf(canMount)('a disk', () => {
  it('that is full fails the write with a clear error; everything else goes on, and so does all when there is room again', async () => {
    const server = await start({ HANAMI_DATA: mountSmall(24) });
    const data = mounts[0] as string;
    const { token, digits, uuid } = await fill(server, 500);
    const { address } = server;
    const ballast = join(data, 'ballast');
    const { bavail, bsize } = (await import('node:fs')).statfsSync(data);
    writeFileSync(ballast, new Uint8Array(bavail * bsize - 65_536));
    await expect(uploadDigits(token, address, 'too many digits', 2000)).rejects.toThrowError(/disk of the server is full|1011/);
    const training = await queueTraining(token, address, uuid, digits).catch((error: Error) => error);
    if (training instanceof Error) expect(training.message).toContain('disk of the server is full');
    else await expect(task.waitForTask(token, address, training, uuid)).rejects.toThrowError('disk of the server is full');
    expect((await dataset.downloadDatasetContent(token, address, digits, 'label', 5, 0)).data).toHaveLength(5);
    expect((await server.call('GET', '/ready')).status).toBe(200);
    rmSync(ballast);
    await task.waitForTask(token, address, await queueTraining(token, address, uuid, digits), uuid);
    expect(server.run('doctor', '--data', data)).toContain('nothing is damaged');
    await server.stop();
  });

  it('that is read-only refuses changes, and is still read', async () => {
    const server = await start({ HANAMI_DATA: mountSmall(24) });
    const data = mounts[0] as string;
    const { token, digits } = await fill(server, 200);
    // Files that are open for writing keep a whole file system from becoming read-only; the folders do not.
    const clusters = join(data, 'clusters');
    execFileSync('mount', ['--bind', clusters, clusters]);
    execFileSync('mount', ['-o', 'remount,ro,bind', clusters]);
    mounts.unshift(clusters);
    const refused = await server.call('POST', '/v1.0alpha/cluster', token, JSON.stringify({ name: 'cannot be written' }));
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining('read-only')]);
    expect((await dataset.downloadDatasetContent(token, server.address, digits, 'label', 5, 0)).data).toHaveLength(5);
    await server.stop();
  });
});

/** Whether system calls of a process can be held up here. */
const canTrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;

describe('a disk that is slow', () => {
  const DELAY_MS = 100;

  it.runIf(canTrace)(
    'is waited for: calls take longer, none fails, and nothing is lost',
    async () => {
      const server = await start();
      const delay = `inject=fsync,fdatasync:delay_exit=${DELAY_MS * 1000}`;
      const tracer = spawn('strace', ['-f', '-qq', '-o', '/dev/null', '-e', delay, '-p', String(server.pid)]);
      try {
        await expect.poll(() => readFileSync(`/proc/${server.pid}/status`, 'utf8')).toMatch(/TracerPid:\s+[1-9]/);
        const started = performance.now();
        const { token, uuid, digits, answered } = await fill(server, 1000);
        // It was slow indeed: each of these changes was synced once at least.
        expect(performance.now() - started).toBeGreaterThan(6 * DELAY_MS);
        const before = await answers(token, server.address, answered);
        await server.stop('SIGKILL');
        await server.restart();
        const again = await queueRequest(token, server.address, uuid, digits);
        await task.waitForTask(token, server.address, again, uuid);
        expect(await answers(token, server.address, again)).toEqual(before);
      } finally {
        tracer.kill();
      }
    },
    120_000,
  );
});

describe('a thread that dies', () => {
  const KILL_THREADS = { NODE_OPTIONS: `--import ${new URL('./faults/kill-threads.ts', import.meta.url)}` };

  it('takes no task along: its clusters are loaded again, and its tasks go on to all their cycles', async () => {
    const server = await start({ ...KILL_THREADS, HANAMI_PROCESSING_SNAPSHOT_INTERVAL: '1' });
    const { address } = server;
    const token = await server.logIn();
    const digits = await uploadDigits(token, address, 'digits', 2000);
    const uuid = await newCluster(token, address, 'a cluster');
    const column = (name: string) => ({ dataset_uuid: digits, dataset_column: name, hexagon_name: name });
    const long = await task.createTrainTask(token, address, 'long', uuid, [column('picture')], [column('label')], 1, 100);
    const look = () => task.getTask(token, address, long.uuid, uuid);
    for (let kills = 0; kills < 2; kills++) {
      const { current_cycle } = await look();
      await expect.poll(async () => (await look()).current_cycle, { timeout: 20_000 }).toBeGreaterThan(current_cycle + 20_000);
      process.kill(server.pid, 'SIGUSR2');
      await expect.poll(() => [...server.log.matchAll(/its task goes on from the last snapshot/g)].length).toBe(kills + 1);
    }
    const ended = await task.waitForTask(token, address, long.uuid, uuid);
    expect(ended).toMatchObject({ state: 'finished', current_cycle: 200_000 });
    const answered = await queueRequest(token, address, uuid, digits);
    await task.waitForTask(token, address, answered, uuid);
    const { accuracy } = await dataset.checkMnistDataset(token, address, answered, digits);
    expect(accuracy).toBeGreaterThan(90);
  }, 60_000);

  it('is told to who waits for it (503), and to websockets; the next call finds the cluster again', async () => {
    const server = await start(KILL_THREADS);
    const { address } = server;
    const { token, uuid, digits, answered } = await fill(server);
    const before = await answers(token, address, answered);
    await cluster.switchToDirectMode(token, address, uuid).then((direct) => direct.close());
    // Calls until one of them meets the death; the others find the cluster before it or after.
    const statuses: number[] = [];
    for (let i = 0; i < 10; i++) {
      const saving = Array.from({ length: 6 }, (_, j) =>
        server.call('POST', '/v1.0alpha/cluster/save', token, JSON.stringify({ cluster_uuid: uuid, name: `saved ${i} ${j}` })),
      );
      if (i % 3 === 1) process.kill(server.pid, 'SIGUSR2');
      statuses.push(...(await Promise.all(saving)).map(({ status }) => status));
    }
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    // A websocket whose question is on its way is told too.
    const socket = new WebSocket(address.replace('http', 'ws'));
    await once(socket, 'open');
    socket.send(JSON.stringify({ token, target: 'cluster', uuid }));
    await once(socket, 'message');
    const closed = once(socket, 'close');
    const frame = requestFrame('picture', 784);
    const asking = setInterval(() => {
      for (let i = 0; i < 50 && socket.readyState === socket.OPEN; i++) socket.send(frame);
    }, 5);
    const killing = setInterval(() => process.kill(server.pid, 'SIGUSR2'), 500);
    const [code, reason] = await closed;
    clearInterval(asking);
    clearInterval(killing);
    expect([code, String(reason)]).toEqual([1011, expect.stringContaining('a worker thread died')]);
    await cluster.switchToTaskMode(token, address, uuid);
    const again = await queueRequest(token, address, uuid, digits);
    await task.waitForTask(token, address, again, uuid);
    expect(await answers(token, address, again)).toEqual(before);
  }, 60_000);
});

describe('a clock that jumps', () => {
  it('a day forth and two back ends tokens that are over, and locks nobody out', async () => {
    const clock = join(temporary(), 'clock');
    const server = await start({
      NODE_OPTIONS: `--import ${new URL('./faults/jump-clock.ts', import.meta.url)}`,
      CLOCK_FILE: clock,
      HANAMI_HTTP_REQUESTS_PER_MINUTE: '100',
    });
    const { address } = server;
    const jump = async (days: number): Promise<void> => {
      writeFileSync(clock, String(days * 86_400_000));
      process.kill(server.pid, 'SIGUSR2');
      await new Promise((next) => setTimeout(next, 200));
    };
    const first = await server.logIn();
    const digits = await uploadDigits(first, address, 'digits', 2000);
    const uuid = await newCluster(first, address, 'a cluster');
    const column = (name: string) => ({ dataset_uuid: digits, dataset_column: name, hexagon_name: name });
    const long = await task.createTrainTask(first, address, 'long', uuid, [column('picture')], [column('label')], 1, 50);
    await jump(1);
    await expect(cluster.listClusters(first, address)).rejects.toThrowError('the token has expired');
    const second = await server.logIn();
    await expect(cluster.listClusters(second, address)).resolves.toBeDefined();
    await jump(-1);
    // The window of counted calls and the delays after wrong passphrases go on by the process's own time.
    const third = await server.logIn();
    await expect(server.logIn({ ...ADMIN, passphrase: 'a wrong one' })).rejects.toThrowError();
    await expect(cluster.listClusters(third, address)).resolves.toBeDefined();
    await user.changePassphrase(third, address, ADMIN.passphrase, 'another passphrase');
    const fourth = await server.logIn({ ...ADMIN, passphrase: 'another passphrase' });
    await expect(cluster.listClusters(third, address)).rejects.toThrowError('the token was revoked');
    const ended = await task.waitForTask(fourth, address, long.uuid, uuid);
    expect(ended).toMatchObject({ state: 'finished', current_cycle: 100_000 });
  }, 60_000);
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

describe('a database', () => {
  it('that another process locks is waited for, and then told of', async () => {
    const server = await start();
    const token = await server.logIn();
    const shell = new DatabaseSync(join(server.folder, 'hanami.db'));
    shell.exec('BEGIN IMMEDIATE');
    const refused = await server.call('POST', '/v1.0alpha/cluster', token, JSON.stringify({ name: 'has to wait' }));
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining('locked by another process; try again')]);
    shell.exec('ROLLBACK');
    shell.close();
    expect((await server.call('POST', '/v1.0alpha/cluster', token, JSON.stringify({ name: 'has to wait' }))).status).toBe(200);
  });

  it('has one server', async () => {
    const server = await start();
    await expect(ServerProcess.start({ HANAMI_DATA: server.folder })).rejects.toThrowError('is in use by another server');
  });
});

describe('a stop', () => {
  it('in the middle of tasks, websockets and requests takes less than 10 s and loses nothing', async () => {
    const server = await start();
    const { token, digits } = await fill(server, 2000);
    const tasks: [string, string][] = [];
    for (let i = 0; i < 3; i++) {
      const uuid = await newCluster(token, server.address, `busy ${i}`);
      const column = (name: string) => ({ dataset_uuid: digits, dataset_column: name, hexagon_name: name });
      const { uuid: running } = await task.createTrainTask(
        token,
        server.address,
        'long task',
        uuid,
        [column('picture')],
        [column('label')],
        1,
        100,
      );
      tasks.push([running, uuid]);
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

describe('the log', () => {
  it('holds nothing up: when nobody reads it any more, the server goes on, and stops', async () => {
    const server = await start();
    const token = await server.logIn();
    server.closeLog();
    const digits = await uploadDigits(token, server.address, 'digits', 300);
    const uuid = await newCluster(token, server.address, 'a cluster');
    await task.waitForTask(token, server.address, await queueTraining(token, server.address, uuid, digits), uuid);
    expect(await server.stop()).toBe(0);
    // The last lines may be the first that find nobody.
    await server.restart();
    server.closeLog();
    expect(await server.stop()).toBe(0);
  });

  it('loses lines on a full disk, not the server', () => {
    const folder = temporary();
    symlinkSync('/dev/full', join(folder, 'hanami.log'));
    const log = openLog(loadConfig({ env: { HANAMI_LOG_PATH: folder } }));
    expect(() => log.error('a line that has no room')).not.toThrow();
  });
});

describe('files', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await ServerProcess.start();
  });
  afterAll(() => server.remove());

  it('are readable for their owner only where they are secret, and no half-written ones are left', async () => {
    await fill(server, 200);
    expect(statSync(join(server.folder, 'token.key')).mode & 0o077).toBe(0);
    for (const folder of ['datasets', 'clusters', 'checkpoints', 'tempfiles']) {
      for (const name of readdirSync(join(server.folder, folder))) expect(name).not.toContain('.part');
    }
  });
});
