// The baseline of the direct figures: a websocket server that does nothing but pass each message to a thread, which answers at once.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { WebSocketServer } from 'ws';

if (isMainThread) {
  const thread = new Worker(new URL(import.meta.url));
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  const waiting = new Map<number, (answer: Uint8Array) => void>();
  let count = 0;
  thread.on('message', ({ id, answer }: { id: number; answer: Uint8Array }) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  server.on('connection', (socket) => {
    socket.once('message', () => {
      socket.send(JSON.stringify({ success: true }));
      socket.on('message', (data: Buffer) => {
        const id = count++;
        waiting.set(id, (answer) => socket.send(answer));
        thread.postMessage({ id, message: new Uint8Array(data) });
      });
    });
  });
  await once(server, 'listening');
  process.send?.((server.address() as { port: number }).port);
} else {
  const answer = new Uint8Array(60);
  parentPort?.on('message', ({ id }: { id: number }) => parentPort?.postMessage({ id, answer }));
}
