// A worker thread: owns clusters and runs their tasks. The files are the truth, what is in memory is a cache.
import { readFile } from 'node:fs/promises';
import { parentPort } from 'node:worker_threads';
import { Cluster } from '@openhanami/engine';
import { writeDurably } from '../store/files.ts';
import { DirectConnection } from './direct.ts';
import { type CallInput, type CallName, type CallOutput, describe, type FromWorker, type ToWorker } from './protocol.ts';
import { type RunContext, request, train } from './runs.ts';

const PROGRESS_EVERY_MS = 200;
const RETRY_SECONDS = 10;

const port = parentPort;
if (!port) throw new Error('this file runs as a worker thread only');
const tell = (message: FromWorker): void => port.postMessage(message);

const clusters = new Map<string, Cluster>();
const running = new Map<string, { stopped?: 'abort' | 'pause' }>();
const connections = new Map<string, DirectConnection>();
const writing = new Map<string, Promise<void>>();
/** Clusters that learnt over direct connections since their last snapshots: where these lie, and when they will be written. */
const unwritten = new Map<string, { readonly file: string; readonly timer: NodeJS.Timeout }>();

async function open(uuid: string, file: string): Promise<Cluster> {
  let cluster = clusters.get(uuid);
  if (!cluster) {
    cluster = await Cluster.restore(await readFile(file));
    keep(uuid, cluster);
  }
  return cluster;
}

function keep(uuid: string, cluster: Cluster): void {
  clusters.set(uuid, cluster);
  tellMemory();
}

function forget(uuid: string): void {
  clusters.delete(uuid);
  clearTimeout(unwritten.get(uuid)?.timer);
  unwritten.delete(uuid);
  tellMemory();
}

function tellMemory(): void {
  let bytes = 0;
  for (const cluster of clusters.values()) bytes += cluster.stats().bytes;
  tell({ kind: 'memory', bytes });
}

/** Writes what a cluster has learnt over direct connections; one write after the other. */
function write(uuid: string): Promise<void> {
  const before = writing.get(uuid) ?? Promise.resolve();
  const work = before.catch(() => {}).then(() => writeNow(uuid));
  writing.set(uuid, work);
  return work.finally(() => {
    if (writing.get(uuid) === work) writing.delete(uuid);
  });
}

async function writeNow(uuid: string): Promise<void> {
  const waiting = unwritten.get(uuid);
  const cluster = clusters.get(uuid);
  if (!waiting || !cluster) return;
  clearTimeout(waiting.timer);
  unwritten.delete(uuid);
  try {
    await writeDurably(waiting.file, cluster.snapshot());
  } catch (error) {
    // A full disk may have room again later.
    writeSoon(uuid, waiting.file, RETRY_SECONDS);
    throw error;
  }
  tellMemory();
}

function writeSoon(uuid: string, file: string, seconds: number): void {
  if (unwritten.has(uuid)) return;
  const timer = setTimeout(() => void write(uuid).catch(() => {}), seconds * 1000);
  unwritten.set(uuid, { file, timer });
}

/** Runs a task on its cluster, with what the run needs around it. */
async function run<Output>(
  call: { task: string; cluster: string; file: string },
  work: (context: RunContext) => Promise<Output>,
): Promise<Output> {
  const cluster = await open(call.cluster, call.file);
  const state: { stopped?: 'abort' | 'pause' } = {};
  running.set(call.task, state);
  let told = 0;
  try {
    return await work({
      cluster,
      stopped: () => state.stopped,
      info: () => describe(cluster),
      snapshot: () => writeDurably(call.file, cluster.snapshot()),
      progress: (cycle) => {
        if (performance.now() - told < PROGRESS_EVERY_MS) return;
        told = performance.now();
        tell({ kind: 'progress', task: call.task, cycle, info: describe(cluster) });
        tellMemory();
      },
    });
  } catch (error) {
    // What a failed run has learnt half is dropped: the file holds the state before it.
    forget(call.cluster);
    throw error;
  } finally {
    running.delete(call.task);
  }
}

const calls: { [N in CallName]: (call: CallInput<N>) => Promise<CallOutput<N>> } = {
  async create({ cluster: uuid, file, template, neuronsPerHexagon, seed }) {
    const cluster = await Cluster.create(template, { neuronsPerHexagon, seed });
    await writeDurably(file, cluster.snapshot());
    keep(uuid, cluster);
    return describe(cluster);
  },
  train: (call) => run(call, (context) => train(call, context)),
  request: (call) => run(call, (context) => request(call, context)),
  async save({ cluster: uuid, file, to }) {
    const cluster = await open(uuid, file);
    const snapshot = cluster.snapshot();
    await writeDurably(to, snapshot);
    return { size: snapshot.length, info: describe(cluster) };
  },
  async load({ cluster: uuid, file, from }) {
    const snapshot = await readFile(from);
    const cluster = await Cluster.restore(snapshot);
    cluster.note = '';
    forget(uuid);
    await writeDurably(file, cluster.snapshot());
    keep(uuid, cluster);
    return describe(cluster);
  },
  async look({ cluster: uuid, file }) {
    return describe(await open(uuid, file));
  },
  async direct({ cluster: uuid, file, connection: id, message, snapshotInterval }) {
    const cluster = clusters.get(uuid) ?? (await open(uuid, file));
    let connection = connections.get(id);
    if (!connection) {
      connection = new DirectConnection();
      connections.set(id, connection);
    }
    const answer = connection.receive(cluster, message);
    if ('cycle' in answer && answer.cycle === 'train') writeSoon(uuid, file, snapshotInterval);
    return answer;
  },
  async hangUp({ cluster: uuid, connection }) {
    connections.delete(connection);
    await write(uuid);
    const cluster = clusters.get(uuid);
    return cluster ? describe(cluster) : null;
  },
  async flush({ cluster }) {
    for (const uuid of cluster === undefined ? [...unwritten.keys()] : [cluster]) await write(uuid);
    return null;
  },
  async drop({ cluster }) {
    forget(cluster);
    return null;
  },
};

async function answer(message: Extract<ToWorker, { kind: 'call' }>): Promise<void> {
  try {
    const work = calls[message.name] as (input: unknown) => Promise<unknown>;
    tell({ kind: 'done', id: message.id, output: await work(message.input) });
  } catch (error) {
    const { name, message: text, stack = '' } = error instanceof Error ? error : new Error(String(error));
    tell({ kind: 'failed', id: message.id, error: { name, message: text, stack } });
  }
}

port.on('message', (message: ToWorker) => {
  if (message.kind === 'call') {
    void answer(message);
    return;
  }
  for (const [task, state] of running) if (message.task === undefined || message.task === task) state.stopped = message.kind;
});
