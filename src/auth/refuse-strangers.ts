import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BODY_LIMIT_BYTES } from '../http/json-body.js';
import { isPublic } from '../http/public.js';
import { isRaw } from '../http/raw-route.js';
import type { AccessTokens } from './access-tokens.js';

const READS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Answers 401 before the body is read, of which much may come, or nothing: the guard, which decides,
 * is asked only once it is here. Routes that no guard keeps, such as Swagger's, are all read.
 */
export function refuseStrangers(fastify: FastifyInstance, tokens: AccessTokens): void {
  fastify.addHook('preParsing', (request, _reply, _payload, done) => {
    if (isClosed(request) && (isRaw(request) || !isTooLarge(request)))
      tokens.requireClaims(request);
    done();
  });
}

function isClosed(request: FastifyRequest): boolean {
  return !READS.includes(request.method) && !isPublic(request);
}

/** Which is said to everybody, and as early. */
function isTooLarge({ headers }: FastifyRequest): boolean {
  return Number(headers['content-length']) > BODY_LIMIT_BYTES;
}
