import { API_PREFIX } from '@openhanami/contract';

/** A token, or credentials, which get a new one when it has ended. */
export type Token = string | Credentials;

/** A token that renews itself by logging in again. */
export class Credentials {
  private renewing: Promise<string> | undefined;

  constructor(
    private current: string,
    private readonly logInAgain: () => Promise<string>,
  ) {}

  /** The token of the last login. */
  get token(): string {
    return this.current;
  }

  /** Replaces a token that has ended; concurrent calls share one login. @param ended the token that was refused. */
  async renew(ended: string): Promise<string> {
    if (ended !== this.current) return this.current;
    this.renewing ??= this.logInAgain().finally(() => {
      this.renewing = undefined;
    });
    this.current = await this.renewing;
    return this.current;
  }
}

/** The text of a token. */
export function textOf(token: Token): string {
  return typeof token === 'string' ? token : token.token;
}

/** A server's refusal of a request. */
export interface Refusal {
  readonly sentence: string;
  /** Undefined for servers that send no codes. */
  readonly code: string | undefined;
}

/** Whether a refusal means that the token has ended, not that its user lacks a right. */
export function hasEnded({ sentence, code }: Refusal): boolean {
  return code === undefined ? /^the token (has expired|was revoked|is not valid)/.test(sentence) : code === 'token_ended';
}

/** Calls `work` with a token; once more with a new one if it has ended. @param refusal gets the refusal from an answer. */
export async function withToken<Answer>(
  token: Token | undefined,
  work: (text: string | undefined) => Promise<Answer>,
  refusal: (answer: Answer) => Refusal | undefined,
): Promise<Answer> {
  const text = token === undefined ? undefined : textOf(token);
  const answer = await work(text);
  const refused = refusal(answer);
  if (typeof token !== 'object' || text === undefined || !refused || !hasEnded(refused)) return answer;
  return work(await token.renew(text));
}

/**
 * URL of an endpoint or the websocket of a server. The address may have a path of its own, such as behind a proxy.
 * @param path after the version's prefix; default: the websocket.
 * @throws TypeError for an invalid address.
 */
export function urlOf(address: string, path?: string): URL {
  const text = address.trim();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    const guess = `http://${text}`;
    const hint = !/^[a-z]+:\/\//i.test(text) && URL.canParse(guess) ? `; did you mean ${guess}?` : '';
    throw new TypeError(`'${address}' is no address of a server; it should look like http://127.0.0.1:11418${hint}`);
  }
  const base = url.pathname.replace(/\/+$/, '');
  const found = new URL(url.origin);
  found.pathname = path === undefined ? `${base}/` : `${base}${API_PREFIX}${path}`;
  if (path === undefined) found.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return found;
}
