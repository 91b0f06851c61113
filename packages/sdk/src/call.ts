import { type Endpoint, ERROR_CODE_HEADER, errorForStatus, type InputOf, type OutputOf } from '@openhanami/contract';
import { fetchFor } from '#platform';
import { type Token, urlOf, withToken } from './credentials.ts';
import { explain } from './trouble.ts';

/** Options of every function, as its last argument. */
export interface CallOptions {
  /** False accepts self-signed certificates (in Node). */
  readonly verifyConnection?: boolean;
  /** Seconds for which waits and uploads retry while the server cannot be reached; default 300. */
  readonly patience?: number;
  /** Called at each failed try with the reason. */
  readonly onTrouble?: (error: Error) => void;
}

/** Paging, order and filter of a list; default: all of it. */
export interface ListOptions extends CallOptions {
  /** Most rows. */
  readonly limit?: number | undefined;
  /** Rows to skip. */
  readonly offset?: number | undefined;
  /** Which rows come first: by age, or by name where rows have names; default `oldest`. */
  readonly order?: 'oldest' | 'newest' | 'name' | undefined;
  /** Text that a row must have in its name. */
  readonly name?: string | undefined;
}

/** Thrown if the server cannot be reached, or the connection broke. */
export class ConnectionError extends Error {
  override name = 'ConnectionError';
}

/**
 * Calls one endpoint of the contract.
 * @param token from `requestToken` or `logIn`; undefined if the endpoint needs none.
 * @param address such as `http://127.0.0.1:11418`; it may have a path.
 * @throws the contract's error for the status of the response (NotFound, Unauthorized, …), ConnectionError without a response.
 */
export async function call<E extends Endpoint>(
  endpoint: E,
  token: Token | undefined,
  address: string,
  input: InputOf<E>,
  options?: CallOptions,
): Promise<OutputOf<E>> {
  const response = await send(endpoint, token, address, input, options);
  return JSON.parse(await response.text()) as OutputOf<E>;
}

/** A streamed response, and its total size in bytes if the server sends it. */
export interface Stream {
  readonly bytes: ReadableStream<Uint8Array>;
  readonly total: number | undefined;
}

/**
 * Calls an endpoint that streams its response. @param offset first byte. @param signal aborts it.
 * @throws the same as `call`, and ConnectionError if the response has no body.
 */
export async function stream<E extends Endpoint>(
  endpoint: E,
  token: Token | undefined,
  address: string,
  input: InputOf<E>,
  { offset = 0, signal, ...options }: CallOptions & { offset?: number; signal?: AbortSignal } = {},
): Promise<Stream> {
  const headers = offset > 0 ? { range: `bytes=${offset}-` } : undefined;
  const response = await send(endpoint, token, address, input, options, { ...(headers ? { headers } : {}), ...(signal ? { signal } : {}) });
  if (!response.body) throw new ConnectionError('the answer has no body');
  const [, ofRange] = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '') ?? [];
  const length = ofRange ?? response.headers.get('content-length');
  return { bytes: response.body, total: length === null ? undefined : Number(length) };
}

async function send<E extends Endpoint>(
  { method, path }: E,
  token: Token | undefined,
  address: string,
  input: InputOf<E>,
  { verifyConnection = true }: CallOptions = {},
  extra: { readonly headers?: Record<string, string>; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  const url = serverUrl(address, path);
  const fromQuery = method === 'GET' || method === 'DELETE';
  if (fromQuery) {
    for (const [name, value] of Object.entries(input)) if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const { response, refusal } = await withToken(
    token,
    async (key) => {
      const headers = { ...extra.headers, ...(key === undefined ? {} : { 'X-Auth-Token': key }) };
      let response: Response;
      try {
        const fetchIt = await fetchFor(url, verifyConnection);
        response = await fetchIt(url, { ...extra, method, headers, ...(fromQuery ? {} : { body: JSON.stringify(input) }) });
      } catch (error) {
        extra.signal?.throwIfAborted();
        throw new ConnectionError(`the server at ${address.trim()} cannot be reached: ${explain(error, url)}`);
      }
      if (response.ok) return { response, refusal: undefined };
      const refusal = { sentence: await response.text(), code: response.headers.get(ERROR_CODE_HEADER) ?? undefined };
      return { response, refusal };
    },
    ({ response, refusal }) => (response.status === 401 ? refusal : undefined),
  );
  if (refusal) throw errorForStatus(response.status, refusal.sentence, refusal.code);
  return response;
}

/** URL of a server. @throws ConnectionError for an invalid address. */
export function serverUrl(address: string, path?: string): URL {
  try {
    return urlOf(address, path);
  } catch (error) {
    throw new ConnectionError((error as Error).message);
  }
}
