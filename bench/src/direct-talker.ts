// A client thread of the bench: sends the same frame over each connection again as soon as it is answered.
import { parentPort, workerData } from 'node:worker_threads';
import { openDirect } from '../../tests/direct-socket.ts';

const { address, token, uuids, frame, seconds } = workerData as {
  address: string;
  token: string;
  uuids: string[];
  frame: Uint8Array;
  seconds: number;
};

const latencies: number[] = [];
let requests = 0;
let counting = false;
let ended = false;

async function talk(uuid: string): Promise<void> {
  const socket = await openDirect(address, token, uuid);
  let sent = performance.now();
  socket.on('message', () => {
    const now = performance.now();
    if (counting) {
      requests++;
      latencies.push(now - sent);
    }
    if (ended) return;
    sent = now;
    socket.send(frame);
  });
  socket.send(frame);
}

await Promise.all(uuids.map(talk));
// The first second lets both sides warm up.
await new Promise((next) => setTimeout(next, 1000));
counting = true;
await new Promise((next) => setTimeout(next, seconds * 1000));
counting = false;
ended = true;
latencies.sort((a, b) => a - b);
parentPort?.postMessage({ requests, latency: latencies[latencies.length >> 1] });
