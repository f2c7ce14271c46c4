import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RequestBodies } from './request-bodies.js';

export const BODY_LIMIT_BYTES = 256 * 1024;
/** No body of this API nests deeper than this; validation walks a body recursively. */
const MAX_DEPTH = 8;

type Done = (error: Error | null, body?: unknown) => void;

/**
 * Takes JSON objects in UTF-8 and nothing else: what is not JSON is 415, what is no object or hides
 * a `__proto__` is 400. An empty body is none, whatever its content type says.
 */
export function acceptOnlyJson(fastify: FastifyInstance, bodies: RequestBodies): void {
  const parseText = fastify.getDefaultJsonParser('error', 'error');
  const parse = (request: FastifyRequest, bytes: Buffer, done: Done): void => {
    if (bytes.length === 0) return done(null, undefined);
    if (!isUtf8(bytes)) return done(malformed()); // else it would be stored as U+FFFD
    void parseText(request, bytes.toString(), (error, body: unknown) => {
      done(error ?? (isShallowObject(body) ? null : malformed()), body);
    });
  };
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', (request, _payload, done) => {
    bodies.read(request.raw, BODY_LIMIT_BYTES, (error, bytes) => {
      if (bytes) parse(request, bytes, done);
      else done(error);
    });
  });
}

function isShallowObject(body: unknown): boolean {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && fits(body, MAX_DEPTH);
}

function fits(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((item) => fits(item, depth - 1));
}

function malformed(): Error {
  return Object.assign(new Error('not a JSON object'), { statusCode: 400 });
}
