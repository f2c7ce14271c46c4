import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

/**
 * Says once that somebody whom TRUST_PROXY does not name passes addresses on: if that is a proxy, all
 * of its clients share the limits of its own address.
 */
export function warnOfUntrustedProxy(fastify: FastifyInstance, log: Logger): void {
  let hasWarned = false;
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (!hasWarned && isUntrusted(request)) {
      hasWarned = true;
      log.warn({
        event: 'proxy.untrusted',
        peer: request.socket.remoteAddress,
        advice: 'X-Forwarded-For is left aside. If this is your proxy, set TRUST_PROXY.',
      });
    }
    done();
  });
}

/** Of a peer that is trusted Fastify lists the addresses that it tells of, too. */
function isUntrusted({ headers, ips }: FastifyRequest): boolean {
  return headers['x-forwarded-for'] !== undefined && (ips?.length ?? 1) === 1;
}
