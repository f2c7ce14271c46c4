import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

const ACCEPTABLE_ID = /^[\w.:-]{1,64}$/;

/** The id of a request: the client's own `X-Request-Id` where that is sound, else a new one. */
export function requestId(raw: { headers: NodeJS.Dict<string | string[]> }): string {
  const given = raw.headers['x-request-id'];
  return typeof given === 'string' && ACCEPTABLE_ID.test(given) ? given : randomUUID();
}

/** Answers every request with its id and logs one line for it: the route's pattern, not its URL. */
export function logRequests(fastify: FastifyInstance, log: Logger): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    log.info({
      event: 'request',
      request_id: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 10) / 10,
      user_id: userId(request),
    });
    done();
  });
}

function userId({ user }: FastifyRequest): string | undefined {
  return user?.id;
}
