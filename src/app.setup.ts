import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger as Pino } from 'pino';
import { AppModule } from './app.module.js';
import { Draining } from './common/draining.js';
import { acceptOnlyJson, BODY_LIMIT_BYTES } from './common/json-body.js';
import { AppLogger } from './common/logger.js';
import { logRequests, requestId } from './common/request-log.js';
import { secureHeaders } from './common/security-headers.js';
import { refuseUnreadable, refuseUnroutable } from './common/unreadable-request.js';
import type { Settings } from './config/settings.js';
import { Database } from './database/database.js';
import { entities } from './entities.js';
import { serveDocs } from './openapi.js';

/** For a request to arrive in full; the answer may take as long as it likes. */
const REQUEST_TIMEOUT_MS = 60_000;
const LOCAL_ORIGIN = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
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
        clientErrorHandler: refuseUnreadable(log),
        requestTimeout: REQUEST_TIMEOUT_MS,
      }),
      { bodyParser: false, logger: new AppLogger(log), abortOnError: false },
    );
    const fastify = app.getHttpAdapter().getInstance();
    logRequests(fastify, log);
    refuseWhileDraining(fastify, app.get(Draining));
    acceptOnlyJson(fastify);
    secureHeaders(fastify);
    app.enableCors({
      origin: corsOrigins(settings),
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: EXPOSED_HEADERS,
      maxAge: 600,
      strictPreflight: false, // which would answer a bare OPTIONS with a line of plain text
    });
    serveDocs(app);
    return app;
  } catch (error) {
    await database.onApplicationShutdown();
    throw error;
  }
}

function corsOrigins({ corsOrigins: origins, isProduction }: Settings): (string | RegExp)[] {
  return origins.length > 0 || isProduction ? origins : [LOCAL_ORIGIN];
}

function trustedProxies({
  trustProxy,
}: Settings): string[] | ((ip: string, hop: number) => boolean) {
  return typeof trustProxy === 'number' ? (_ip, hop) => hop < trustProxy : trustProxy;
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
