import type { FastifyInstance } from 'fastify';

export const BODY_LIMIT_BYTES = 256 * 1024;
/** No body of this API nests deeper than this; validation walks a body recursively. */
const MAX_DEPTH = 8;

/**
 * Takes JSON objects and nothing else: what is not JSON is 415, what is no object or hides a
 * `__proto__` is 400. An empty body is none, whatever its content type says.
 */
export function acceptOnlyJson(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES },
    (request, text, done) => {
      if (text === '') return done(null, undefined);
      return parse(request, text as string, (error, body: unknown) => {
        done(error ?? (isShallowObject(body) ? null : malformed()), body);
      });
    },
  );
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
