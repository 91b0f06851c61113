// Who abuses the server, in a process of its own: does a kind of abuse again and again from when it is named until it is told to end.
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { constants, setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { API_PREFIX, ClusterIO_MessageSchema, FileUpload_MessageSchema, openApi, toBase64 } from '@openhanami/contract';
import { cluster, dataset, table, task, token as tokens } from '@openhanami/sdk';
import { WebSocket } from 'ws';
import { digitFiles, newCluster } from '../digits.ts';
import { largestCalls } from './largest.ts';

/** Calls at once. */
const LANES = 20;
/** Milliseconds after which an answer that never ends is hung up on. */
const PATIENCE_MS = 1000;

const [address = '', id = '', passphrase = ''] = process.argv.slice(2);
const token = await tokens.requestToken(address, id, passphrase);
// They do so from another machine: here they take of the cores what the server and the neighbour leave.
setPriority(constants.priority.PRIORITY_LOW);

const call = async (method: string, path: string, body?: object | string, key: string | undefined = token): Promise<number> => {
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
  const headers = { 'X-Auth-Token': key };
  const answer = await fetch(address + API_PREFIX + path, { method, headers, ...(text === undefined ? {} : { body: text }) });
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
const widest = new Blob([`${Array.from({ length: 5000 }, (_, i) => `c${i}`).join(';')}\n${`${'x;'.repeat(4999)}7\n`.repeat(50)}`]);
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
// A network that has learnt a table.
const rows = Array.from({ length: 10_000 }, (_, i) => ({ size: i % 97, colour: `colour ${i % 50}`, when: i, price: i % 13 }));
const csv = rows.map(({ size, colour, when, price }) => `${size};"${colour}";${when},5;${price}\r\n`).join('');
const tableFile = new Blob([`size;colour;when;price\r\n${csv}`]);
const { cluster: learnt } = await table.learnTable(token, address, tableFile, { target: 'price', passes: 1 });
const ofTable = learnt.uuid;
const talked = await newCluster(token, address, 'talked to');
await cluster.setMode(token, address, talked, 'DIRECT');

const grid = (side: number, distance: number): string => {
  const places = Array.from({ length: side * side }, (_, i) => `${1 + Math.floor(i / side)},${1 + (i % side)},1`);
  return `version: 1\nsettings:\nmax_connection_distance: ${distance}\nhexagons:\n${places.join('\n')}\ninputs:\na: 1,1,1\noutputs:\nb: ${side},${side},1\n`;
};
let count = 0;
const fresh = (): string => `abuse ${++count}`;

/** A websocket that has named its target; `next` waits for a message, or for the end of it. */
async function socketTo(target: string, to: string): Promise<{ readonly socket: WebSocket; next(): Promise<unknown> }> {
  const socket = new WebSocket(address.replace('http', 'ws'), { perMessageDeflate: false });
  socket.on('error', () => {});
  await once(socket, 'open');
  socket.send(JSON.stringify({ token, target, uuid: to }));
  // From here on, so that an end is never missed: a server that stops closes it at any time.
  const closed = new Promise((end) => socket.once('close', end));
  const next = (): Promise<unknown> => Promise.race([new Promise((come) => socket.once('message', come)), closed]);
  await next();
  // Many messages are waited for, each besides the end.
  socket.setMaxListeners(0);
  return { socket, next };
}

const ABUSES: Record<string, () => Promise<unknown>> = {
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
  'tables of every kind': () => dataset.uploadTable(token, address, fresh(), tableFile),
  'the widest tables': () => dataset.uploadTable(token, address, fresh(), widest),
  'rows to learn': () => call('POST', '/cluster/learn', { cluster_uuid: ofTable, rows }),
  'rows to answer': () => call('POST', '/cluster/predict', { cluster_uuid: ofTable, rows }),
  'rows to explain': () => call('POST', '/cluster/explain', { cluster_uuid: ofTable, rows, row: rows[0] }),
  'wrong passphrases': () => call('POST', '/token', { id, passphrase: toBase64(fresh()) }, ''),
  'large messages to a cluster': async () => {
    const { socket, next } = await socketTo('cluster', talked);
    const values = Array.from({ length: 300_000 }, () => 1);
    const message = { bufferName: 'picture', isLast: false, processType: 1, numberOfValues: BigInt(values.length), values };
    socket.send(toBinary(ClusterIO_MessageSchema, create(ClusterIO_MessageSchema, message)));
    await next();
    socket.terminate();
  },
  'large pieces of an upload': async () => {
    const announced = await fetch(`${address}${API_PREFIX}/dataset/upload/csv`, {
      method: 'POST',
      headers: { 'X-Auth-Token': token },
      body: JSON.stringify({ name: fresh(), input_data_size: 1e8 }),
    });
    const { uuid: whole, uuid_input_file } = (await announced.json()) as { uuid: string; uuid_input_file: string };
    const { socket, next } = await socketTo('file_upload', uuid_input_file);
    for (let i = 0; i < 20; i++) {
      const piece = { position: BigInt(i * 1.25e6), data: new Uint8Array(1.25e6) };
      socket.send(toBinary(FileUpload_MessageSchema, create(FileUpload_MessageSchema, piece)));
      await next();
    }
    socket.terminate();
    await dataset.deleteDataset(token, address, whole);
  },
};

// Each endpoint, those of a resource after one another.
const known = { dataset_uuid: digits, cluster_uuid: uuid, uuid: digits, reference_uuid: digits, column_name: 'picture' };
const MANY = ['user', 'dataset', 'checkpoint', 'cluster', 'project', 'task', 'token', 'session'];
const endpoints = Object.groupBy(largestCalls(openApi(''), known), ({ name }) => {
  const [, , resource = ''] = name.split('/');
  return MANY.includes(resource) ? `/${resource}` : 'other endpoint';
});
for (const [resource, calls = []] of Object.entries(endpoints)) {
  let turn = 0;
  ABUSES[`the largest input of each ${resource}`] = async () => {
    const { method, path, body } = (calls[turn++ % calls.length] as (typeof calls)[number]).make();
    // Ends a session of its own.
    const key = path.includes('/token/logout') ? await tokens.requestToken(address, id, passphrase) : token;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const headers = { 'X-Auth-Token': key };
    const answer = await fetch(address + path, { method, headers, signal, ...(body === undefined ? {} : { body }) });
    await answer.arrayBuffer();
  };
}

let wanted = '';
let abusing: Promise<number> = Promise.resolve(0);

/** Does an abuse for as long as it is wanted; returns how often. */
async function abuse(name: string): Promise<number> {
  let done = 0;
  const lane = async (work: () => Promise<unknown>): Promise<void> => {
    while (wanted === name) {
      await work().catch(() => {});
      done++;
    }
  };
  const work = ABUSES[name];
  // All of them at once, or one many times.
  const works = work ? Array.from({ length: LANES }, () => work) : Object.values(ABUSES);
  await Promise.all(works.map(lane));
  return done;
}

process.on('message', (message: { readonly begin: string } | 'end') => {
  if (message === 'end') {
    wanted = '';
    void abusing.then((calls) => process.send?.(calls));
  } else {
    wanted = message.begin;
    abusing = abuse(wanted);
  }
});
process.on('disconnect', () => process.exit(0));
process.send?.(Object.keys(ABUSES));
