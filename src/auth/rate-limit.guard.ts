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
import { Limited } from '../common/limited.js';
import type { Settings } from '../config/settings.js';
import type { RateCounter } from './rate-counter.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

const requestOf = (context: ExecutionContext): FastifyRequest =>
  context.switchToHttp().getRequest();

/** How often a user may call at all, and an address may sign up and log in. */
export function rateLimits(
  { isRateLimited }: Settings,
  storage: RateCounter,
  reflector: Reflector,
): ThrottlerModuleOptions {
  const perAddress = (name: 'signUp' | 'logIn', limit: number) => ({
    name,
    limit,
    ttl: HOUR_MS,
    getTracker: (request: Record<string, unknown>) => normalizeIp(request.ip as string),
    skipIf: (context: ExecutionContext) => reflector.get(Limited, context.getHandler()) !== name,
  });
  const perUser = (name: 'user' | 'findUser', limit: number) => ({
    name,
    limit,
    ttl: MINUTE_MS,
    getTracker: (_request: unknown, context: ExecutionContext) => requestOf(context).user!.id,
    skipIf: (context: ExecutionContext) =>
      requestOf(context).user === undefined ||
      (name !== 'user' && reflector.get(Limited, context.getHandler()) !== name),
  });
  return {
    storage,
    skipIf: () => !isRateLimited,
    generateKey: (_context, tracker, name) => `${name}:${tracker}`,
    throttlers: [
      perUser('user', 1200),
      perUser('findUser', 30),
      perAddress('signUp', 60),
      perAddress('logIn', 600),
    ],
  };
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
