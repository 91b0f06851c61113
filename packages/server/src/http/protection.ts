import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import { ERROR_CODE_HEADER, TooManyRequests, Unauthorized } from '@openhanami/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Config, ConfigError } from '../config.ts';
import type { Services } from '../services/index.ts';
import { listOf } from '../settings.ts';
import { CallCounts } from './call-counts.ts';
import { tokenOf } from './caller.ts';

const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** Adds security headers for browsers, and limits on connections and calls. */
export async function addProtection(app: FastifyInstance, config: Config, services: Services): Promise<void> {
  const { http } = config;
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    strictTransportSecurity: http.certificate !== '',
  });
  const origins = listOf(http.cors_origins);
  if (origins.length > 0) {
    const methods = ['GET', 'POST', 'PUT', 'DELETE'];
    // Response headers that pages may read.
    const exposedHeaders = [ERROR_CODE_HEADER, 'content-range', 'content-disposition', 'retry-after', 'x-request-id'];
    await app.register(cors, { origin: origins, methods, exposedHeaders, maxAge: 600 });
  }
  await app.register(rateLimit, {
    max: http.requests_per_minute || NO_LIMIT,
    timeWindow: '1 minute',
    store: CallCounts,
    keyGenerator: (request) => userOf(services, request) ?? `address ${request.ip}`,
    // Monitoring must not be blocked by a limit.
    allowList: (request) => request.url === '/health' || request.url === '/ready' || request.url === '/metrics',
    errorResponseBuilder: (_request, { after, max }) => new TooManyRequests(`more than ${max} calls in a minute; try again in ${after}`),
  });
  if (http.metrics_token !== '') guardPages(app, http.metrics_token);
  limitConnections(app.server, http);
}

/** Protects metrics and documentation by a token: as Bearer for programs, or the password of Basic for browsers. */
function guardPages(app: FastifyInstance, token: string): void {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const wanted = digest(token);
  app.addHook('onRequest', async ({ url, headers }, reply) => {
    if (!/^\/(metrics|docs|openapi\.json)(?![\w-])/.test(url)) return;
    const [, scheme = '', given = ''] = /^(Bearer|Basic) (.+)$/.exec(headers.authorization ?? '') ?? [];
    const secret =
      scheme === 'Basic'
        ? Buffer.from(given, 'base64')
            .toString()
            .replace(/^[^:]*:/, '')
        : given;
    if (timingSafeEqual(digest(secret), wanted)) return;
    reply.header('www-authenticate', 'Basic realm="OpenHanami"');
    throw new Unauthorized('this page needs the token of the setting http.metrics_token');
  });
}

/** Limit on logins from one address: checking passphrases is expensive. */
export function loginLimit({ logins_per_minute }: Config['auth']) {
  return {
    rateLimit: {
      max: logins_per_minute || NO_LIMIT,
      timeWindow: '1 minute',
      keyGenerator: (request: FastifyRequest) => `login ${request.ip}`,
    },
  };
}

function userOf({ tokens }: Services, request: FastifyRequest): string | undefined {
  const token = tokenOf(request);
  const id = token === undefined ? undefined : tokens.userOf(token);
  return id === undefined ? undefined : `user ${id}`;
}

/** Connections beyond the limits are closed at once. */
function limitConnections(server: Server, { connections, connections_per_address }: Config['http']): void {
  server.maxConnections = connections;
  const open = new Map<string, number>();
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (open.get(address) ?? 0) + 1;
    if (count > connections_per_address) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}

/** Certificate and key for HTTPS, undefined for plain HTTP. @throws ConfigError if they cannot be read. */
export function readCertificate({ certificate, key }: Config['http']): { cert: Buffer; key: Buffer } | undefined {
  if (certificate === '') return undefined;
  const read = (setting: string, path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      throw new ConfigError(`http.${setting} cannot be read: ${(error as Error).message}`);
    }
  };
  return { cert: read('certificate', certificate), key: read('key', key) };
}

/** Loads a renewed certificate for new connections. @throws ConfigError or the TLS library's error, and changes nothing then. */
export function renewCertificate(server: Server, http: Config['http']): void {
  const tls = readCertificate(http);
  if (tls) (server as TlsServer).setSecureContext(tls);
}
