import { type Endpoint, eachEndpoint, type endpoints, type InputOf, type OutputOf } from '@openhanami/contract';
import { type CallOptions, call, type Stream, stream } from './call.ts';
import type { Token } from './credentials.ts';

type Endpoints = typeof endpoints;
type EndpointName = { [Name in keyof Endpoints]: Endpoints[Name] extends Endpoint ? Name : never }[keyof Endpoints];

/** What one endpoint answers: its output, or a stream of bytes. */
type Answer<E extends Endpoint> = E extends { readonly produces: readonly string[] } ? Stream : OutputOf<E>;

/** An endpoint as a function; its input may be left out where no field of it is needed. */
type Method<E extends Endpoint> =
  Record<never, never> extends InputOf<E>
    ? (input?: InputOf<E>, options?: StreamOptions) => Promise<Answer<E>>
    : (input: InputOf<E>, options?: StreamOptions) => Promise<Answer<E>>;

interface StreamOptions extends CallOptions {
  /** Of an answer that is a stream: the byte to begin at. */
  readonly offset?: number;
  /** Ends such an answer. */
  readonly signal?: AbortSignal;
}

/** Every endpoint of the contract by its name, such as `createTrainTask`, `listClusters`, `downloadDataset`. */
export type Client = { readonly [Name in EndpointName]: Endpoints[Name] extends Endpoint ? Method<Endpoints[Name]> : never };

export interface ClientOptions extends CallOptions {
  /** Such as `http://127.0.0.1:11418`; it may have a path. */
  readonly address: string;
  /** From `token.requestToken` or `token.logIn`; left out, only what needs none can be called. */
  readonly token?: Token;
}

/**
 * A server as one function for each endpoint of the contract. Names of fields are those of the REST API; passphrases and templates are sent
 * as `toBase64` makes them.
 *
 * ```ts
 * const api = client({ address: 'http://127.0.0.1:11418', token: await token.logIn(address, 'asdf', 'asdfasdf') });
 * const { uuid } = await api.createCluster({ name: 'first cluster' });
 * const { body } = await api.listClusters({ limit: 10 });
 * ```
 * Each throws the contract's error for the status that came back (NotFound, Unauthorized, …; `code` tells more), ConnectionError if none came.
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
