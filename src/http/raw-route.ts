import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refusal } from './unreadable-request.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its body is bytes, which it reads itself. */
    isRaw?: boolean;
    /** It has places of its own: it may be under way for long. */
    hasOwnPlaces?: boolean;
    /** The parameter of the path that names the file which a ticket is for. */
    ticketFor?: string;
  }
}

/** A route that reads bytes as they come, with limits and places of its own. */
export const RawBody = (): MethodDecorator => RouteConfig({ isRaw: true, hasOwnPlaces: true });

/** A route that sends a file, and takes a ticket in the query instead of a token. */
export const SendsFile = (ticketFor: string): MethodDecorator =>
  RouteConfig({ hasOwnPlaces: true, ticketFor });

export function isRaw({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.config.isRaw === true;
}

/** A name of our own: one that clients use would be taken from all other routes too. */
const RAW_TYPE = 'application/vnd.conclave.raw';

/** Whatever is said of the bytes, JSON too, they are handed over unread. */
export function acceptRawBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (isRaw(request)) request.raw.headers['content-type'] = RAW_TYPE;
    done();
  });
  fastify.addContentTypeParser(RAW_TYPE, (request, _payload, done) => {
    done(isRaw(request) ? null : refusal(415));
  });
}
