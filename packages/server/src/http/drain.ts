import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { endEvents } from './events.ts';

/** Milliseconds that requests have to end in once the server stops. */
const PATIENCE_MS = 5000;
/** Milliseconds that websockets have after that to be closed in order. */
const CLOSE_MS = 2000;

/** Lets the server stop in order: streams of events end, requests in flight are answered, then connections that send nothing are cut, and at last all. */
export function addDrain(app: FastifyInstance): void {
  // Node does not count those any more that asked to become a websocket, not even where they became none, and yet waits for them.
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // Ends of the requests in flight.
  const inFlight = new Set<Promise<unknown>>();
  app.addHook('onRequest', async ({ headers }, { raw }) => {
    // Websockets are closed by their own plugin.
    if (headers.upgrade !== undefined) return;
    // Also where the client went away before the answer; Fastify tells of no response then.
    const end = new Promise<unknown>((resolve) => raw.once('close', resolve));
    inFlight.add(end);
    void end.then(() => inFlight.delete(end));
  });
  app.addHook('preClose', async () => {
    endEvents(app);
    // Those that come from now on are refused.
    await Promise.race([Promise.all(inFlight), delay(PATIENCE_MS, undefined, { ref: false })]);
    // A connection that was opened in reserve and never used counts as active, and would hold up the end for a minute.
    app.server.closeAllConnections();
    setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, CLOSE_MS).unref();
  });
}
