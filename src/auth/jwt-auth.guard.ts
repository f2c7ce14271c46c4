import { ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { isPublic } from '../http/public.js';
import { AccessTokens, bearerToken } from './access-tokens.js';
import { DeadTokenError } from './auth.errors.js';
import type { TokenClaims } from './token-rules.js';

/** Closed unless a route is `@Public()`: wants a valid token that stands in the whitelist. */
@Injectable()
export class JwtAuthGuard extends AuthGuard('jwt') {
  constructor(private readonly tokens: AccessTokens) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (isPublic(request)) return true;
    request.user = await this.tokens.admit(await this.claimsOf(context, request));
    return true;
  }

  override handleRequest<T>(_error: unknown, claims: T | false): T {
    if (!claims) throw new DeadTokenError();
    return claims;
  }

  /** Of a token that Passport has verified, now or before. */
  private async claimsOf(context: ExecutionContext, request: FastifyRequest): Promise<TokenClaims> {
    const token = bearerToken(request) ?? '';
    const known = this.tokens.findVerified(token);
    if (known) return known;
    await super.canActivate(context);
    const claims = request.user as unknown as TokenClaims;
    this.tokens.remember(token, claims);
    return claims;
  }
}
