import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { DomainError } from '../common/errors.js';
import { hasBody } from './request-bodies.js';

class EncodedBodyError extends DomainError {
  readonly kind = 'encoded-body';

  constructor() {
    super('The body is compressed. Send it as it is, without `Content-Encoding`.');
  }
}

/** Refuses a body that is compressed, before it is read: it would be taken for malformed JSON. */
export function refuseEncodedBodies(fastify: FastifyInstance): void {
  fastify.addHook('preParsing', ({ headers }, reply, _payload, done) => {
    if (!isEncoded(headers) || !hasBody(headers)) return done();
    void reply.header('accept-encoding', 'identity');
    done(new EncodedBodyError());
  });
}

function isEncoded({ 'content-encoding': encoding = '' }: IncomingHttpHeaders): boolean {
  return !/^(identity)?$/i.test(encoding);
}
