import { randomUUID } from 'node:crypto';
import { BadRequest, Conflict, HanamiError, websocketHello } from '@openhanami/contract';
import type { Logger } from 'pino';
import type { RawData, WebSocket } from 'ws';
import { parse } from '../http/bind.ts';
import type { Caller } from '../services/access.ts';
import type { Services } from '../services/index.ts';
import { receiveUpload } from './upload.ts';

/** Milliseconds that a client has for its first message. */
const HELLO_TIMEOUT_MS = 10_000;
/** Longest delay that a timer takes. */
const LONGEST_TIMER = 2 ** 31 - 1;
const POLICY_VIOLATION = 1008;

/** What a target does with a connection's messages. Messages come one after the other. */
export interface Target {
  receive(message: Buffer): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A websocket: the first message says who talks and about what; then each message is answered by its target, until the token expires. */
export function handleConnection(socket: WebSocket, services: Services, log: Logger): void {
  let target: Target | undefined;
  let expiry: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  const helloTimer = setTimeout(() => socket.close(POLICY_VIOLATION, 'no first message came'), HELLO_TIMEOUT_MS);

  const greet = async (message: Buffer): Promise<void> => {
    clearTimeout(helloTimer);
    try {
      const hello = parse(websocketHello, parseJson(message));
      const { caller, expires } = await services.tokens.verify(hello.token);
      target = await openTarget(services, caller, hello.target, hello.uuid);
      const left = expires * 1000 - Date.now();
      expiry = setTimeout(() => socket.close(POLICY_VIOLATION, 'the token has expired'), Math.min(left, LONGEST_TIMER));
      socket.send(Buffer.from(JSON.stringify({ success: true, uuid: randomUUID() })));
    } catch (error) {
      socket.send(Buffer.from(JSON.stringify({ success: false, error: sentenceOf(error, log) })));
      socket.close(POLICY_VIOLATION);
    }
  };

  // While a message is worked on, the socket is not read: a fast client waits instead of filling the memory.
  let waiting = 0;
  socket.on('message', (data: RawData) => {
    const message = toBuffer(data);
    if (++waiting === 8) socket.pause();
    last = last.then(async () => {
      if (socket.readyState === socket.OPEN) {
        if (target) socket.send(await target.receive(message));
        else await greet(message);
      }
      if (--waiting === 4) socket.resume();
    });
    last.catch((error) => {
      log.error({ err: error }, 'a websocket message failed');
      socket.close(1011, 'internal error');
    });
  });
  socket.on('error', (error) => log.debug({ err: error }, 'websocket error'));
  socket.on('close', () => {
    clearTimeout(helloTimer);
    clearTimeout(expiry);
    void last
      .catch(() => {})
      .then(() => target?.close())
      .catch((error) => log.error({ err: error }, 'a websocket could not be closed in order'));
  });
}

async function openTarget(services: Services, caller: Caller, target: 'file_upload' | 'cluster', uuid: string): Promise<Target> {
  if (target === 'file_upload') return receiveUpload(services.uploads, await services.uploads.attach(caller, uuid));
  const { mode } = await services.clusters.must(caller, uuid);
  throw new Conflict(`the cluster is in ${mode} mode; direct messages need DIRECT`);
}

function parseJson(message: Buffer): unknown {
  try {
    return JSON.parse(message.toString('utf8'));
  } catch {
    throw new BadRequest('the first message must be JSON with token, target and uuid');
  }
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/** What a client may read of an error. */
function sentenceOf(error: unknown, log: Logger): string {
  if (error instanceof HanamiError) return error.message;
  const id = randomUUID();
  log.error({ err: error, id }, 'internal error');
  return `internal error ${id}`;
}
