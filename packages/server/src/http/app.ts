import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import websocket from '@fastify/websocket';
import { BadRequest, MethodNotAllowed, NotFound } from '@openhanami/contract';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, LogController } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { KeyedMutex } from '../keyed-mutex.ts';
import type { Services } from '../services/index.ts';
import { listOf } from '../settings.ts';
import { handleConnection } from '../ws/connection.ts';
import { callerOf } from './caller.ts';
import { addDashboard } from './dashboard.ts';
import { addDocs } from './docs.ts';
import { addDrain } from './drain.ts';
import { answerErrors } from './errors.ts';
import { addMetrics } from './metrics.ts';
import { addProtection, readCertificate } from './protection.ts';
import { addRoutes } from './routes.ts';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'] as const;

/** Deepest nesting of a body. */
const DEEPEST = 20;

/** Characters from which on parsing a body takes milliseconds. */
const LARGE_BODY = 65_536;

/** @throws BadRequest for invalid JSON, or if it is nested too deep: a million brackets take JSON.parse 0.2 s. */
function readJson(body: string): unknown {
  if (body === '') return undefined;
  if (depthOf(body) > DEEPEST) throw new BadRequest(`the body is nested more than ${DEEPEST} levels deep`);
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new BadRequest(`the body is no JSON: ${(error as Error).message}`);
  }
}

/** Nesting depth of JSON text; arbitrary for other text. */
function depthOf(text: string): number {
  let [depth, deepest, quoted] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === QUOTE) quoted = !quoted;
    else if (character === BACKSLASH) i++;
    else if (quoted) continue;
    else if (character === OPEN_LIST || character === OPEN_OBJECT) deepest = Math.max(deepest, ++depth);
    else if (character === CLOSE_LIST || character === CLOSE_OBJECT) depth--;
  }
  return deepest;
}
const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [...'"\\[]{}'].map((character) => character.charCodeAt(0));

/** Builds the HTTP server: REST under the version's prefix, the websocket and the web application on `/`, and health checks. */
export async function buildApp(config: Config, services: Services, log: Logger): Promise<FastifyInstance> {
  const logger: FastifyBaseLogger = log;
  const { http } = config;
  const tls = readCertificate(http);
  const limits = { maxHeaderSize: http.header_limit };
  const proxies = listOf(http.trusted_proxies);
  const app = Fastify({
    loggerInstance: logger,
    ...(tls ? { https: { ...tls, ...limits } } : { http: limits }),
    requestTimeout: http.request_timeout * 1000,
    trustProxy: proxies.length > 0 && proxies,
    // Clients may set the id of a request; it is returned and logged.
    genReqId: ({ headers }) => {
      const id = headers['x-request-id'];
      return typeof id === 'string' && /^[\w.-]{1,64}$/.test(id) ? id : randomUUID();
    },
    logController: new LogController({ disableRequestLogging: !config.general.debug }),
    bodyLimit: http.body_limit,
    // Old clients send doubled slashes at the start of a path and a doubled '?' before the query.
    rewriteUrl: ({ url = '/' }) => url.replace(/^\/{2,}/, '/').replace('??', '?'),
  }) as unknown as FastifyInstance;
  app.setErrorHandler(answerErrors(services.logs));
  app.setNotFoundHandler((request) => {
    const path = request.url.split('?')[0] ?? '';
    const allowed = METHODS.filter((method) => app.hasRoute({ method, url: path }));
    if (allowed.length > 0) throw new MethodNotAllowed(`${request.method} is not possible for ${path}; it takes ${allowed.join(', ')}`);
    throw new NotFound(`there is no path ${path}`);
  });
  // The Python client sends JSON without a content type: any body is JSON.
  app.removeAllContentTypeParsers();
  const mutex = new KeyedMutex();
  app.addContentTypeParser('*', { parseAs: 'string' }, async (request: FastifyRequest, body: string) => {
    if (body.length < LARGE_BODY) return readJson(body);
    // Large bodies of one user are parsed one after the other, with other calls in between.
    return mutex.runExclusive(callerOf(request) ?? request.ip, async () => {
      await setImmediate();
      const found = readJson(body);
      // It is checked in a turn of its own.
      await setImmediate();
      return found;
    });
  });

  addDrain(app);
  await addProtection(app, config, services);
  await app.register(websocket, { options: { maxPayload: http.message_limit } });
  const handler = await addDashboard(app);
  app.route({
    method: 'GET',
    url: '/',
    exposeHeadRoute: false,
    handler,
    wsHandler: (socket, { raw }) => handleConnection(socket, raw.socket, services, log, http),
  });
  app.get('/health', async () => ({ status: 'ok' }));
  app.get('/ready', async () => {
    await services.tasks.countByState();
    return { status: 'ready' };
  });
  addRoutes(app, config, services);
  await addDocs(app);
  addMetrics(app, config, services);
  return app;
}
