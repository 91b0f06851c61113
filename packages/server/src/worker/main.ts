// A worker thread: owns clusters, runs their tasks and answers their direct connections.
import { parentPort, workerData } from 'node:worker_threads';
import { Cluster, EngineError } from '@openhanami/engine';
import { type Answer, answerCall, type Call } from '../call-thread.ts';
import { keyOf, openObjects, type ProjectObjects } from '../store/objects/index.ts';
import { DirectConnection } from './direct.ts';
import { LoadedClusters, restoreCluster } from './loaded.ts';
import {
  type CallInput,
  type CallName,
  type CallOutput,
  describe,
  type FromWorker,
  type ToWorker,
  type WorkerSettings,
} from './protocol.ts';
import { request } from './requests.ts';
import type { RunContext } from './run-context.ts';
import { sampleRows } from './sample.ts';
import { startThread } from './shard-thread.ts';
import { convertRows, explain, namedAnswers, namedScores } from './table-rows.ts';
import { taughtByOthers, train } from './trainings.ts';

const PROGRESS_EVERY_MS = 200;

const port = parentPort;
if (!port) throw new Error('this file runs as a worker thread only');
const tell = (message: FromWorker | Answer): void => port.postMessage(message);

const { memoryLimit, storage }: WorkerSettings = workerData;
const objects = openObjects(storage);
/** Projects of the clusters of this thread. */
const projects = new Map<string, string>();
const writerOf = (cluster: string): ProjectObjects => objects.of(projects.get(cluster) ?? '');
const clusters = new LoadedClusters(objects, writerOf, memoryLimit, (bytes) => tell({ kind: 'memory', bytes }));
const running = new Map<string, { stopped?: 'abort' | 'pause' }>();
const connections = new Map<string, DirectConnection>();

/** Runs a task on its cluster, with its context. */
async function run<Output>(call: { task: string; cluster: string }, work: (context: RunContext) => Promise<Output>): Promise<Output> {
  const state: { stopped?: 'abort' | 'pause' } = {};
  running.set(call.task, state);
  let told = 0;
  // What was learnt outside of tasks is not lost with a task that fails.
  await clusters.flush(call.cluster);
  try {
    return await clusters.during(call.cluster, (opened) => {
      let cluster = opened;
      return work({
        get cluster() {
          return cluster;
        },
        stopped: () => state.stopped,
        info: () => describe(cluster),
        snapshot: () => clusters.write(call.cluster),
        keep: () => writerOf(call.cluster).write(keyOf.best(call.cluster), cluster.snapshot()),
        async goBack() {
          cluster = await restoreCluster(objects, keyOf.best(call.cluster), memoryLimit);
          await clusters.replace(call.cluster, cluster);
        },
        progress: async (cycle, scores) => {
          if (performance.now() - told < PROGRESS_EVERY_MS) return;
          told = performance.now();
          tell({ kind: 'progress', task: call.task, cycle, info: describe(cluster), ...(scores ? { scores: scores() } : {}) });
          await clusters.mustFit();
        },
      });
    });
  } catch (error) {
    // Changes of a failed run are dropped: the file holds the last snapshot.
    await clusters.drop(call.cluster);
    throw error;
  } finally {
    running.delete(call.task);
  }
}

/** Does something with a cluster; one that came out of it damaged is loaded from its file again. */
async function orDrop<Output>(uuid: string, work: () => Output): Promise<Output> {
  try {
    return work();
  } catch (error) {
    if (error instanceof EngineError && error.fatal) await clusters.drop(uuid);
    throw error;
  }
}

const calls: { [N in CallName]: (call: CallInput<N>) => Promise<CallOutput<N>> } = {
  async create({ cluster: uuid, template, neuronsPerHexagon, threads, threadsIfFaster, seed }) {
    const options = { neuronsPerHexagon, threads, threadsIfFaster, seed };
    const cluster = await Cluster.create(template, { ...options, memoryLimit, startThread });
    await clusters.replace(uuid, cluster);
    return describe(cluster);
  },
  train: (call) => run(call, (context) => train(call, context, objects)),
  request: (call) => run(call, (context) => request(call, context, objects)),
  async save({ cluster: uuid, to, project }) {
    return clusters.during(uuid, async (cluster) => {
      const snapshot = cluster.snapshot();
      await objects.of(project).write(to, snapshot);
      return { size: snapshot.length, info: describe(cluster) };
    });
  },
  async load({ cluster: uuid, from }) {
    const cluster = await restoreCluster(objects, from, memoryLimit);
    cluster.note = '';
    await clusters.replace(uuid, cluster);
    return describe(cluster);
  },
  async look({ cluster: uuid }) {
    return describe(await clusters.open(uuid));
  },
  async direct({ cluster: uuid, connection: id, message, refusals, snapshotInterval }) {
    const cluster = clusters.get(uuid) ?? (await clusters.open(uuid));
    let connection = connections.get(id);
    if (!connection) {
      connection = new DirectConnection();
      connections.set(id, connection);
    }
    const answer = connection.receive(cluster, message, refusals);
    if ('damaged' in answer && answer.damaged) await clusters.drop(uuid);
    if ('cycle' in answer && answer.cycle === 'train') {
      taughtByOthers(cluster);
      clusters.writeSoon(uuid, snapshotInterval);
    }
    return answer;
  },
  async learn({ cluster: uuid, rows, kinds, snapshotInterval }) {
    return clusters.during(uuid, async (cluster) => {
      const { inputs, outputs, notices } = convertRows(cluster, rows, kinds);
      const { scores } = await orDrop(uuid, () => cluster.train(inputs, outputs));
      taughtByOthers(cluster);
      clusters.writeSoon(uuid, snapshotInterval);
      return { scores: namedScores(scores), notices, info: describe(cluster) };
    });
  },
  async predict({ cluster: uuid, rows }) {
    return clusters.during(uuid, async (cluster) => {
      const { inputs, notices } = convertRows(cluster, rows);
      return { answers: namedAnswers(cluster, cluster.request(inputs), rows.length), notices };
    });
  },
  async explain({ cluster: uuid, ...call }) {
    return clusters.during(uuid, async (cluster) => explain(cluster, call));
  },
  async explainDataset({ cluster: uuid, dataset, row, ...wanted }) {
    const { rows, one } = await sampleRows(objects, dataset, row);
    return clusters.during(uuid, async (cluster) => explain(cluster, { ...wanted, rows, ...(one ? { row: one } : {}) }));
  },
  async hangUp({ cluster: uuid, connection }) {
    connections.delete(connection);
    await clusters.flush(uuid);
    const cluster = clusters.get(uuid);
    return cluster ? describe(cluster) : null;
  },
  async flush({ cluster }) {
    await clusters.flush(cluster);
    return null;
  },
  async drop({ cluster }) {
    await clusters.drop(cluster);
    projects.delete(cluster);
    return null;
  },
};

port.on('message', (message: Call<CallName> | ToWorker) => {
  if (message.kind === 'call') {
    void answerCall(message, calls[message.name] as (input: unknown) => Promise<unknown>).then(tell);
    return;
  }
  if (message.kind === 'take') {
    projects.set(message.cluster, message.project);
    return;
  }
  for (const [task, state] of running) {
    // What is aborted is not paused any more.
    if ((message.task === undefined || message.task === task) && state.stopped !== 'abort') state.stopped = message.kind;
  }
});
