// npm run test:abuse [-- seconds]: a member does the largest, longest and most parallel things that the limits allow, one kind after the other, while a
// neighbour lists clusters. It fails if the neighbour waits, the memory grows beyond its limit, the server ends, or does not stop.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { create, toBinary } from '@bufbuild/protobuf';
import { API_PREFIX, ClusterIO_MessageSchema, FileUpload_MessageSchema, toBase64 } from '@openhanami/contract';
import { cluster, dataset, project, task, token as tokens, user } from '@openhanami/sdk';
import { WebSocket } from 'ws';
import { digitFiles, newCluster } from '../digits.ts';
import { ServerProcess } from '../server-process.ts';

/** Seconds for each kind of abuse, and calls of it at once. */
const SECONDS = Number(process.argv[2] ?? 4);
const LANES = 20;
/** What has to hold meanwhile. */
const MOST_P99_MS = 100;
const MOST_MEGABYTES = 2000;
const MOST_STOP_MS = 10_000;
const PASSPHRASE = 'a passphrase to look for';

const server = await ServerProcess.start({
  HANAMI_HTTP_REQUESTS_PER_MINUTE: '0',
  HANAMI_AUTH_LOGINS_PER_MINUTE: '0',
  HANAMI_PROCESSING_MEMORY_LIMIT: '500',
});
const { address } = server;
const admin = await server.logIn();
await project.createProject(admin, address, 'some_project', 'some project');

async function member(id: string): Promise<string> {
  await user.createUser(admin, address, id, 'a member', PASSPHRASE);
  await user.addProjectToUser(admin, address, id, 'some_project', 'member');
  return tokens.requestToken(address, id, PASSPHRASE);
}
const [token, neighbour] = [await member('abuser'), await member('neighbour')];
for (let i = 0; i < 20; i++) await newCluster(neighbour, address, `cluster of the neighbour ${i}`);

const call = async (method: string, path: string, body?: object | string, key: string | undefined = token): Promise<number> => {
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
  const answer = await server.call(method, API_PREFIX + path, key, text);
  await answer.arrayBuffer();
  return answer.status;
};

// What the abuse is done with: many columns, many classes, many rows.
const wide = await dataset.uploadCsvFiles(
  token,
  address,
  'wide table',
  new Blob([`${Array.from({ length: 1000 }, (_, i) => `c${i}`).join(',')}\n${`${'7,'.repeat(999)}7\n`.repeat(1000)}`]),
);
const long = await dataset.uploadCsvFiles(
  token,
  address,
  'long table',
  new Blob([`label,b\n${Array.from({ length: 500_000 }, (_, i) => `${i % 1000},${i % 13}\n`).join('')}`]),
);
const { images, labels } = digitFiles(5000, 1);
const digits = await dataset.uploadMnistFiles(token, address, 'digits', images, labels);
const uuid = await newCluster(token, address, 'abused cluster');
const sources = (column: string) => [{ dataset_uuid: digits, dataset_column: column, hexagon_name: column }];
const { uuid: training } = await task.createTrainTask(token, address, 'training', uuid, sources('picture'), sources('label'));
await task.waitForTask(token, address, training, uuid);
const talked = await newCluster(token, address, 'talked to');
await cluster.setMode(token, address, talked, 'DIRECT');

const grid = (side: number, distance: number): string => {
  const places = Array.from({ length: side * side }, (_, i) => `${1 + Math.floor(i / side)},${1 + (i % side)},1`);
  return `version: 1\nsettings:\nmax_connection_distance: ${distance}\nhexagons:\n${places.join('\n')}\ninputs:\na: 1,1,1\noutputs:\nb: ${side},${side},1\n`;
};
let count = 0;
const fresh = (): string => `abuse ${++count}`;

async function socketTo(target: string, to: string): Promise<WebSocket> {
  const socket = new WebSocket(address.replace('http', 'ws'), { perMessageDeflate: false });
  socket.on('error', () => {});
  await once(socket, 'open');
  socket.send(JSON.stringify({ token, target, uuid: to }));
  await once(socket, 'message');
  return socket;
}

