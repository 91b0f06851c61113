import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { endEvents } from './events.ts';

/** Milliseconds for requests in flight when the server stops. */
const PATIENCE_MS = 5000;
/** Milliseconds after that for websockets to close. */
const CLOSE_MS = 2000;

/** Shuts the server down in order: ends event streams, answers requests in flight, closes idle connections, and finally all others. */
export function addDrain(app: FastifyInstance): void {
  // Node does not track connections that requested an upgrade, even if it failed, but waits for them when it closes.
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // Promises of the requests in flight.
  const inFlight = new Set<Promise<unknown>>();
  app.addHook('onRequest', async ({ headers }, { raw }) => {
    // Websockets are closed by their own plugin.
    if (headers.upgrade !== undefined) return;
    // Also if the client disconnects before the answer; Fastify has no response event then.
    const end = new Promise<unknown>((resolve) => raw.once('close', resolve));
    inFlight.add(end);
    void end.then(() => inFlight.delete(end));
  });
  app.addHook('preClose', async () => {
    endEvents(app);
    // Requests from now on are refused.
    await Promise.race([Promise.all(inFlight), delay(PATIENCE_MS, undefined, { ref: false })]);
    // A connection that was opened but never used counts as active, and would delay the shutdown by a minute.
    app.server.closeAllConnections();
    setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, CLOSE_MS).unref();
  });
}
