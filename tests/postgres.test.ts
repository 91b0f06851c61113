// A server on PostgreSQL where that differs from one on a file: moving there and back, a database that goes away and comes back, one server at a time.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cluster, dataset, task } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersOf, learnDigits, newCluster, queueRequest, queueTraining, uploadDigits } from './digits.ts';
import { openDirect, requestFrame } from './direct-socket.ts';
import { PostgresServer, postgresPrograms } from './postgres-server.ts';
import { useScratch } from './scratch.ts';
import { failureOf, runWith, type ServerProcess } from './server-process.ts';

/** Key of the advisory lock that a server holds. */
const LOCK = 0x68616e616d69;

const { start, temporary } = useScratch();

describe.skipIf(postgresPrograms() === undefined)('on PostgreSQL', () => {
  let postgres: PostgresServer;
  beforeAll(() => {
    postgres = PostgresServer.start();
  });
  afterAll(() => postgres.remove());

  const startThere = (database = postgres.newDatabase(), more = {}): Promise<ServerProcess> =>
    start({ HANAMI_DATABASE: database, ...more });

  describe('an installation', () => {
    it('moves there and back by one command, with all that it is', async () => {
      const file = await start();
      const { token, digits, uuid, answered } = await learnDigits(file);
      const before = await answersOf(token, file.address, answered);
      const there = postgres.newDatabase();
      expect(() => file.run('migrate', there)).toThrowError('is in use by another server');
      await file.stop();
      expect(file.run('migrate', there)).toMatch(/^copied \d+ rows to postgresql:/);
      expect(() => file.run('migrate', there)).toThrowError(/is not empty: its table 'account' has 1 rows/);

      const large = await startThere(there, { HANAMI_DATA: file.folder });
      // The token of before is still worth something: sessions and revocations came along.
      expect(await answersOf(token, large.address, answered)).toEqual(before);
      const again = await queueRequest(token, large.address, uuid, digits);
      expect((await task.waitForTask(token, large.address, again, uuid)).state).toBe('finished');
      expect(await answersOf(token, large.address, again)).toEqual(before);
      expect(large.run('doctor')).toContain('nothing is damaged');
      await large.stop();

      const back = join(temporary(), 'back.db');
      expect(runWith({ HANAMI_DATA: file.folder, HANAMI_DATABASE: there }, ['migrate', back])).toContain(`rows to ${back}`);
      const small = await start({ HANAMI_DATA: file.folder, HANAMI_DATABASE: back });
      expect(await answersOf(token, small.address, again)).toEqual(before);
      expect((await task.listTasks(token, small.address, uuid)).total).toBe(3);
      const last = await queueTraining(token, small.address, uuid, digits, 'the last one');
      expect((await task.waitForTask(token, small.address, last, uuid)).state).toBe('finished');
    });

    it('is backed up while it runs, and brought back into either kind of database', async () => {
      const server = await startThere();
      const { token, uuid, answered } = await learnDigits(server);
      const before = await answersOf(token, server.address, answered);
      const folder = join(temporary(), 'copy');
      expect(server.run('backup', folder)).toContain('backed up the database, 2 data sets, 1 clusters and 1 checkpoints');
      for (const database of [postgres.newDatabase(), join(temporary(), 'restored.db')]) {
        const place = { HANAMI_DATA: temporary(), HANAMI_DATABASE: database };
        expect(runWith(place, ['restore', folder])).toContain('restored the database, 2 data sets');
        expect(() => runWith(place, ['restore', folder])).toThrowError(/not empty|there is a database/);
        const copy = await start(place);
        await expect(answersOf(token, copy.address, answered)).rejects.toThrowError('log in again');
        const mine = await copy.logIn();
        expect(await answersOf(mine, copy.address, answered)).toEqual(before);
        expect((await cluster.getCluster(mine, copy.address, uuid)).name).toBe('a cluster');
      }
    });

    it('is checked before it starts', () => {
      const place = { HANAMI_DATA: temporary(), HANAMI_DATABASE: postgres.newDatabase() };
      expect(runWith(place, ['check'])).toContain('all that a server needs is there');
      const away = { ...place, HANAMI_DATABASE: 'postgres://hanami:a-secret@127.0.0.1:1/hanami' };
      expect(() => runWith(away, ['check'])).toThrowError(
        /fault: the database postgres:\/\/hanami:\*\*\*@127\.0\.0\.1:1\/hanami: .*ECONNREFUSED/,
      );
      for (const args of [[], ['doctor'], ['--check-config'], ['backup', join(temporary(), 'copy')]]) {
        expect(failureOf(() => runWith(away, args))).not.toContain('a-secret');
      }
    });
  });

  describe('a database that goes away', () => {
    it.each(['fast', 'immediate'] as const)('and comes back (%s) costs no acknowledged fact, no task and no cycle', async (mode) => {
      const server = await startThere();
      const { address } = server;
      const token = await server.logIn();
      const digits = await uploadDigits(token, address, 'digits', 30_000);
      const trained = await newCluster(token, address, 'trained');
      const { uuid: talked } = await learnDigits(server);
      await cluster.setMode(token, address, talked, 'DIRECT');
      const talk = await openDirect(address, token, talked);
      const running = await queueTraining(token, address, trained, digits, 'runs meanwhile');
      const waiting = await queueTraining(token, address, trained, digits, 'waits meanwhile');
      await expect.poll(async () => (await task.getTask(token, address, running, trained)).current_cycle).toBeGreaterThan(0);

      const made: string[] = [];
      const seen: number[] = [];
      let isOver = false;
      const caller = (async () => {
        for (let i = 0; !isOver; i++) {
          const answer = await server.call(
            'POST',
            '/v1.0alpha/project',
            token,
            JSON.stringify({ id: `project_${i}`, name: 'some project' }),
          );
          seen.push(answer.status);
          if (answer.status === 200) made.push(`project_${i}`);
          else expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([503, true]);
          await answer.text();
          await delay(20);
        }
      })();
      postgres.stop(mode);
      // Longer than calls wait for it.
      await delay(7000);
      const refused = await server.call('GET', '/v1.0alpha/cluster/all', token);
      expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining('database')]);
      postgres.restart();
      await expect.poll(async () => (await server.call('GET', '/v1.0alpha/cluster/all', token)).status).toBe(200);
      isOver = true;
      await caller;
      expect(seen.filter((status) => status !== 200 && status !== 503)).toEqual([]);
      for (const id of made) expect((await server.call('GET', `/v1.0alpha/project?id=${id}`, token)).status).toBe(200);

      for (const uuid of [running, waiting]) {
        const { state, current_cycle } = await task.waitForTask(token, address, uuid, trained);
        expect([state, current_cycle]).toEqual(['finished', 30_000]);
      }
      const asked = await queueRequest(token, address, trained, digits);
      await task.waitForTask(token, address, asked, trained);
      expect((await dataset.listDatasets(token, address)).body.length).toBe(4);
      // Who talks directly noticed nothing.
      talk.send(requestFrame(784));
      await once(talk, 'message');
      talk.close();
    });
  });

  describe('one server at a time', () => {
    it('a second one is refused, and takes over when the first is killed', async () => {
      const database = postgres.newDatabase();
      const first = await startThere(database);
      await expect(startThere(database)).rejects.toThrowError('is in use by another server');
      await first.stop('SIGKILL');
      const second = await startThere(database);
      expect(await second.logIn()).not.toBe('');
    });

    it('one whose place another has taken ends, so that it changes nothing any more', async () => {
      const database = postgres.newDatabase();
      const server = await startThere(database);
      const { search, pathname } = new URL(database);
      const host = new URLSearchParams(search).get('host') ?? '';
      const taking = spawn('psql', ['--host', host, '--username=hanami', pathname.slice(1)], { stdio: ['pipe', 'ignore', 'ignore'] });
      taking.stdin.write(`SELECT pg_terminate_backend(pid), pg_advisory_lock(${LOCK}) FROM pg_locks WHERE locktype = 'advisory' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database());\n`);
      await expect.poll(() => server.log, { interval: 200 }).toContain('another server took over the database');
      taking.kill();
    });
  });
});
