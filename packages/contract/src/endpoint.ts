import type { z } from 'zod';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** An endpoint of the REST API, as the server, the SDK and the documentation use it. */
export interface Endpoint<In extends z.ZodObject = z.ZodObject, Out extends z.ZodType = z.ZodType> {
  readonly method: Method;
  /** Path behind the version prefix, such as `/cluster/all`. */
  readonly path: string;
  readonly summary: string;
  /** Query parameters of GET and DELETE, JSON body of POST and PUT. */
  readonly input: In;
  readonly output: Out;
  /** Statuses besides 400 and 401 that a caller should expect. */
  readonly errors: readonly number[];
  /** Set if the endpoint needs no token. */
  readonly open?: true;
  /** Content types of a streamed response; absent if the response is JSON. */
  readonly produces?: readonly string[];
}

/** Prefix of all REST paths. */
export const API_PREFIX = '/v1.0alpha';

/** Returns an endpoint with its literal types. */
export function endpoint<const E extends Endpoint>(definition: E): E {
  return definition;
}

/** Input before parsing. */
export type InputOf<E extends Endpoint> = z.input<E['input']>;
/** Input of a handler, after parsing. */
export type ParsedInputOf<E extends Endpoint> = z.output<E['input']>;
export type OutputOf<E extends Endpoint> = z.output<E['output']>;
