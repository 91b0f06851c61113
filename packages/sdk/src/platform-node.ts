// What differs between Node and browsers (platform-browser.ts has the same names); package.json chooses (`#platform`).
import { open } from 'node:fs/promises';
import { BadRequest } from '@openhanami/contract';
import { getProxyForUrl } from 'proxy-from-env';
import { WebSocket as NodeSocket } from 'ws';

/** `fetch`, or one that accepts any certificate or uses the proxy of HTTP_PROXY, HTTPS_PROXY and NO_PROXY; loaded on demand. */
export async function fetchFor(url: URL, verifyConnection: boolean): Promise<typeof fetch> {
  const proxy = getProxyForUrl(url.href);
  if (verifyConnection && proxy === '') return fetch;
  return otherFetch(proxy, verifyConnection);
}

const others = new Map<string, Promise<typeof fetch>>();

function otherFetch(proxy: string, rejectUnauthorized: boolean): Promise<typeof fetch> {
  const key = `${rejectUnauthorized} ${proxy}`;
  let made = others.get(key);
  if (!made) {
    made = import('undici').then(({ Agent, ProxyAgent, fetch: send }) => {
      const tls = { rejectUnauthorized };
      const dispatcher = proxy === '' ? new Agent({ connect: tls }) : new ProxyAgent({ uri: proxy, requestTls: tls });
      return ((input: URL, init: object) => send(input, { ...init, dispatcher })) as unknown as typeof fetch;
    });
    others.set(key, made);
  }
  return made;
}

/** Opens a websocket of the library `ws`: it sends large messages several times faster than Node's own client. */
export async function openSocket(url: URL, verifyConnection: boolean): Promise<WebSocket> {
  const proxy = getProxyForUrl(url.href);
  const through = proxy === '' ? {} : { agent: new (await import('https-proxy-agent')).HttpsProxyAgent(proxy) };
  return new NodeSocket(url, { rejectUnauthorized: verifyConnection, perMessageDeflate: false, ...through }) as unknown as WebSocket;
}

/** Opens a file: its size in bytes, when it was changed, and its pieces. @throws BadRequest if it cannot be uploaded. */
export async function openFile(path: string) {
  // A file handle is three times as fast as Node's Blob of a file.
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new BadRequest(
      error.code === 'ENOENT' ? `there is no file '${path}' (no such file or directory)` : `'${path}' cannot be read: ${error.message}`,
    );
  });
  const stats = await handle.stat();
  const refuse = async (why: string): Promise<never> => {
    await handle.close();
    throw new BadRequest(`'${path}' ${why}`);
  };
  if (stats.isDirectory()) await refuse('is a folder; a file is needed');
  if (!stats.isFile()) await refuse('is no file whose size is known; save it as a file first');
  if (stats.size === 0) await refuse('is empty; there is nothing to upload');
  const { size } = stats;
  return {
    size,
    changed: Math.round(stats.mtimeMs),
    async read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
      const buffer = new Uint8Array(Math.min(length, size - position));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead < buffer.length) throw new BadRequest(`'${path}' became shorter while it was uploaded`);
      return buffer;
    },
    close: () => handle.close(),
  };
}
