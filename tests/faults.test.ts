// What goes wrong around a server, and what docs/reliability.md promises for it: disks, databases, threads, clocks, logs.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { cluster, dataset, task, user } from '@openhanami/sdk';
import { loadConfig, openLog } from '@openhanami/server';
import { describe, expect, it } from 'vitest';
import { answersOf, learnDigits, newCluster, queueRequest, queueTraining, uploadDigits } from './digits.ts';
import { openDirect, requestFrame } from './direct-socket.ts';
import { useScratch } from './scratch.ts';
import { ADMIN, POSTGRES, ServerProcess } from './server-process.ts';

const { start, temporary, mountSmall, mountReadOnly } = useScratch();

/** Whether this process may mount file systems; where it may not, these faults cannot be made. */
const canMount = process.getuid?.() === 0 && process.platform === 'linux';

describe.runIf(canMount)('a disk', () => {
  it('that is full fails the write with a clear error; everything else goes on, and so does all when there is room again', async () => {
    const data = mountSmall(24);
    const server = await start({ HANAMI_DATA: data });
    const { token, digits, uuid } = await learnDigits(server, 500);
    const { address } = server;
    const ballast = join(data, 'ballast');
    const { bavail, bsize } = statfsSync(data);
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
    const data = mountSmall(24);
    const server = await start({ HANAMI_DATA: data });
    const { token, digits } = await learnDigits(server, 200);
    // Files that are open for writing keep a whole file system from becoming read-only; the folders do not.
    mountReadOnly(join(data, 'clusters'));
    const refused = await server.call('POST', '/v1.0alpha/cluster', token, JSON.stringify({ name: 'cannot be written' }));
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining('read-only')]);
    expect((await dataset.downloadDatasetContent(token, server.address, digits, 'label', 5, 0)).data).toHaveLength(5);
    await server.stop();
  });
});

describe('a database', () => {
  // PostgreSQL locks rows, and waits for them.
  it.skipIf(POSTGRES)('that another process locks is waited for, and then told of', async () => {
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
    await expect(ServerProcess.start(server.place)).rejects.toThrowError('is in use by another server');
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
        const { token, uuid, digits, answered } = await learnDigits(server, 1000);
        // It was slow indeed: each of these changes was synced once at least.
        expect(performance.now() - started).toBeGreaterThan(6 * DELAY_MS);
        const before = await answersOf(token, server.address, answered);
        await server.stop('SIGKILL');
        await server.restart();
        const again = await queueRequest(token, server.address, uuid, digits);
        await task.waitForTask(token, server.address, again, uuid);
        expect(await answersOf(token, server.address, again)).toEqual(before);
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
    const long = await queueTraining(token, address, uuid, digits, 'long', 100);
    const look = () => task.getTask(token, address, long, uuid);
    for (let kills = 0; kills < 2; kills++) {
      const { current_cycle } = await look();
      await expect.poll(async () => (await look()).current_cycle).toBeGreaterThan(current_cycle + 20_000);
      process.kill(server.pid, 'SIGUSR2');
      await expect.poll(() => [...server.log.matchAll(/its task goes on from the last snapshot/g)].length).toBe(kills + 1);
    }
    const ended = await task.waitForTask(token, address, long, uuid);
    expect(ended).toMatchObject({ state: 'finished', current_cycle: 200_000 });
    const answered = await queueRequest(token, address, uuid, digits);
    await task.waitForTask(token, address, answered, uuid);
    const { accuracy } = await dataset.checkMnistDataset(token, address, answered, digits);
    expect(accuracy).toBeGreaterThan(90);
  });

  it('is told to who waits for it (503), and to websockets; the next call finds the cluster again', async () => {
    const server = await start(KILL_THREADS);
    const { address } = server;
    const { token, uuid, digits, answered } = await learnDigits(server);
    const before = await answersOf(token, address, answered);
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
    const socket = await openDirect(address, token, uuid);
    const closed = once(socket, 'close');
    const frame = requestFrame(784);
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
    expect(await answersOf(token, address, again)).toEqual(before);
  });
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
    const long = await queueTraining(first, address, uuid, digits, 'long', 50);
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
    const ended = await task.waitForTask(fourth, address, long, uuid);
    expect(ended).toMatchObject({ state: 'finished', current_cycle: 100_000 });
  });
});

describe('the stop', () => {
  it('is held up by nobody who wants to open a websocket just then', async () => {
    const server = await start();
    const { hostname, port } = new URL(server.address);
    const send = async (text: string): Promise<Socket> => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(text);
      return socket;
    };
    // The server waits for the body of this one.
    const slow = await send('POST /v1.0alpha/token HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{');
    await delay(200);
    const stopped = server.stop();
    await delay(200);
    const late = await send(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    expect(await Promise.race([stopped, delay(20_000, 'it did not stop')])).toBe(0);
    for (const socket of [slow, late]) socket.destroy();
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
