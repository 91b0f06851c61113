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

/** Milliseconds for a client's first message. */
const HELLO_TIMEOUT_MS = 10_000;
/** Most bytes before a first message is accepted, so that unknown clients cannot fill the memory. */
const HELLO_BYTES = 4096;
/** Milliseconds for a client to confirm that its connection is closed. */
const CLOSE_TIMEOUT_MS = 1000;
/** Longest delay of a timer in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** Most unsent bytes before no further message is processed. */
const MOST_UNSENT = 65_536;
const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;

/** Handles a websocket: the first message names token and target, which answers each further message until the token expires. */
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
  // Counted on the wire, since a message is emitted only when it has arrived as a whole.
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

  // A client that does not answer pings does not read, or is gone.
  let alive = true;
  socket.on('pong', () => {
    alive = true;
  });
  const pings = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, limits.ping_interval * 1000);

  // The socket is paused while messages wait: a fast client is slowed down instead of filling the memory.
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

/** Number of open websockets by user. */
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

/** Sends bytes; waits until they have left if many are unsent, so that a client that does not read causes no work and fills no memory. */
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
  // A character that was cut is left out.
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

/** The message of an error for a client. */
function sentenceOf(error: unknown, log: Logger): string {
  const known = error instanceof HanamiError ? error : storageFault(error);
  if (known) return withoutPaths(known.message);
  const id = randomUUID();
  log.error({ err: error, id }, 'internal error');
  return `internal error ${id}`;
}
