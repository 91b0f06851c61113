import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** One server-sent event. */
export interface ServerEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Milliseconds between two comments that keep proxies from closing an idle stream. */
const HEARTBEAT_MS = 15_000;
/** Longest delay of a timer in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Sends server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) until they end, the client disconnects, its
 * token expires or the server stops. A slow client delays only its own events.
 * @param expires seconds since 1970.
 * @param watch registers a function that ends them; returns one that removes it.
 */
export async function sendEvents(
  events: (signal: AbortSignal) => Promise<AsyncGenerator<ServerEvent>>,
  expires: number,
  watch: (end: () => void) => () => void,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const ending = new AbortController();
  // An error before the first event is a normal error response.
  const source = await events(ending.signal);
  const out = new PassThrough();
  const end = (): void => ending.abort();
  const expiry = setTimeout(end, Math.min(Math.max(0, expires * 1000 - Date.now()), LONGEST_TIMER));
  const heartbeat = setInterval(() => out.write(': still here\n\n'), HEARTBEAT_MS);
  const unwatch = watch(end);
  const open = streamsOf(request);
  open.add(end);
  out.once('close', end);
  pump(source, out, ending.signal)
    .catch((error) => request.log.error({ err: error }, 'a stream of events broke'))
    .finally(() => {
      clearTimeout(expiry);
      clearInterval(heartbeat);
      unwatch();
      open.delete(end);
      out.end();
    });
  return reply.type('text/event-stream').header('cache-control', 'no-store').header('x-accel-buffering', 'no').send(out);
}

async function pump(source: AsyncGenerator<ServerEvent>, out: PassThrough, signal: AbortSignal): Promise<void> {
  for await (const { event, data } of source) {
    if (signal.aborted) return;
    if (!out.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) await Promise.race([once(out, 'drain'), once(out, 'close')]);
  }
}

/** Functions that end the open streams of a server. */
const streams = new WeakMap<FastifyRequest['server'], Set<() => void>>();

function streamsOf({ server }: FastifyRequest): Set<() => void> {
  let open = streams.get(server);
  if (!open) {
    open = new Set();
    streams.set(server, open);
  }
  return open;
}

/** Ends all event streams of a server. */
export function endEvents(server: FastifyRequest['server']): void {
  for (const end of streams.get(server) ?? []) end();
}
