// A thread with one shard of a cluster that is spread over several.
import { Worker, workerData } from 'node:worker_threads';
import { joinGroup, type WorkerContext } from '@openhanami/engine';

/** Starts a thread of a group. It ends when its cluster is closed, or with the thread that started it. */
export function startThread(context: WorkerContext): void {
  // Its errors reach the cluster through the context.
  new Worker(new URL('./shard-thread.js', import.meta.url), { name: 'hanami-shard', workerData: { context } }).on('error', () => {});
}

if (workerData && 'context' in workerData) await joinGroup(workerData.context);