const ABUSES: Readonly<Record<string, () => Promise<unknown>>> = {
  'evaluate a thousand columns': () => call('GET', `/dataset/evaluate?uuid=${wide}&reference_uuid=${wide}`),
  'evaluate a thousand classes': () =>
    call('GET', `/dataset/evaluate?uuid=${long}&reference_uuid=${long}&column_name=label&reference_column=label`),
  'check all rows': () => call('GET', `/dataset/check?uuid=${digits}&reference_uuid=${digits}`),
  'content of a million values': () => call('GET', `/dataset/content?uuid=${digits}&column_name=picture&number_of_rows=1275`),
  'downloads that nobody reads': async () => {
    const { hostname, port } = new URL(address);
    const socket = connectSocket(Number(port), hostname);
    socket.on('error', () => {});
    socket.pause();
    socket.write(`GET ${API_PREFIX}/dataset/download?uuid=${digits} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${token}\r\n\r\n`);
    await delay(1000);
    socket.destroy();
  },
  'lists without a limit': () => call('GET', '/cluster/all'),
  'templates with ten thousand hexagons': () => call('POST', '/cluster', { name: fresh(), template: toBase64(grid(100, 1)) }),
  'templates with a great many ways': () => call('POST', '/cluster', { name: fresh(), template: toBase64(grid(22, 100)) }),
  'templates of blanks': () =>
    call('POST', '/cluster', { name: fresh(), template: toBase64(`version: 1\nhexagons:\n1,1,1${' '.repeat(700_000)}x`) }),
  'the deepest JSON': () => call('POST', '/cluster', `${'['.repeat(900_000)}${']'.repeat(900_000)}`),
  'the longest lists': () =>
    call('POST', '/task/request', {
      name: fresh(),
      cluster_uuid: uuid,
      inputs: sources('picture'),
      results: Array.from({ length: 20_000 }, (_, i) => ({ dataset_column: `c${i}`, hexagon_name: 'label' })),
    }),
  'tasks without end': async () => {
    const input = { name: fresh(), cluster_uuid: uuid, inputs: sources('picture'), outputs: sources('label'), epochs: 1000 };
    await call('POST', '/task/train', input);
    await delay(200);
  },
  'checkpoints one after the other': () => call('POST', '/cluster/save', { name: fresh(), cluster_uuid: uuid }),
  'uploads of tables': () => dataset.uploadCsvFiles(token, address, fresh(), new Blob([`a,b\n${'1,2\n'.repeat(200_000)}`])),
  'wrong passphrases': () => call('POST', '/token', { id: 'abuser', passphrase: toBase64(fresh()) }, ''),
  'large messages to a cluster': async () => {
    const socket = await socketTo('cluster', talked);
    const values = Array.from({ length: 300_000 }, () => 1);
    const message = { bufferName: 'picture', isLast: false, processType: 1, numberOfValues: BigInt(values.length), values };
    socket.send(toBinary(ClusterIO_MessageSchema, create(ClusterIO_MessageSchema, message)));
    await Promise.race([once(socket, 'message'), once(socket, 'close')]);
    socket.terminate();
  },
  'large pieces of an upload': async () => {
    const announced = await server.call(
      'POST',
      `${API_PREFIX}/dataset/upload/csv`,
      token,
      JSON.stringify({ name: fresh(), input_data_size: 1e8 }),
    );
    const { uuid: whole, uuid_input_file } = (await announced.json()) as { uuid: string; uuid_input_file: string };
    const socket = await socketTo('file_upload', uuid_input_file);
    const closed = once(socket, 'close');
    for (let i = 0; i < 20; i++) {
      const piece = { position: BigInt(i * 1.25e6), data: new Uint8Array(1.25e6) };
      socket.send(toBinary(FileUpload_MessageSchema, create(FileUpload_MessageSchema, piece)));
      await Promise.race([new Promise((next) => socket.once('message', next)), closed]);
    }
    socket.terminate();
    await dataset.deleteDataset(token, address, whole);
  },
};

/** Does something in lanes until the time is over; returns how often. */
async function abuse(work: () => Promise<unknown>, until: number): Promise<number> {
  let done = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < until) {
      await work().catch(() => {});
      done++;
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return done;
}

const visitor = fork(fileURLToPath(new URL('./neighbour.ts', import.meta.url)), [address, neighbour]);

/** Milliseconds of each call of the neighbour since the last time, in order. */
async function visits(): Promise<number[]> {
  visitor.send('tell');
  const [times] = await once(visitor, 'message');
  // JSON knows no infinity.
  return (times as (number | null)[]).map((time) => time ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
}

interface Found {
  readonly calls: number;
  /** Milliseconds of the neighbour's calls. */
  readonly p50: number;
  readonly p99: number;
}

/** Most megabytes that the server took. */
let most = 0;

/** How the neighbour fares during an abuse. */
async function during(work: () => Promise<unknown>): Promise<Found> {
  const sampling = setInterval(() => {
    most = Math.max(most, server.memory);
  }, 100);
  await visits();
  const calls = await abuse(work, performance.now() + SECONDS * 1000);
  const times = await visits();
  clearInterval(sampling);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.POSITIVE_INFINITY;
  return { calls, p50: at(0.5), p99: at(0.99) };
}

const median = (all: readonly Found[]): Found => all.toSorted((a, b) => a.p99 - b.p99)[all.length >> 1] as Found;

const faults: string[] = [];
console.log(`${'abuse'.padEnd(40)} ${'calls'.padStart(7)} ${'p50 ms'.padStart(8)} ${'p99 ms'.padStart(8)} ${'MB'.padStart(6)}`);
for (const [name, work] of Object.entries(ABUSES)) {
  let found = await during(work);
  // Of a machine that was busy with something else the median of three tells.
  if (found.p99 > MOST_P99_MS) found = median([found, await during(work), await during(work)]);
  const { calls, p50, p99 } = found;
  console.log(
    `${name.padEnd(40)} ${String(calls).padStart(7)} ${p50.toFixed(1).padStart(8)} ${p99.toFixed(1).padStart(8)} ${most.toFixed(0).padStart(6)}`,
  );
  if (p99 > MOST_P99_MS) faults.push(`${name}: the neighbour waited ${p99.toFixed(0)} ms (p99)`);
}
if (most > MOST_MEGABYTES) faults.push(`the server took ${most} MB`);

// In the middle of all of it at once.
const until = performance.now() + 2000;
const all = Object.values(ABUSES).map((work) => work().catch(() => {}));
await delay(until - performance.now());
visitor.disconnect();
const begin = performance.now();
const code = await server.stop();
const stopped = performance.now() - begin;
console.log(`stopped in ${(stopped / 1000).toFixed(1)} s with code ${code}`);
if (code !== 0) faults.push(`the server ended with code ${code}`);
if (stopped > MOST_STOP_MS) faults.push(`the server took ${(stopped / 1000).toFixed(1)} s to stop`);
await Promise.race([Promise.all(all), delay(1000)]);
await server.remove();
for (const fault of faults) console.error(`abuse: ${fault}`);
process.exit(faults.length > 0 ? 1 : 0);
