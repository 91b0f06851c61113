import { BadRequest, errorForStatus, Unauthorized, type WebsocketHello, websocketWelcome } from '@openhanami/contract';
import { openSocket } from '#platform';
import { type CallOptions, ConnectionError, serverUrl } from './call.ts';
import { hasEnded, type Token, withToken } from './credentials.ts';
import { explain } from './trouble.ts';

/** Codes with which the server closes a connection for an invalid message (RFC 6455, section 7.4.1). */
const FAULTS: readonly number[] = [1007, 1008];

interface Waiting {
  /** Takes an answer; returns true if it was the last one. */
  take(answer: Uint8Array): boolean;
  reject(error: Error): void;
}

/** A websocket whose answers come in the order of the messages. */
export class Channel {
  private readonly waiting: Waiting[] = [];
  private ended: Error | undefined;

  private constructor(private readonly socket: WebSocket) {
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => {
      if (this.waiting[0]?.take(new Uint8Array(data as ArrayBuffer))) this.waiting.shift();
    });
    socket.addEventListener('close', ({ code, reason }) => {
      // If only the token has ended, the messages were valid: another connection may continue.
      if (FAULTS.includes(code) && reason !== '' && !hasEnded({ sentence: reason, code: undefined })) this.end(new BadRequest(reason));
      else this.end(new ConnectionError(`the connection was closed (${code}${reason ? `: ${reason}` : ''})`));
    });
    socket.addEventListener('error', () => this.end(new ConnectionError('the connection broke')));
  }

  /** Connects, authenticates and names the target. @throws ConnectionError, or the server's refusal as BadRequest or Unauthorized. */
  static async open(
    token: Token,
    address: string,
    about: Pick<WebsocketHello, 'target' | 'uuid'>,
    { verifyConnection = true }: CallOptions = {},
  ): Promise<Channel> {
    const url = serverUrl(address);
    const { channel, refusal } = await withToken(
      token,
      async (key = '') => {
        const socket = await openSocket(url, verifyConnection);
        await new Promise<void>((resolve, reject) => {
          const fail = (event: Event): void => {
            const why = explain((event as ErrorEvent).error ?? new Error((event as ErrorEvent).message || 'it closed the connection'), url);
            reject(new ConnectionError(`the server at ${address.trim()} cannot be reached by a websocket: ${why}`));
          };
          socket.addEventListener('open', () => resolve(), { once: true });
          socket.addEventListener('error', fail, { once: true });
        });
        const channel = new Channel(socket);
        const answer = await channel.send(JSON.stringify({ token: key, ...about } satisfies WebsocketHello));
        const welcome = websocketWelcome.parse(JSON.parse(new TextDecoder().decode(answer)));
        if (!welcome.success) void channel.close();
        return { channel, refusal: welcome.success ? undefined : { sentence: welcome.error, code: welcome.code } };
      },
      (answer) => answer.refusal,
    );
    if (!refusal) return channel;
    throw hasEnded(refusal) ? new Unauthorized(refusal.sentence, 'token_ended') : errorForStatus(400, refusal.sentence, refusal.code);
  }

  /** Sends a message; resolves with its answer. */
  async send(message: Uint8Array<ArrayBuffer> | string): Promise<Uint8Array> {
    const [answer] = await this.sendForAll(message, () => true);
    return answer as Uint8Array;
  }

  /**
   * Sends a message; resolves with its answers, up to the one that `isLast`.
   * @throws BadRequest if the server refused a message, ConnectionError if the connection ended.
   */
  sendForAll(message: Uint8Array<ArrayBuffer> | string, isLast: (answer: Uint8Array) => boolean): Promise<Uint8Array[]> {
    if (this.ended) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      const answers: Uint8Array[] = [];
      const take = (answer: Uint8Array): boolean => {
        answers.push(answer);
        if (!isLast(answer)) return false;
        resolve(answers);
        return true;
      };
      this.waiting.push({ take, reject });
      this.socket.send(message);
    });
  }

  /** Closes the connection; resolves when it is closed. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.readyState === WebSocket.CLOSED) return resolve();
      this.socket.addEventListener('close', () => resolve(), { once: true });
      this.socket.close();
    });
  }

  private end(error: Error): void {
    this.ended ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(this.ended);
  }
}
