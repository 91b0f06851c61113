import { API_PREFIX, type Endpoint, errorForStatus, type InputOf, type OutputOf } from '@openhanami/contract';
import { fetchFor } from '#platform';

/** What every function takes as its last argument. */
export interface CallOptions {
  /** False accepts self-signed certificates (in Node). */
  readonly verifyConnection?: boolean;
}

/** The server could not be reached at all, or the connection broke. */
export class ConnectionError extends Error {
  override name = 'ConnectionError';
}

/**
 * Calls one endpoint of the contract.
 * @param token from `requestToken`; left out where the endpoint needs none.
 * @param address such as `http://127.0.0.1:11418`.
 * @throws the contract's error for the status that came back (NotFound, Unauthorized, …), ConnectionError if none came.
 */
export async function call<E extends Endpoint>(
  endpoint: E,
  token: string | undefined,
  address: string,
  input: InputOf<E>,
  options?: CallOptions,
): Promise<OutputOf<E>> {
  const response = await send(endpoint, token, address, input, options);
  return JSON.parse(await response.text()) as OutputOf<E>;
}

/** Bytes of an answer that is a stream; those of the whole where the server tells. */
export interface Stream {
  readonly bytes: ReadableStream<Uint8Array>;
  readonly total: number | undefined;
}

/** Calls an endpoint whose answer is a stream. @param offset the byte to begin at. @param signal ends it. */
export async function stream<E extends Endpoint>(
  endpoint: E,
  token: string,
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
  token: string | undefined,
  address: string,
  input: InputOf<E>,
  { verifyConnection = true }: CallOptions = {},
  extra: { readonly headers?: Record<string, string>; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  const url = new URL(API_PREFIX + path, withSlash(address));
  const headers = { ...extra.headers, ...(token === undefined ? {} : { 'X-Auth-Token': token }) };
  const fromQuery = method === 'GET' || method === 'DELETE';
  if (fromQuery) {
    for (const [name, value] of Object.entries(input)) if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const fetchIt = await fetchFor(verifyConnection);
  let response: Response;
  try {
    response = await fetchIt(url, { ...extra, method, headers, ...(fromQuery ? {} : { body: JSON.stringify(input) }) });
  } catch (error) {
    extra.signal?.throwIfAborted();
    throw new ConnectionError(`the server at ${address} cannot be reached: ${causeOf(error)}`);
  }
  if (!response.ok) throw errorForStatus(response.status, await response.text());
  return response;
}

function withSlash(address: string): string {
  if (!URL.canParse(address)) throw new ConnectionError(`'${address}' is no address; it should look like http://127.0.0.1:11418`);
  return address.endsWith('/') ? address : `${address}/`;
}

/** fetch says only that it failed; why stands in the cause. */
export function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error) return cause.message === '' ? ((cause as { code?: string }).code ?? cause.name) : cause.message;
  return error instanceof Error ? error.message : String(error);
}
