// The neighbour of who abuses the server, in a process of its own: lists clusters again and again, and tells how long each call took.
import { setTimeout as delay } from 'node:timers/promises';
import { API_PREFIX } from '@openhanami/contract';

/** Milliseconds between two calls. */
const EVERY_MS = 10;

const [address = '', token = ''] = process.argv.slice(2);
let times: number[] = [];
process.on('message', (question) => {
  if (question === 'forget') times = [];
  process.send?.(times.toSorted((a, b) => a - b));
});
process.on('disconnect', () => process.exit(0));
for (;;) {
  const begin = performance.now();
  try {
    const answer = await fetch(`${address}${API_PREFIX}/cluster/all?limit=20`, { headers: { 'x-auth-token': token } });
    await answer.arrayBuffer();
    if (answer.status !== 200) times.push(Number.POSITIVE_INFINITY);
  } catch {
    // The server is gone: as good as waiting for ever.
    times.push(Number.POSITIVE_INFINITY);
  }
  times.push(performance.now() - begin);
  await delay(EVERY_MS);
}
