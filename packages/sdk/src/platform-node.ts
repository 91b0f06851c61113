// What Node has and browsers have not, behind the same names as platform-browser.ts; package.json chooses (`#platform`).
import { open } from 'node:fs/promises';
import { WebSocket as NodeSocket } from 'ws';

/** `fetch`, or one that accepts any certificate; the library for that is loaded only then. */
export async function fetchFor(verifyConnection: boolean): Promise<typeof fetch> {
  return verifyConnection ? fetch : insecureFetch();
}

let insecure: Promise<typeof fetch> | undefined;

function insecureFetch(): Promise<typeof fetch> {
  insecure ??= import('undici').then(({ Agent, fetch: send }) => {
    const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
    return ((input: URL, init: object) => send(input, { ...init, dispatcher })) as unknown as typeof fetch;
  });
  return insecure;
}

/** The library `ws`: it sends large messages several times faster than the client that is built in. */
export function openSocket(url: URL, verifyConnection: boolean): WebSocket {
  return new NodeSocket(url, { rejectUnauthorized: verifyConnection, perMessageDeflate: false }) as unknown as WebSocket;
}

/** An opened file: its size in bytes, and its pieces. */
export async function openFile(path: string) {
  // A file handle is three times as fast as the Blob that Node makes of a file.
  const handle = await open(path);
  const { size } = await handle.stat();
  return {
    size,
    async read(position: number, length: number): Promise<Uint8Array> {
      const buffer = new Uint8Array(Math.min(length, size - position));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead < buffer.length) throw new Error(`${path} became shorter while it was uploaded`);
      return buffer;
    },
    close: () => handle.close(),
  };
}
