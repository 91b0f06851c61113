import { type Endpoint, eachEndpoint, type endpoints, type InputOf, type OutputOf } from '@openhanami/contract';
import { type CallOptions, call, type Stream, stream } from './call.ts';
import type { Token } from './credentials.ts';

type Endpoints = typeof endpoints;
type EndpointName = { [Name in keyof Endpoints]: Endpoints[Name] extends Endpoint ? Name : never }[keyof Endpoints];

/** Result of an endpoint: its output, or a stream of bytes. */
type Answer<E extends Endpoint> = E extends { readonly produces: readonly string[] } ? Stream : OutputOf<E>;

/** An endpoint as a function; its input is optional if it has no required field. */
type Method<E extends Endpoint> =
  Record<never, never> extends InputOf<E>
    ? (input?: InputOf<E>, options?: StreamOptions) => Promise<Answer<E>>
    : (input: InputOf<E>, options?: StreamOptions) => Promise<Answer<E>>;

interface StreamOptions extends CallOptions {
  /** First byte of a streamed response. */
  readonly offset?: number;
  /** Aborts a streamed response. */
  readonly signal?: AbortSignal;
}

/** Every endpoint of the contract by its name, such as `createTrainTask`, `listClusters`, `downloadDataset`. */
export type Client = { readonly [Name in EndpointName]: Endpoints[Name] extends Endpoint ? Method<Endpoints[Name]> : never };

export interface ClientOptions extends CallOptions {
  /** Such as `http://127.0.0.1:11418`; it may have a path. */
  readonly address: string;
  /** From `token.requestToken` or `token.logIn`; without it only endpoints that need none can be called. */
  readonly token?: Token;
}

/**
 * A client with one function for each endpoint of the contract. Names of fields are those of the REST API; passphrases and templates are
 * sent as `toBase64` encodes them.
 *
 * ```ts
 * const api = client({ address: 'http://127.0.0.1:11418', token: await token.logIn(address, 'asdf', 'asdfasdf') });
 * const { uuid } = await api.createCluster({ name: 'first cluster' });
 * const { body } = await api.listClusters({ limit: 10 });
 * ```
 * Each throws the contract's error for the status of the response (NotFound, Unauthorized, …; `code` is more specific), or ConnectionError.
 */
export function client({ address, token, ...common }: ClientOptions): Client {
  const methods = eachEndpoint().map(([name, endpoint]) => {
    const method = (input: Record<string, unknown> = {}, options: StreamOptions = {}): Promise<unknown> =>
      endpoint.produces
        ? stream(endpoint, token, address, input, { ...common, ...options })
        : call(endpoint, token, address, input, { ...common, ...options });
    return [name, method];
  });
  return Object.fromEntries(methods);
}
