import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    isPublic?: boolean;
  }
}

/** Opens a route to callers without a token; every other one of a controller is closed. */
export const Public = (): MethodDecorator => RouteConfig({ isPublic: true });

export function isPublic({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.config.isPublic === true;
}
