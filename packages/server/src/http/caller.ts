import type { FastifyRequest, RouteOptions } from 'fastify';
import type { Caller } from '../services/access.ts';
import type { Services } from '../services/index.ts';

/** Looks at the token in the headers before a byte of the body is read. */
export function admission({ tokens }: Services): Pick<RouteOptions, 'onRequest'> {
  return {
    async onRequest(request) {
      admitted.set(request, await tokens.verify(tokenOf(request)));
    },
  };
}

/** Whose token a request has, and when it expires. */
const admitted = new WeakMap<FastifyRequest, { caller: Caller; expires: number }>();

/** Id of the user whose token a request has, once it was looked at. */
export const callerOf = (request: FastifyRequest): string | undefined => admitted.get(request)?.caller.id;

export function admittedOf(request: FastifyRequest): { caller: Caller; expires: number } {
  const found = admitted.get(request);
  if (!found) throw new Error('the request was not authenticated');
  return found;
}

/** The token of a request; undefined where it has none. */
export function tokenOf(request: FastifyRequest): string | undefined {
  const header = request.headers['x-auth-token'];
  if (typeof header === 'string' && header !== '') return header;
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
}
