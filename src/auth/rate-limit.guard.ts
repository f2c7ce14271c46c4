import { ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  normalizeIp,
  ThrottlerGuard,
  type ThrottlerLimitDetail,
  type ThrottlerModuleOptions,
} from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';
import { TooManyRequestsError } from '../common/errors.js';
import { Limited } from '../rate-limit/limited.js';
import type { Settings } from '../config/settings.js';
import type { RateCounter } from '../rate-limit/rate-counter.js';
import type { TokenService } from './token.service.js';

type LimitName = 'signUp' | 'logIn' | 'refresh' | 'connect';

/** From an address, and by a session. */
export const CONNECTS_A_MINUTE = 1200;
const MAX_TOKEN_LENGTH = 4096;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

const requestOf = (context: ExecutionContext): FastifyRequest =>
  context.switchToHttp().getRequest();

/**
 * How often a user may call at all, an address may sign up, log in and open sockets, and a session
 * may refresh its tokens.
 */
export function rateLimits(
  { isRateLimited }: Settings,
  storage: RateCounter,
  reflector: Reflector,
  tokens: TokenService,
): ThrottlerModuleOptions {
  const perAddress = (name: LimitName, limit: number, ttl: number) => ({
    name,
    limit,
    ttl,
    getTracker: (_request: unknown, context: ExecutionContext) => addressOf(requestOf(context)),
    skipIf: (context: ExecutionContext) => reflector.get(Limited, context.getHandler()) !== name,
  });
  const perUser = (name: 'user' | 'findUser', limit: number) => ({
    name,
    limit,
    ttl: MINUTE_MS,
    getTracker: (_request: unknown, context: ExecutionContext) => requestOf(context).user!.id,
    skipIf: (context: ExecutionContext) =>
      requestOf(context).user === undefined ||
      (name !== 'user' && reflector.get(Limited, context.getHandler()) !== name) ||
      (name === 'findUser' && !asksForEmail(requestOf(context))),
  });
  return {
    storage,
    skipIf: () => !isRateLimited,
    generateKey: (_context, tracker, name) => `${name}:${tracker}`,
    throttlers: [
      perUser('user', 1200),
      perUser('findUser', 30),
      perAddress('signUp', 60, HOUR_MS),
      perAddress('logIn', 600, HOUR_MS),
      perAddress('connect', CONNECTS_A_MINUTE, MINUTE_MS),
      {
        ...perAddress('refresh', 1200, MINUTE_MS),
        getTracker: (_request: unknown, context: ExecutionContext) =>
          sessionOf(requestOf(context), tokens) ?? addressOf(requestOf(context)),
      },
    ],
  };
}

/** An e-mail can be guessed, an id cannot. */
function asksForEmail({ query }: FastifyRequest): boolean {
  return (query as { email?: unknown }).email !== undefined;
}

function addressOf({ ip }: FastifyRequest): string {
  return normalizeIp(ip);
}

/** The session of the refresh token in a body, where it is one that we signed. */
function sessionOf({ body }: FastifyRequest, tokens: TokenService): string | undefined {
  const { refresh_token: token } = (body ?? {}) as { refresh_token?: unknown };
  if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH) return undefined;
  return tokens.find(token, 'refresh')?.sid;
}

/** Says in `RateLimit-…` headers what is left, and refuses what is beyond. */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  protected override headerPrefix = 'RateLimit';

  /** Asked once for a request; the library asks it of each limit that has no such question. */
  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    return Promise.resolve(this.commonOptions.skipIf?.(context) ?? false);
  }

  /** Their names are left out: where two limits count, the one that is checked last is shown. */
  protected override setResponseHeader(
    reply: Record<string, unknown>,
    name: string,
    value: string | number,
  ): void {
    if (!name.startsWith('Retry-After')) {
      super.setResponseHeader(reply, name.split('-').slice(0, 2).join('-'), value);
    }
  }

  protected override throwThrottlingException(
    _context: ExecutionContext,
    { timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    throw new TooManyRequestsError('You are sending too many requests.', timeToBlockExpire);
  }
}
