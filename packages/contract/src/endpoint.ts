import type { z } from 'zod';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** One call of the REST API: everything that server, SDK and documentation need to know about it. */
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
  /** Whether the call needs no token. */
  readonly open?: true;
  /** Content types of an answer that is a stream of bytes; left out where it is JSON. */
  readonly produces?: readonly string[];
}

/** All REST paths start with it. */
export const API_PREFIX = '/v1.0alpha';

/** An endpoint with the types of exactly this one. */
export function endpoint<const E extends Endpoint>(definition: E): E {
  return definition;
}

/** What a caller passes. */
export type InputOf<E extends Endpoint> = z.input<E['input']>;
/** What a handler gets, after parsing. */
export type ParsedInputOf<E extends Endpoint> = z.output<E['input']>;
export type OutputOf<E extends Endpoint> = z.output<E['output']>;
