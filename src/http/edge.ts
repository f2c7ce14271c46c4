import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger as Pino } from 'pino';
import { Admission } from './admission.js';
import { callerOf, type UserOf } from './callers.js';
import { boundConnections } from './connection-bounds.js';
import { acceptOnlyJson } from './json-body.js';
import { acceptRawBodies } from './raw-route.js';
import { Places } from './places.js';
import { Refusals } from './refusals.js';
import { RequestBodies } from './request-bodies.js';
import { UnreadAnswers } from './unread-answers.js';
import { warnOfUntrustedProxy } from './untrusted-proxy.js';
import type { Metrics } from '../metrics/metrics.js';

/**
 * Bounds connections, bodies, requests under way and answers, so that nobody keeps others out.
 *
 * @returns what every answer that no hook runs for has to be told to
 */
export function guardEdge(
  fastify: FastifyInstance,
  userOf: UserOf,
  metrics: Metrics,
  log: Pino,
): UnreadAnswers {
  const caller = (request: FastifyRequest) => callerOf(request, userOf);
  const refusals = new Refusals(log);
  const bodies = new RequestBodies(refusals);
  const unread = new UnreadAnswers(caller, refusals);
  const places = new Places();
  boundConnections(fastify.server, refusals);
  warnOfUntrustedProxy(fastify, log);
  bodies.guard(fastify);
  new Admission(caller, unread, refusals, places).guard(fastify);
  acceptOnlyJson(fastify, bodies);
  acceptRawBodies(fastify);
  metrics.counters(
    'conclave_refused_total',
    'Requests refused, and bodies, answers and connections cut, so that nobody keeps others out',
    'reason',
    () => refusals.counts,
  );
  metrics.gauge('conclave_places_taken', 'Requests under way', () => places.taken);
  metrics.gauge('conclave_body_bytes', 'Bodies on their way, in memory', () => bodies.bytes);
  metrics.gauge('conclave_unread_bytes', 'Answers that nobody reads', () => unread.bytes);
  return unread;
}
