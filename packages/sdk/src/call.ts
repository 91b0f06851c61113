import { API_PREFIX, type Endpoint, errorForStatus, type InputOf, type OutputOf } from '@openhanami/contract';
import { insecureFetch } from './insecure.ts';

/** What every function takes as its last argument. */
export interface CallOptions {
  /** False accepts self-signed certificates. */
  readonly verifyConnection?: boolean;
}

/** The server could not be reached at all. */
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
  options: CallOptions = {},
): Promise<OutputOf<E>> {
  const { method, path } = endpoint;
  const url = new URL(API_PREFIX + path, withSlash(address));
  const headers: Record<string, string> = token === undefined ? {} : { 'X-Auth-Token': token };
  const fromQuery = method === 'GET' || method === 'DELETE';
  if (fromQuery) {
    for (const [name, value] of Object.entries(input)) if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const send = options.verifyConnection === false ? await insecureFetch() : fetch;
  let response: Response;
  try {
    response = await send(url, fromQuery ? { method, headers } : { method, headers, body: JSON.stringify(input) });
  } catch (error) {
    throw new ConnectionError(`the server at ${address} cannot be reached: ${causeOf(error)}`);
  }
  const text = await response.text();
  if (!response.ok) throw errorForStatus(response.status, text);
  return JSON.parse(text) as OutputOf<E>;
}

function withSlash(address: string): string {
  if (!URL.canParse(address)) throw new ConnectionError(`'${address}' is no address; it should look like http://127.0.0.1:11418`);
  return address.endsWith('/') ? address : `${address}/`;
}

/** fetch says only that it failed; why stands in the cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error) return cause.message === '' ? ((cause as { code?: string }).code ?? cause.name) : cause.message;
  return error instanceof Error ? error.message : String(error);
}
