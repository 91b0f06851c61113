// A helper thread: one shard of a cluster that is spread over several threads.
import { Worker, workerData } from 'node:worker_threads';
import { help, type Seat } from '@openhanami/engine';

/** Starts a helper thread for a seat. It ends when its cluster is closed, or with the thread that started it. */
export function startHelper(seat: Seat): void {
  // What goes wrong in it is told to the cluster through the seat.
  new Worker(new URL('./helper.js', import.meta.url), { name: 'hanami-helper', workerData: { seat } }).on('error', () => {});
}

if (workerData && 'seat' in workerData) await help(workerData.seat);
