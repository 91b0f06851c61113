import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';
import type { Services } from '../services/index.ts';

/** Counts every request, and serves the metrics for Prometheus. */
export function addMetrics(app: FastifyInstance, { http }: Config, { metrics }: Services): void {
  app.addHook('onResponse', async (request, reply) => {
    // The pattern, not the path: clients must not create unlimited label values.
    metrics.countRequest(request.method, request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime / 1000);
  });
  if (!http.metrics) return;
  app.get('/metrics', async (_request, reply) => reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()));
}
