import { API_PREFIX, BadRequest, type Endpoint, type OutputOf, type ParsedInputOf } from '@openhanami/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Caller } from '../services/access.ts';
import type { Services } from '../services/index.ts';
import { mustBeAllowed } from '../services/policy.ts';

/** Binds an endpoint of the contract that needs a token: token, policy, input, handler, answer, in this order. */
export function bind<E extends Endpoint>(
  app: FastifyInstance,
  services: Services,
  endpoint: E,
  handler: (caller: Caller, input: ParsedInputOf<E>) => Promise<OutputOf<E>>,
): void {
  const { method, path } = endpoint;
  app.route({
    method,
    url: API_PREFIX + path,
    handler: async (request) => {
      const { caller } = await services.tokens.verify(tokenOf(request));
      mustBeAllowed(services.policy, caller, path, method);
      return handler(caller, parseInput(endpoint, request));
    },
  });
}

/** Binds an endpoint that anybody may call. */
export function bindOpen<E extends Endpoint>(
  app: FastifyInstance,
  endpoint: E,
  handler: (input: ParsedInputOf<E>) => Promise<OutputOf<E>>,
): void {
  app.route({
    method: endpoint.method,
    url: API_PREFIX + endpoint.path,
    handler: async (request) => handler(parseInput(endpoint, request)),
  });
}

function tokenOf(request: FastifyRequest): string | undefined {
  const header = request.headers['x-auth-token'];
  if (typeof header === 'string' && header !== '') return header;
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
}

/** Query of GET and DELETE, body of POST and PUT. The field `token` is for old clients, and means nothing. */
function parseInput<E extends Endpoint>(endpoint: E, request: FastifyRequest): ParsedInputOf<E> {
  const fromQuery = endpoint.method === 'GET' || endpoint.method === 'DELETE';
  const raw = (fromQuery ? request.query : request.body) ?? {};
  if (typeof raw !== 'object' || Array.isArray(raw)) throw new BadRequest('the body must be a JSON object');
  const { token: _, ...input } = raw as Record<string, unknown>;
  return parse(endpoint.input, input) as ParsedInputOf<E>;
}

/** @throws BadRequest saying which field is wrong and what it should be. */
export function parse<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new BadRequest(
    result.error.issues
      .slice(0, 5)
      .map((issue) => describe(issue, input))
      .join('; '),
  );
}

function describe(issue: z.core.$ZodIssue, input: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    const where = issue.path.length > 0 ? ` in '${pathText(issue.path)}'` : '';
    return `unknown field${issue.keys.length > 1 ? 's' : ''} ${issue.keys.map((key) => `'${key}'`).join(', ')}${where}`;
  }
  const given = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input);
  return given === undefined ? `'${pathText(issue.path)}' is missing; it ${issue.message}` : `'${pathText(issue.path)}' ${issue.message}`;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`)).join('');
}
