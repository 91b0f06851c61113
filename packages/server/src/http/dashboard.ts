import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Where `npm run build` puts the pages (packages/dashboard). */
const FOLDER = fileURLToPath(new URL('../../dashboard', import.meta.url));

/**
 * What the pages may do: run their own scripts and call their own server, nothing else. Styles may stand in elements, since the library of components and charts
 * puts them there; a style can neither call nor run anything under the other rules.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Serves the web application: its page on `/`, and its scripts, whose names change with their content. Returns what answers `/`. */
export async function addDashboard(app: FastifyInstance): Promise<(request: FastifyRequest, reply: FastifyReply) => unknown> {
  if (!existsSync(FOLDER)) {
    return (_request, reply) =>
      reply
        .type('text/plain; charset=utf-8')
        .send('OpenHanami runs. Its web pages are not built; npm run build makes them. The API is described at /docs.\n');
  }
  await app.register(fastifyStatic, {
    root: `${FOLDER}/assets`,
    prefix: '/assets/',
    immutable: true,
    maxAge: '1y',
    index: false,
    decorateReply: true,
    preCompressed: true,
  });
  return (_request, reply) =>
    reply
      .header('content-security-policy', POLICY)
      .header('cache-control', 'no-cache')
      .sendFile('index.html', FOLDER, { immutable: false, maxAge: 0, cacheControl: false });
}
