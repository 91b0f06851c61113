// Clients that mean no good: each does its worst, and tells what ended it.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { openDirect } from '../../../tests/direct-socket.ts';
import type { ServerProcess } from '../../../tests/server-process.ts';
import type { Figure } from '../figure.ts';

const MB = 1e6;
const GB = 1e9;

export interface Abused {
  readonly server: ServerProcess;
  readonly token: string;
  /** A cluster in DIRECT mode. */
  readonly uuid: string;
  readonly frame: Uint8Array;
}

type Abuse = (abused: Abused) => Promise<Omit<Figure, 'name'>>;

const portOf = ({ address }: ServerProcess): number => Number(new URL(address).port);

function open(server: ServerProcess, from = '127.0.0.1'): Socket {
  return connect({ port: portOf(server), host: '127.0.0.1', localAddress: from }).on('error', () => {});
}

/** Writes blocks as fast as they are taken until the other side ends it or `most` bytes were taken; returns how many. */
async function pour(socket: Socket, block: Buffer, most: number): Promise<number> {
  socket.setMaxListeners(0);
  let ended = false;
  socket.once('close', () => {
    ended = true;
  });
  let bytes = 0;
  while (!ended && bytes < most) {
    bytes += block.length;
    if (!socket.write(block)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {});
  }
  socket.destroy();
  return bytes;
}

/** Asks without an end over a websocket and reads no answer. */
const neverReads: Abuse = async ({ server, token, uuid, frame }) => {
  const before = server.memory;
  const clients = 20;
  const sockets = await Promise.all(Array.from({ length: clients }, () => openDirect(server.address, token, uuid)));
  const started = performance.now();
  let highest = 0;
  let cut = 0;
  const flood = async (socket: WebSocket): Promise<void> => {
    const raw = (socket as unknown as { _socket: Socket })._socket;
    let closed = false;
    raw.once('close', () => {
      closed = true;
      cut++;
    });
    raw.on('error', () => {});
    socket.on('error', () => {});
    raw.pause();
    while (!closed) {
      if (raw.writableLength < MB) socket.send(frame);
      await pause(raw.writableLength < MB ? 0 : 20);
    }
  };
  const watch = setInterval(() => {
    highest = Math.max(highest, server.memory - before);
  }, 100);
  await Promise.race([Promise.all(sockets.map(flood)), pause(120_000)]);
  clearInterval(watch);
  if (cut < clients) throw new Error(`only ${cut} of ${clients} clients that never read were cut`);
  return {
    value: highest / clients,
    unit: 'MB',
    goal: '< 10',
    how: `memory for each of ${clients} that ask on and on; all cut after ${((performance.now() - started) / 1000).toFixed(0)} s: http.ping_interval (set to 5 s here)`,
  };
};

/** Sends the head of a request byte by byte. */
const oneByteASecond: Abuse = async ({ server }) => {
  const sockets = Array.from({ length: 50 }, () => open(server));
  const started = performance.now();
  const head = `GET /health HTTP/1.1\r\nhost: ${'x'.repeat(10_000)}`;
  let at = 0;
  const writing = setInterval(() => {
    for (const socket of sockets) socket.write(head[at] ?? 'x');
    at++;
  }, 1000);
  await Promise.all(sockets.map((socket) => new Promise((closed) => socket.resume().once('close', closed))));
  clearInterval(writing);
  return {
    value: (performance.now() - started) / 1000,
    unit: 's',
    goal: '< 45',
    how: 'until the last of 50 is cut: http.request_timeout (set to 10 s here; looked at every 30 s)',
  };
};

/** Sends 10 GB as a body that tells no length. */
const endlessBody: Abuse = async ({ server, token }) => {
  const socket = open(server);
  const block = Buffer.concat([Buffer.from(`${MB.toString(16)}\r\n`), Buffer.alloc(MB, ' '), Buffer.from('\r\n')]);
  socket.write(`POST /v1.0alpha/cluster HTTP/1.1\r\nhost: x\r\nx-auth-token: ${token}\r\ntransfer-encoding: chunked\r\n\r\n`);
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
  });
  const taken = await pour(socket, block, 10 * GB);
  return { value: taken / MB, unit: 'MB', goal: '< 30', how: `taken until the end (${answer.slice(9, 12)}): http.body_limit` };
};

/** Sends 10 GB as one websocket message. */
const endlessMessage: Abuse = async ({ server, token, uuid }) => {
  const socket = await openDirect(server.address, token, uuid);
  let code = 0;
  socket.on('error', () => {});
  socket.once('close', (closed) => {
    code = closed;
  });
  const raw = (socket as unknown as { _socket: Socket })._socket;
  let taken = 0;
  const block = Buffer.alloc(MB);
  raw.setMaxListeners(0);
  // Fragments of one message (RFC 6455, section 5.4).
  while (socket.readyState === socket.OPEN && taken < 10 * GB) {
    await new Promise((sent) => socket.send(block, { fin: false }, sent));
    taken += block.length;
  }
  if (socket.readyState !== socket.CLOSED) await Promise.race([once(socket, 'close'), pause(5000)]);
  raw.destroy();
  return { value: taken / MB, unit: 'MB', goal: '< 30', how: `taken until it is closed (${code}): http.message_limit` };
};

/** Opens 10,000 connections, and looks whether others still get in. */
const manySockets: Abuse = async ({ server }) => {
  const asked = 10_000;
  let closed = 0;
  let tried = 0;
  const sockets: Socket[] = [];
  while (tried < asked) {
    for (let i = 0; i < 250; i++, tried++) {
      const socket = open(server);
      socket.once('close', () => closed++);
      sockets.push(socket);
    }
    await pause(20);
  }
  // What is refused is closed at once.
  for (let last = -1; last !== closed; await pause(3000)) last = closed;
  const other = open(server, '127.0.0.2');
  other.write('GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  const [answer] = await Promise.race([once(other, 'data'), pause(5000).then(() => ['nothing'])]);
  if (!String(answer).startsWith('HTTP/1.1 200')) throw new Error(`another address got ${answer}`);
  for (const socket of sockets) socket.destroy();
  return {
    value: asked - closed,
    unit: '',
    goal: '<= 2000',
    how: `open of ${asked.toLocaleString('en')} from one address: http.connections_per_address; another address is answered`,
  };
};

/** What each abusive client gets, in turn. */
export async function abuse(abused: Abused): Promise<Figure[]> {
  const kinds: Record<string, Abuse> = {
    'a client that never reads': neverReads,
    'a client that sends one byte a second': oneByteASecond,
    'a body of 10 GB': endlessBody,
    'a websocket message of 10 GB': endlessMessage,
    '10,000 sockets': manySockets,
  };
  const figures: Figure[] = [];
  for (const [name, kind] of Object.entries(kinds)) {
    console.error(`abuse: ${name} …`);
    figures.push({ name, ...(await kind(abused)) });
  }
  return figures;
}
