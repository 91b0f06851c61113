import { API_PREFIX, BadRequest, type Endpoint, type OutputOf, type ParsedInputOf } from '@openhanami/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { z } from 'zod';
import { RawJson } from '../raw-json.ts';
import type { Caller } from '../services/access.ts';
import type { Download } from '../services/downloads.ts';
import type { Services } from '../services/index.ts';
import { sendDownload } from './download.ts';
import { type ServerEvent, sendEvents } from './events.ts';

/** Binds an endpoint of the contract that needs a token: token, policy, input, handler, answer, in this order. */
export function bind<E extends Endpoint>(
  app: FastifyInstance,
  services: Services,
  endpoint: E,
  handler: (caller: Caller, input: ParsedInputOf<E>) => Promise<OutputOf<E> | RawJson>,
): void {
  route(app, endpoint, admission(services), async (request, reply) => {
    const { caller, input } = await admit(services, endpoint, request);
    const answer = await handler(caller, input);
    return answer instanceof RawJson ? reply.type('application/json; charset=utf-8').send(answer.text) : answer;
  });
}

/** Binds an endpoint whose answer is a file. */
export function bindDownload<E extends Endpoint>(
  app: FastifyInstance,
  services: Services,
  endpoint: E,
  handler: (caller: Caller, input: ParsedInputOf<E>) => Promise<Download>,
): void {
  route(app, endpoint, admission(services), async (request, reply) => {
    const { caller, input } = await admit(services, endpoint, request);
    return sendDownload(await handler(caller, input), request, reply);
  });
}

/** Binds an endpoint whose answer is a stream of server-sent events; it ends with the token, whether this expires or is revoked. */
export function bindEvents<E extends Endpoint>(
  app: FastifyInstance,
  services: Services,
  endpoint: E,
  handler: (caller: Caller, input: ParsedInputOf<E>, signal: AbortSignal) => Promise<AsyncGenerator<ServerEvent>>,
): void {
  route(app, endpoint, admission(services), async (request, reply) => {
    const { caller, input, expires } = await admit(services, endpoint, request);
    const watch = (end: () => void): (() => void) => services.tokens.watch(caller, end);
    return sendEvents((signal) => handler(caller, input, signal), expires, watch, request, reply);
  });
}

/** Binds an endpoint that anybody may call; `who` names the caller for the audit log. */
export function bindOpen<E extends Endpoint>(
  app: FastifyInstance,
  services: Services,
  endpoint: E,
  who: (input: ParsedInputOf<E>) => string,
  handler: (input: ParsedInputOf<E>, address: string) => Promise<OutputOf<E>>,
  config: object = {},
): void {
  route(app, endpoint, { bodyLimit: STRANGERS_BODY, config }, async (request) => {
    const input = parseInput(endpoint, request);
    await services.logs.audit(who(input), endpoint.path, endpoint.method);
    return handler(input, request.ip);
  });
}

function route(
  app: FastifyInstance,
  { method, path }: Endpoint,
  options: Pick<RouteOptions, 'onRequest' | 'bodyLimit' | 'config'>,
  handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
): void {
  // A HEAD would do all the work of a GET; nobody asks for it.
  app.route({ method, url: API_PREFIX + path, exposeHeadRoute: false, handler, ...options });
}

/** Bytes of a body whose sender is not known yet. */
const STRANGERS_BODY = 65_536;

/** Looks at the token in the headers before a byte of the body is read. */
function admission({ tokens }: Services): Pick<RouteOptions, 'onRequest'> {
  return {
    async onRequest(request) {
      admitted.set(request, await tokens.verify(tokenOf(request)));
    },
  };
}

/** Whose token a request has, and when it expires. */
const admitted = new WeakMap<FastifyRequest, { caller: Caller; expires: number }>();

/** Authorizes a request that was authenticated, and parses its input. Every call that is no GET is noted. */
async function admit<E extends Endpoint>(services: Services, endpoint: E, request: FastifyRequest) {
  const { method, path } = endpoint;
  const found = admitted.get(request);
  if (!found) throw new Error('the request was not authenticated');
  const { caller, expires } = found;
  callers.set(request, caller.id);
  if (method !== 'GET') await services.logs.audit(caller.id, path, method);
  services.policy.mustAllow(caller, path, method);
  return { caller, expires, input: parseInput(endpoint, request) };
}

/** Who sent a request, where that is known; for the error log. */
export const callers = new WeakMap<FastifyRequest, string>();

export function tokenOf(request: FastifyRequest): string | undefined {
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
