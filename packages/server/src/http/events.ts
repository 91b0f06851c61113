import { once } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** One server-sent event. */
export interface ServerEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Milliseconds between two comments that keep proxies from closing a quiet stream. */
const HEARTBEAT_MS = 15_000;
/** Longest delay that a timer takes. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Sends events (https://html.spec.whatwg.org/multipage/server-sent-events.html) until they end, the client goes, or its token expires.
 * A slow client holds up only the reading of its own events.
 * @param expires seconds since 1970.
 */
export async function sendEvents(
  events: (signal: AbortSignal) => Promise<AsyncGenerator<ServerEvent>>,
  expires: number,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const ending = new AbortController();
  // What goes wrong before the first event is an answer of its own.
  const source = await events(ending.signal);
  reply.hijack();
  const { raw } = reply;
  const expiry = setTimeout(() => ending.abort(), Math.min(Math.max(0, expires * 1000 - Date.now()), LONGEST_TIMER));
  const heartbeat = setInterval(() => raw.write(': still here\n\n'), HEARTBEAT_MS);
  raw.once('close', () => ending.abort());
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  raw.flushHeaders();
  try {
    for await (const { event, data } of source) {
      if (ending.signal.aborted) break;
      if (!raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) await Promise.race([once(raw, 'drain'), once(raw, 'close')]);
    }
  } catch (error) {
    request.log.error({ err: error }, 'a stream of events broke');
  } finally {
    clearTimeout(expiry);
    clearInterval(heartbeat);
    raw.end();
  }
  return reply;
}
