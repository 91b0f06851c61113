import { API_PREFIX, BadRequest, type Endpoint, longestLists, type OutputOf, type ParsedInputOf } from '@openhanami/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { parse } from '../parse.ts';
import { RawJson } from '../raw-json.ts';
import type { Caller } from '../services/access.ts';
import type { Download } from '../services/downloads.ts';
import type { Services } from '../services/index.ts';
import { admission, admittedOf } from './caller.ts';
import { sendDownload } from './download.ts';
import { statusOf } from './errors.ts';
import { type ServerEvent, sendEvents } from './events.ts';

/** Binds an endpoint that needs a token: checks token and policy, parses the input, and sends the handler's answer. */
export function bind<E extends Endpoint>(
  app: FastifyInstance,
  services: Services,
  endpoint: E,
  handler: (caller: Caller, input: ParsedInputOf<E>) => Promise<OutputOf<E> | RawJson>,
): void {
  route(app, endpoint, admission(services), async (request, reply) => {
    const answer = await noted(services, endpoint, request, async () => {
      const { caller, input } = await admit(services, endpoint, request);
      return handler(caller, input);
    });
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
    const download = await noted(services, endpoint, request, async () => {
      const { caller, input } = await admit(services, endpoint, request);
      return handler(caller, input);
    });
    return sendDownload(download, request, reply);
  });
}

/** Binds an endpoint whose answer is a stream of server-sent events; it ends when the token expires or is revoked. */
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

/** Binds an endpoint that needs no token; `who` names the caller for the audit log. */
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
    return noteEnd(services, endpoint, request, { user: who(input) }, () => handler(input, request.ip));
  });
}

function route(
  app: FastifyInstance,
  { method, path }: Endpoint,
  options: Pick<RouteOptions, 'onRequest' | 'bodyLimit' | 'config'>,
  handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
): void {
  // A HEAD would do all the work of a GET, and no client needs it.
  app.route({ method, url: API_PREFIX + path, exposeHeadRoute: false, handler, ...options });
}

/** Largest body of an unauthenticated request in bytes. */
const STRANGERS_BODY = 65_536;

/** Runs a call and records it: every call that is no GET, and every GET by which an admin reads private resources of others. */
async function noted<Output>(
  services: Services,
  endpoint: Endpoint,
  request: FastifyRequest,
  work: () => Promise<Output>,
): Promise<Output> {
  const { caller } = admittedOf(request);
  if (endpoint.method === 'GET' && !(caller.is_admin && (await services.ownership.isPrivateToOthers(caller, uuidsOf(request.query)))))
    return work();
  return noteEnd(services, endpoint, request, { user: caller.id, key: caller.key }, work);
}

async function noteEnd<Output>(
  { logs }: Services,
  { path, method }: Endpoint,
  request: FastifyRequest,
  who: { readonly user: string; readonly key?: number },
  work: () => Promise<Output>,
): Promise<Output> {
  const note = (status: number, answer?: unknown): Promise<void> => {
    const given = (method === 'GET' || method === 'DELETE' ? request.query : request.body) as Record<string, unknown> | undefined;
    // A new resource has its uuid in the answer.
    const object =
      given?.['uuid'] ?? given?.['cluster_uuid'] ?? (answer as Record<string, unknown> | undefined)?.['uuid'] ?? given?.['id'] ?? '';
    return logs.audit({ ...who, path, method, status, address: request.ip, object: String(object) });
  };
  let answer: Output;
  try {
    answer = await work();
  } catch (error) {
    await note(statusOf(error));
    throw error;
  }
  await note(200, answer);
  return answer;
}

/** All uuids in a query. */
function uuidsOf(query: unknown): string[] {
  return Object.entries((query ?? {}) as Record<string, unknown>)
    .filter(([name, value]) => name.endsWith('uuid') && typeof value === 'string')
    .map(([, value]) => value as string);
}

/** Authorizes an authenticated request, and parses its input. */
async function admit<E extends Endpoint>(services: Services, endpoint: E, request: FastifyRequest) {
  const { method, path } = endpoint;
  const { caller, expires } = admittedOf(request);
  services.policy.mustAllow(caller, path, method);
  return { caller, expires, input: parseInput(endpoint, request) };
}

/** Parses the query of GET and DELETE, or the body of POST and PUT. The field `token` of old clients is ignored. */
function parseInput<E extends Endpoint>(endpoint: E, request: FastifyRequest): ParsedInputOf<E> {
  const fromQuery = endpoint.method === 'GET' || endpoint.method === 'DELETE';
  const raw = (fromQuery ? request.query : request.body) ?? {};
  if (typeof raw !== 'object' || Array.isArray(raw)) throw new BadRequest('the body must be a JSON object');
  const { token: _, ...input } = raw as Record<string, unknown>;
  // Checked before the entries are parsed.
  for (const [name, most] of listsOf(endpoint)) {
    const { length } = Array.isArray(input[name]) ? input[name] : [];
    if (length > most) throw new BadRequest(`'${name}' must have at most ${most} entries; it has ${length}`);
  }
  return parse(endpoint.input, input) as ParsedInputOf<E>;
}

/** Worked out when an endpoint is called first: not all of it at the start of the server. */
const longest = new WeakMap<Endpoint, ReadonlyMap<string, number>>();

function listsOf(endpoint: Endpoint): ReadonlyMap<string, number> {
  const lists = longest.get(endpoint) ?? longestLists(endpoint);
  longest.set(endpoint, lists);
  return lists;
}
