import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger as Pino } from 'pino';
import { guardEdge } from './http/edge.js';
import { AppModule } from './app.module.js';
import { absentRoutes, answerAsUnknown } from './auth/absent-routes.js';
import { AccessTokens } from './auth/access-tokens.js';
import { refuseStrangers } from './auth/refuse-strangers.js';
import { CONNECTION_TIMES, REQUEST_TIMEOUT_MS } from './http/connection-bounds.js';
import { Draining } from './http/draining.js';
import { refuseEncodedBodies } from './http/encoded-body.js';
import { HostRule } from './http/host-rule.js';
import { BODY_LIMIT_BYTES } from './http/json-body.js';
import { AppLogger } from './http/logger.js';
import { logRequests, requestId } from './http/request-log.js';
import { sendSecurityHeaders } from './http/security-headers.js';
import {
  answerClientErrors,
  refuseUnreadable,
  refuseUnroutable,
} from './http/unreadable-request.js';
import { allowedHosts } from './config/hosts.js';
import { allowedOrigins } from './config/origins.js';
import type { Settings } from './config/settings.js';
import type { Database } from './database/database.js';
import { openDatabase } from './database/open-database.js';
import { entities } from './entities.js';
import { countRequests } from './http/request-metrics.js';
import { Metrics } from './metrics/metrics.js';
import { leadToDocs, serveDocs } from './api-docs/serve-docs.js';
import { isPageServed, servePage } from './page/page.js';
import { SocketAdapter } from './realtime/socket-adapter.js';
import { ONLY_OUR_UPGRADES, serveUpgrades } from './realtime/upgrade-requests.js';

const EXPOSED_HEADERS = [
  'Retry-After',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'X-Request-Id',
  'WWW-Authenticate',
  'Content-Range',
  'Content-Disposition',
  'ETag',
];

/** Routes have no schemas of Fastify's, so that it need not load what compiles those: Ajv and more, 3 MiB. */
const NO_SCHEMAS = { buildValidator: refuseSchema, buildSerializer: refuseSchema };

/** The whole application on an open database, ready to listen or to be tested. */
export async function createApp(settings: Settings, log: Pino): Promise<NestFastifyApplication> {
  const database = await openDatabase(settings, entities);
  try {
    return await assemble(settings, log, database);
  } catch (error) {
    await database.onApplicationShutdown();
    throw error;
  }
}

async function assemble(
  settings: Settings,
  log: Pino,
  database: Database,
): Promise<NestFastifyApplication> {
  const hosts = new HostRule(allowedHosts(settings));
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(settings, database),
    newAdapter(settings, log, hosts, (reply) => unread.watch(reply)),
    { bodyParser: false, logger: new AppLogger(log), abortOnError: false },
  );
  const fastify = app.getHttpAdapter().getInstance();
  logRequests(fastify, log);
  countRequests(fastify, app.get(Metrics));
  const tokens = app.get(AccessTokens);
  const userOf = (request: FastifyRequest) => tokens.findClaims(request)?.sub;
  sendSecurityHeaders(fastify);
  const unread = guardEdge(fastify, userOf, app.get(Metrics), log);
  refuseWhileDraining(fastify, app.get(Draining));
  hosts.guard(fastify);
  answerClientErrors(fastify);
  refuseEncodedBodies(fastify);
  refuseStrangers(fastify, tokens);
  enableCors(app, settings);
  answerAsUnknown(fastify, absentRoutes(settings));
  app.useWebSocketAdapter(new SocketAdapter(app));
  serveUpgrades(fastify);
  if (settings.areDocsServed) serveDocs(app);
  if (isPageServed(settings)) servePage(app, settings);
  else if (settings.areDocsServed) leadToDocs(app);
  return app;
}

function newAdapter(
  settings: Settings,
  log: Pino,
  hosts: HostRule,
  watch: (reply: FastifyReply) => void,
): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    genReqId: requestId,
    requestIdHeader: false,
    trustProxy: trustedProxies(settings),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    rewriteUrl: hosts.route,
    frameworkErrors: refuseUnroutable(log, watch),
    http: { ...CONNECTION_TIMES, ...ONLY_OUR_UPGRADES, requireHostHeader: false }, // HostRule refuses in words
    clientErrorHandler: refuseUnreadable(log),
    requestTimeout: REQUEST_TIMEOUT_MS,
    schemaController: { compilersFactory: NO_SCHEMAS },
  });
}

function enableCors(app: NestFastifyApplication, settings: Settings): void {
  app.enableCors({
    origin: allowedOrigins(settings),
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: 600,
    strictPreflight: false, // which would answer a bare OPTIONS with a line of plain text
  });
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

function refuseSchema(): never {
  throw new Error('A schema of a route, which nothing compiles: InputPipe validates');
}
