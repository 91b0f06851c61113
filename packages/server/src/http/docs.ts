import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { openApi } from '@openhanami/contract';
import type { FastifyInstance } from 'fastify';

/** Version of the API that the document describes. */
const VERSION = '1.0.0-alpha';

/** Serves the OpenAPI document at /openapi.json, and a page with it at /docs. */
export async function addDocs(app: FastifyInstance): Promise<void> {
  const document = openApi(VERSION);
  app.get('/openapi.json', async () => document);
  await app.register(swagger, { mode: 'static', specification: { document } });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, uiConfig: { docExpansion: 'none', tryItOutEnabled: true } });
}
