import { normalizeIp } from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';

/** The id of the user whose access token a request bears, if its signature and expiry verify. */
export type UserOf = (request: FastifyRequest) => string | undefined;

/** Who asks: a user, or an address without a token that verifies. */
export interface Caller {
  /** The user's id, or the address: IPv6 by the /64 that one line has, IPv4 within it as IPv4. */
  key: string;
  isUser: boolean;
}

export function callerOf(request: FastifyRequest, userOf: UserOf): Caller {
  const userId = userOf(request);
  return userId === undefined
    ? { key: normalizeIp(request.ip), isUser: false }
    : { key: userId, isUser: true };
}
