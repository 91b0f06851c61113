// Loaded before a server (node --import): at SIGUSR2 the threads that clusters live in are killed, as one that runs out of memory is.
import { isMainThread, type Worker } from 'node:worker_threads';

if (isMainThread) {
  const threads = new Set<Worker>();
  process.on('worker', (thread) => {
    threads.add(thread);
    thread.once('exit', () => threads.delete(thread));
  });
  process.on('SIGUSR2', () => {
    for (const thread of threads) void thread.terminate();
  });
}
