import { errorForStatus, type WebsocketHello, websocketWelcome } from '@openhanami/contract';
import { type CallOptions, ConnectionError } from './call.ts';

/** A websocket on which answers come in the order of the messages. */
export class Channel {
  private readonly waiting: { resolve(answer: Uint8Array): void; reject(error: Error): void }[] = [];
  private ended: Error | undefined;

  private constructor(private readonly socket: WebSocket) {
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => this.waiting.shift()?.resolve(new Uint8Array(data as ArrayBuffer)));
    socket.addEventListener('close', ({ code, reason }) => this.end(`the connection was closed (${code}${reason ? `: ${reason}` : ''})`));
    socket.addEventListener('error', () => this.end('the connection broke'));
  }

  /** Connects and says who talks about what. @throws ConnectionError, or the server's reason not to talk. */
  static async open(address: string, hello: WebsocketHello, options: CallOptions = {}): Promise<Channel> {
    const url = new URL('/', address);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = await openSocket(url, options);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve(), { once: true });
      socket.addEventListener('error', () => reject(new ConnectionError(`the server at ${address} cannot be reached`)), { once: true });
    });
    const channel = new Channel(socket);
    const answer = await channel.send(new TextEncoder().encode(JSON.stringify(hello)));
    const welcome = websocketWelcome.parse(JSON.parse(new TextDecoder().decode(answer)));
    if (welcome.success) return channel;
    channel.close();
    throw errorForStatus(400, welcome.error);
  }

  /** Sends a message; resolves with its answer. */
  send(message: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    if (this.ended) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.socket.send(message);
    });
  }

  close(): void {
    this.socket.close();
  }

  private end(why: string): void {
    this.ended ??= new ConnectionError(why);
    for (const { reject } of this.waiting.splice(0)) reject(this.ended);
  }
}

/** In Node the library `ws`, which sends large messages several times faster than the built-in client; elsewhere the built-in one. */
async function openSocket(url: URL, { verifyConnection = true }: CallOptions): Promise<WebSocket> {
  if (globalThis.process?.versions?.node === undefined) return new WebSocket(url);
  const ws = await import('ws');
  return new ws.WebSocket(url, { rejectUnauthorized: verifyConnection, perMessageDeflate: false }) as unknown as WebSocket;
}
