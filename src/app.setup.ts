import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger as Pino } from 'pino';
import { AppModule } from './app.module.js';
import { Draining } from './common/draining.js';
import { acceptOnlyJson, BODY_LIMIT_BYTES } from './common/json-body.js';
import { AppLogger } from './common/logger.js';
import { Overload } from './common/overload.js';
import { logRequests, requestId } from './common/request-log.js';
import { sendSecurityHeaders } from './common/security-headers.js';
import { refuseInWords, refuseUnreadable, refuseUnroutable } from './common/unreadable-request.js';
import { allowedOrigins } from './config/origins.js';
import type { Settings } from './config/settings.js';
import { Database } from './database/database.js';
import { entities } from './entities.js';
import { countRequests } from './metrics/count-requests.js';
import { Metrics } from './metrics/metrics.js';
import { serveDocs } from './openapi.js';
import { SocketAdapter } from './realtime/socket-adapter.js';

/** For a request to arrive in full; the answer may take as long as it likes. */
const REQUEST_TIMEOUT_MS = 60_000;
const EXPOSED_HEADERS = [
  'Retry-After',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'X-Request-Id',
  'WWW-Authenticate',
];

/** The whole application on an open database, ready to listen or to be tested. */
export async function createApp(settings: Settings, log: Pino): Promise<NestFastifyApplication> {
  const database = await Database.open(settings, entities);
  try {
    const app = await NestFactory.create<NestFastifyApplication>(
      AppModule.with(settings, database),
      new FastifyAdapter({
        bodyLimit: BODY_LIMIT_BYTES,
        genReqId: requestId,
        requestIdHeader: false,
        trustProxy: trustedProxies(settings),
        routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
        return503OnClosing: false,
        forceCloseConnections: 'idle',
        frameworkErrors: refuseUnroutable(log),
        http: { requireHostHeader: false }, // refused in words instead
        clientErrorHandler: refuseUnreadable(log),
        requestTimeout: REQUEST_TIMEOUT_MS,
      }),
      { bodyParser: false, logger: new AppLogger(log), abortOnError: false },
    );
    const fastify = app.getHttpAdapter().getInstance();
    logRequests(fastify, log);
    countRequests(fastify, app.get(Metrics));
    refuseWhileDraining(fastify, app.get(Draining));
    refuseInWords(fastify);
    guardFromOverload(fastify, log, app.get(Metrics));
    acceptOnlyJson(fastify);
    sendSecurityHeaders(fastify);
    app.enableCors({
      origin: allowedOrigins(settings),
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: EXPOSED_HEADERS,
      maxAge: 600,
      strictPreflight: false, // which would answer a bare OPTIONS with a line of plain text
    });
    app.useWebSocketAdapter(new SocketAdapter(app));
    serveDocs(app);
    return app;
  } catch (error) {
    await database.onApplicationShutdown();
    throw error;
  }
}

function trustedProxies({
  trustProxy,
}: Settings): string[] | ((ip: string, hop: number) => boolean) {
  return typeof trustProxy === 'number' ? (_ip, hop) => hop < trustProxy : trustProxy;
}

function guardFromOverload(fastify: FastifyInstance, log: Pino, metrics: Metrics): void {
  const overload = new Overload(log);
  overload.guard(fastify);
  const help = 'Requests refused because more was asked than the server can do';
  metrics.counter('conclave_refused_total', help, () => overload.refusedInAll);
}

/** While it drains, each connection ends with its answer: a kept one would hold up the end. */
function refuseWhileDraining(fastify: FastifyInstance, draining: Draining): void {
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (draining.hasBegun) void reply.header('connection', 'close');
    done();
  });
  fastify.addHook('onRequest', (_request, _reply, done) => {
    draining.refuseNew();
    done();
  });
}
