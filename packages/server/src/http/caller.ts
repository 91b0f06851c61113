import type { FastifyRequest, RouteOptions } from 'fastify';
import type { Caller } from '../services/access.ts';
import type { Services } from '../services/index.ts';

/** Authenticates requests by the token in the headers, before the body is read. */
export function admission({ tokens }: Services): Pick<RouteOptions, 'onRequest'> {
  return {
    async onRequest(request) {
      admitted.set(request, await tokens.verify(tokenOf(request)));
    },
  };
}

/** Callers of authenticated requests, and when their tokens expire. */
const admitted = new WeakMap<FastifyRequest, { caller: Caller; expires: number }>();

/** User id of a request, once it is authenticated. */
export const callerOf = (request: FastifyRequest): string | undefined => admitted.get(request)?.caller.id;

/** The caller of an authenticated request, and when the token expires (seconds since 1970). */
export function admittedOf(request: FastifyRequest): { caller: Caller; expires: number } {
  const found = admitted.get(request);
  if (!found) throw new Error('the request was not authenticated');
  return found;
}

/** The token of a request; undefined without one. */
export function tokenOf(request: FastifyRequest): string | undefined {
  const header = request.headers['x-auth-token'];
  if (typeof header === 'string' && header !== '') return header;
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
}
