import { ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { Public } from '../common/public.js';
import { DeadTokenError } from './auth.errors.js';
import { bearerToken } from './jwt.strategy.js';
import type { TokenClaims } from './token.service.js';
import { Whitelist } from './whitelist.js';

/** About a kilobyte each. */
const REMEMBERED_TOKENS = 10_000;

/** Closed unless a route is `@Public(true)`: wants a valid token that stands in the whitelist. */
@Injectable()
export class JwtAuthGuard extends AuthGuard('jwt') {
  /** Claims of tokens whose signature was verified: that does not change, only the clock does. */
  private readonly verified = new LRUCache<string, TokenClaims>({ max: REMEMBERED_TOKENS });

  constructor(
    private readonly reflector: Reflector,
    private readonly whitelist: Whitelist,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride(Public, [context.getHandler(), context.getClass()])) {
      return true;
    }
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    request.user = await this.whitelist.requireLive(await this.claimsOf(context, request));
    return true;
  }

  override handleRequest<T>(_error: unknown, claims: T | false): T {
    if (!claims) throw new DeadTokenError();
    return claims;
  }

  /** Of a token whose signature and expiry are in order. */
  private async claimsOf(context: ExecutionContext, request: FastifyRequest): Promise<TokenClaims> {
    const token = bearerToken(request) ?? '';
    const known = this.verified.get(token);
    if (known && known.exp > Date.now() / 1000) return known;
    await super.canActivate(context);
    const claims = request.user as unknown as TokenClaims;
    this.verified.set(token, claims);
    return claims;
  }
}
