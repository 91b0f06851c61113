import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { BadRequest, HanamiError, InternalServerError, TooManyRequests, websocketHello } from '@openhanami/contract';
import type { Logger } from 'pino';
import type { RawData, WebSocket } from 'ws';
import type { Config } from '../config.ts';
import { parse } from '../parse.ts';
import type { Caller } from '../services/access.ts';
import type { Services } from '../services/index.ts';
import { storageFault } from '../store/faults.ts';
import { withoutPaths } from '../store/paths.ts';
import { talkDirectly } from './direct.ts';
import type { Closing, Target } from './target.ts';
import { receiveUpload } from './upload.ts';

/** Milliseconds that a client has for its first message. */
const HELLO_TIMEOUT_MS = 10_000;
/** Bytes that may come before a first message is accepted: a stranger fills no memory. */
const HELLO_BYTES = 4096;
/** Milliseconds in which a client answers that its connection is closed. */
const CLOSE_TIMEOUT_MS = 1000;
/** Longest delay that a timer takes. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** Bytes that may wait to be sent before nothing more is worked on. */
const MOST_UNSENT = 65_536;
const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;

/** A websocket: the first message says who talks and about what; then each message is answered by its target, until the token expires. */
export function handleConnection(socket: WebSocket, wire: Duplex, services: Services, log: Logger, limits: Config['http']): void {
  let target: Target | undefined;
  let expiry: NodeJS.Timeout | undefined;
  let unwatch = (): void => {};
  let closed = (): void => {};
  let last: Promise<void> = Promise.resolve();
  const end = ({ code, reason }: Closing): void => {
    socket.close(code, shorten(reason));
    setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS).unref();
  };
  const helloTimer = setTimeout(() => end({ code: POLICY_VIOLATION, reason: 'no first message came' }), HELLO_TIMEOUT_MS);
  // Counted on the wire, since a message counts as one only when it has come as a whole.
  let came = 0;
  const count = ({ length }: Buffer): void => {
    came += length;
    if (came > HELLO_BYTES) socket.terminate();
  };
  wire.on('data', count);

  const greet = async (message: Buffer): Promise<void> => {
    clearTimeout(helloTimer);
    try {
      const hello = parse(websocketHello, parseJson(message));
      const { caller, expires } = await services.tokens.verify(hello.token);
      countSocket(socket, caller.id, limits.websockets_per_user);
      target = await openTarget(services, caller, hello.target, hello.uuid, (reason) => end({ code: POLICY_VIOLATION, reason }));
      wire.off('data', count);
      closed = services.metrics.openSocket(hello.target);
      const left = expires * 1000 - Date.now();
      expiry = setTimeout(() => end({ code: POLICY_VIOLATION, reason: 'the token has expired' }), Math.min(left, LONGEST_TIMER));
      unwatch = services.tokens.watch(caller, () => end({ code: POLICY_VIOLATION, reason: 'the token was revoked' }));
      socket.send(Buffer.from(JSON.stringify({ success: true, uuid: randomUUID() })));
    } catch (error) {
      socket.send(Buffer.from(JSON.stringify({ success: false, error: sentenceOf(error, log), code: codeOf(error) })));
      end({ code: POLICY_VIOLATION, reason: '' });
    }
  };

  const pass = async (message: Buffer, to: Target): Promise<void> => {
    services.metrics.countBytes(message.length);
    const answer = await to.receive(message);
    if ('code' in answer) end(answer);
    else for (const bytes of answer) await send(socket, bytes);
  };

  // Who does not answer pings does not read, or is not there any more.
  let alive = true;
  socket.on('pong', () => {
    alive = true;
  });
  const pings = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, limits.ping_interval * 1000);

  // While a message is worked on, the socket is not read: a fast client waits instead of filling the memory.
  let waiting = 0;
  socket.on('message', (data: RawData) => {
    const message = toBuffer(data);
    if (++waiting === 8) socket.pause();
    last = last
      .then(async () => {
        if (socket.readyState !== socket.OPEN) return;
        if (target) await pass(message, target);
        else await greet(message);
      })
      .catch((error) => end({ code: INTERNAL_ERROR, reason: sentenceOf(error, log) }))
      .then(() => {
        if (--waiting === 4) socket.resume();
      });
  });
  socket.on('error', (error) => log.debug({ err: error }, 'websocket error'));
  socket.on('close', () => {
    clearTimeout(helloTimer);
    clearTimeout(expiry);
    clearInterval(pings);
    unwatch();
    closed();
    void last.then(() => target?.close()).catch((error) => log.error({ err: error }, 'a websocket could not be closed in order'));
  });
}

/** Open websockets by user. */
const sockets = new Map<string, number>();

function countSocket(socket: WebSocket, user: string, most: number): void {
  const count = (sockets.get(user) ?? 0) + 1;
  if (count > most) throw new TooManyRequests(`you have ${most} open websockets already; close one first`);
  sockets.set(user, count);
  socket.once('close', () => {
    const left = (sockets.get(user) ?? 1) - 1;
    if (left === 0) sockets.delete(user);
    else sockets.set(user, left);
  });
}

/** Sends bytes; waits until they have left if much waits before them: a client that does not read is not worked for, and fills no memory. */
function send(socket: WebSocket, bytes: Uint8Array): Promise<void> | undefined {
  if (socket.bufferedAmount < MOST_UNSENT) {
    socket.send(bytes);
    return undefined;
  }
  return new Promise((resolve) => socket.send(bytes, () => resolve()));
}

async function openTarget(
  services: Services,
  caller: Caller,
  target: 'file_upload' | 'cluster',
  uuid: string,
  hangUp: (reason: string) => void,
): Promise<Target> {
  if (target === 'file_upload') {
    const upload = await services.uploads.attach(caller, uuid, hangUp);
    return receiveUpload(services.uploads, upload, hangUp);
  }
  return talkDirectly(await services.direct.open(caller, uuid, hangUp));
}

/** A closing frame has room for 123 bytes of reason (RFC 6455, section 5.5). */
function shorten(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.length <= 123) return reason;
  // A character that was cut in two is left out.
  return `${new TextDecoder().decode(bytes.subarray(0, 119)).replace(/\uFFFD$/, '')}…`;
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

/** The code of an error, for programs. */
function codeOf(error: unknown): string {
  return (error instanceof HanamiError ? error : (storageFault(error) ?? new InternalServerError())).code;
}

/** What a client may read of an error. */
function sentenceOf(error: unknown, log: Logger): string {
  const known = error instanceof HanamiError ? error : storageFault(error);
  if (known) return withoutPaths(known.message);
  const id = randomUUID();
  log.error({ err: error, id }, 'internal error');
  return `internal error ${id}`;
}
