import type { FastifyInstance } from 'fastify';
import { endEvents } from './events.ts';

/** Milliseconds that requests have to end in once the server stops. */
const PATIENCE_MS = 5000;

/** Lets the server stop in order: streams of events end, requests in flight are answered, then connections that send nothing are cut. */
export function addDrain(app: FastifyInstance): void {
  let inFlight = 0;
  let ended = (): void => {};
  app.addHook('onRequest', async ({ headers }, { raw }) => {
    // Websockets are closed by their own plugin.
    if (headers.upgrade !== undefined) return;
    inFlight++;
    // Also where the client went away before the answer; Fastify tells of no response then.
    raw.once('close', () => {
      if (--inFlight === 0) ended();
    });
  });
  app.addHook('preClose', async () => {
    endEvents(app);
    await new Promise<void>((resolve) => {
      ended = resolve;
      setTimeout(resolve, PATIENCE_MS).unref();
      if (inFlight === 0) resolve();
    });
    // A connection that was opened in reserve and never used counts as active, and would hold up the end for a minute.
    app.server.closeAllConnections();
  });
}
