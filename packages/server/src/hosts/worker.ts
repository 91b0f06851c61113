// A worker thread: owns clusters and runs their tasks. The files are the truth, what is in memory is a cache.
import { readFile } from 'node:fs/promises';
import { parentPort } from 'node:worker_threads';
import { Cluster } from '@openhanami/engine';
import { writeDurably } from '../store/files.ts';
import type { CallInput, CallName, CallOutput, ClusterInfo, FromWorker, ToWorker } from './protocol.ts';
import { type RunContext, request, train } from './runs.ts';

const PROGRESS_EVERY_MS = 200;

const port = parentPort;
if (!port) throw new Error('this file runs as a worker thread only');
const tell = (message: FromWorker): void => port.postMessage(message);

const clusters = new Map<string, Cluster>();
const running = new Map<string, { stopped?: 'abort' | 'pause' }>();

async function open(uuid: string, file: string): Promise<Cluster> {
  let cluster = clusters.get(uuid);
  if (!cluster) {
    cluster = await Cluster.restore(await readFile(file));
    clusters.set(uuid, cluster);
  }
  return cluster;
}

function describe(cluster: Cluster): ClusterInfo {
  const terminal = ({ name, width }: { name: string; width: number }) => ({ name, width });
  return { ...cluster.stats(), inputs: cluster.inputs.map(terminal), outputs: cluster.outputs.map(terminal) };
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
      },
    });
  } catch (error) {
    // What a failed run has learnt half is dropped: the file holds the state before it.
    clusters.delete(call.cluster);
    throw error;
  } finally {
    running.delete(call.task);
  }
}

const calls: { [N in CallName]: (call: CallInput<N>) => Promise<CallOutput<N>> } = {
  async create({ cluster: uuid, file, template, neuronsPerHexagon, seed }) {
    const cluster = await Cluster.create(template, { neuronsPerHexagon, seed });
    await writeDurably(file, cluster.snapshot());
    clusters.set(uuid, cluster);
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
    await writeDurably(file, cluster.snapshot());
    clusters.set(uuid, cluster);
    return describe(cluster);
  },
  async drop({ cluster }) {
    clusters.delete(cluster);
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
