import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics/metrics.js';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Counts requests and their time, by the pattern of their route and by status. */
export function countRequests(fastify: FastifyInstance, metrics: Metrics): void {
  const durations = metrics.histogram(
    'conclave_http_request_duration_seconds',
    'Time from a request to its answer, event streams left out',
    SECONDS,
    ['method', 'route', 'status'],
  );
  fastify.addHook('onResponse', ({ method, routeOptions }, reply, done) => {
    const { url: route = 'unknown' } = routeOptions;
    if (route !== '/events') {
      const labels = { method, route, status: String(reply.statusCode) };
      durations.observe(labels, reply.elapsedTime / 1000);
    }
    done();
  });
}
