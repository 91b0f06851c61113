// npm run test:abuse [-- --seconds 4 --wait 100 --stop 10 --kind <part of a name>]: a member does the largest, longest and most parallel things that the
// limits allow, one kind after the other, while a neighbour lists clusters. It fails if the neighbour waits, the memory grows beyond its limit, the server
// ends, or does not stop in the middle of it. How long is too long depends on the machine: the defaults are for a quiet one.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { project, token as tokens, user } from '@openhanami/sdk';
import { newCluster } from '../digits.ts';
import { freePort } from '../ports.ts';
import { ServerProcess } from '../server-process.ts';
import { othersShare } from './machine-load.ts';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    wait: { type: 'string', default: '100' },
    stop: { type: 'string', default: '10' },
    kind: { type: 'string', default: '' },
  },
});
/** Seconds for each kind of abuse. */
const SECONDS = Number(options.seconds);
/** Only kinds of abuse whose name has this in it. */
const ONLY = options.kind;
/** What has to hold meanwhile. */
const MOST_P99_MS = Number(options.wait);
const MOST_MEGABYTES = 2000;
const MOST_STOP_S = Number(options.stop);
/** How often a kind of abuse is tried: the quietest time tells what the server does, the others what else there was to do. */
const TURNS = 5;
/** Part of the machine's time that others may take, if a wait is to say something. */
const MOST_OTHERS = 0.2;
/** Seconds within which a helper has answered, if nothing hangs. */
const LATEST_S = 120;
const PASSPHRASE = 'a passphrase to look for';
/** Calls of the neighbour without which nothing can be said of one in a hundred, and how much longer than usual they may take to come. */
const FEWEST_VISITS = 300;
const LONGER = 3;
/** Milliseconds that an abuse goes on before the server is stopped in its midst. */
const BEFORE_STOP_MS = 500;

const server = await ServerProcess.start({
  // It is started again and again, always at the same address.
  HANAMI_HTTP_PORT: String(await freePort()),
  HANAMI_HTTP_REQUESTS_PER_MINUTE: '0',
  HANAMI_AUTH_LOGINS_PER_MINUTE: '0',
  HANAMI_PROCESSING_MEMORY_LIMIT: '500',
});
const { address } = server;
const admin = await server.logIn();
await project.createProject(admin, address, 'some_project', 'some project');

async function member(id: string): Promise<void> {
  await user.createUser(admin, address, id, 'a member', PASSPHRASE);
  await user.addProjectToUser(admin, address, id, 'some_project', 'member');
}
await member('abuser');
await member('neighbour');
const token = await tokens.requestToken(address, 'neighbour', PASSPHRASE);
for (let i = 0; i < 20; i++) await newCluster(token, address, `cluster of the neighbour ${i}`);

/** A process beside this one, which ends with it. */
const helper = (file: string, ...args: string[]): ChildProcess => fork(fileURLToPath(new URL(file, import.meta.url)), args);

/** What a helper says next. @throws Error if it ends, or says nothing for minutes. */
async function said(from: ChildProcess): Promise<unknown> {
  const done = new AbortController();
  const { signal } = done;
  const silent = (): never => {
    throw new Error(`${from.spawnargs.join(' ')} ended, or said nothing for ${LATEST_S} s`);
  };
  if (from.exitCode !== null || from.signalCode !== null) silent();
  const message = once(from, 'message', { signal }).then(([what]) => what);
  const end = Promise.race([once(from, 'exit', { signal }), delay(LATEST_S * 1000, undefined, { signal })]).then(silent);
  return await Promise.race([message, end]).finally(() => done.abort());
}

const neighbour = helper('./neighbour.ts', address, token);
const abuser = helper('./abuser.ts', address, 'abuser', PASSPHRASE);
const kinds = (await said(abuser)) as string[];

/** Ends the abuse; returns how many calls it made. */
async function endAbuse(): Promise<number> {
  abuser.send('end');
  return (await said(abuser)) as number;
}

/** Milliseconds of each call of the neighbour since it was last asked to forget them, in order. */
async function visits(question: 'forget' | 'tell'): Promise<number[]> {
  neighbour.send(question);
  const times = (await said(neighbour)) as (number | null)[];
  // JSON knows no infinity.
  return times.map((time) => time ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
}

interface Found {
  readonly calls: number;
  /** Milliseconds of the neighbour's calls. */
  readonly p50: number;
  readonly p99: number;
  /** Part of the machine's time that others took. */
  readonly others: number;
}

/** Most megabytes that the server took. */
let most = 0;

const faults: string[] = [];

/** How the neighbour fares during an abuse. */
async function during(kind: string): Promise<Found> {
  const sampling = setInterval(() => {
    most = Math.max(most, server.memory);
  }, 100);
  await visits('forget');
  const others = othersShare();
  const begin = performance.now();
  abuser.send({ begin: kind });
  let times: number[];
  do {
    await delay((SECONDS * 1000) / 2);
    times = await visits('tell');
  } while (
    performance.now() < begin + SECONDS * 1000 ||
    (times.length < FEWEST_VISITS && performance.now() < begin + SECONDS * 1000 * LONGER)
  );
  const calls = await endAbuse();
  clearInterval(sampling);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.POSITIVE_INFINITY;
  return { calls, p50: at(0.5), p99: at(0.99), others: others() };
}

/** Stops the server in the middle of an abuse, which goes on; returns the seconds that it took. */
async function stopDuring(kind: string): Promise<number> {
  abuser.send({ begin: kind });
  await delay(BEFORE_STOP_MS);
  const begin = performance.now();
  const code = await server.stop();
  const seconds = (performance.now() - begin) / 1000;
  if (code !== 0) faults.push(`${kind}: the server ended with code ${code}`);
  if (seconds > MOST_STOP_S) faults.push(`${kind}: the server took ${seconds.toFixed(1)} s to stop`);
  return seconds;
}

console.log(
  `${'abuse'.padEnd(40)} ${'calls'.padStart(7)} ${'p50 ms'.padStart(8)} ${'p99 ms'.padStart(8)} ${'MB'.padStart(6)} ${'stop s'.padStart(7)}`,
);
for (const kind of kinds.filter((name) => name.includes(ONLY))) {
  let found = await during(kind);
  for (let turn = 1; turn < TURNS && found.p99 > MOST_P99_MS; turn++) {
    const again = await during(kind);
    if (again.p99 < found.p99) found = again;
  }
  const { calls, p50, p99, others } = found;
  if (p99 > MOST_P99_MS) {
    const waited = `${kind}: the neighbour waited ${p99.toFixed(0)} ms (p99)`;
    if (others < MOST_OTHERS) faults.push(waited);
    else console.log(`${waited}, while others took ${(100 * others).toFixed(0)} % of the machine: that says nothing`);
  }
  const stop = await stopDuring(kind);
  const figures = [calls.toFixed(0).padStart(7), p50.toFixed(1).padStart(8), p99.toFixed(1).padStart(8), most.toFixed(0).padStart(6)];
  console.log(kind.padEnd(40), ...figures, stop.toFixed(1).padStart(7));
  await server.restart();
  await endAbuse();
}
if (most > MOST_MEGABYTES) faults.push(`the server took ${most} MB`);
const all = 'all of it at once';
console.log(all.padEnd(40), (await stopDuring(all)).toFixed(1).padStart(40));
for (const process of [neighbour, abuser]) process.disconnect();
await server.remove();
for (const fault of faults) console.error(`abuse: ${fault}`);
process.exit(faults.length > 0 ? 1 : 0);
