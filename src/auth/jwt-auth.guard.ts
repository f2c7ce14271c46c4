import { ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Public } from '../common/public.js';
import { DeadTokenError } from './auth.errors.js';
import type { TokenClaims } from './token.service.js';
import { Whitelist } from './whitelist.js';

/** Closed unless a route is `@Public(true)`: wants a valid token that stands in the whitelist. */
@Injectable()
export class JwtAuthGuard extends AuthGuard('jwt') {
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
    await super.canActivate(context); // signature and expiry
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    request.user = await this.whitelist.requireLive(request.user as unknown as TokenClaims);
    return true;
  }

  override handleRequest<T>(_error: unknown, claims: T | false): T {
    if (!claims) throw new DeadTokenError();
    return claims;
  }
}
