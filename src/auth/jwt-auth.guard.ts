import { ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { isPublic } from '../http/public.js';
import { AccessTokens, bearerToken } from './access-tokens.js';
import { DeadTokenError } from './auth.errors.js';
import { Tickets } from './tickets.js';
import type { TokenClaims } from './token-rules.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Where a ticket let it in. */
    ticketExpiresAt?: Date;
  }
}

/** Closed unless a route is `@Public()`: wants a valid token that stands in the whitelist. */
@Injectable()
export class JwtAuthGuard extends AuthGuard('jwt') {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly tickets: Tickets,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (isPublic(request)) return true;
    if (bearsTicket(request)) return this.admitTicket(request);
    request.user = await this.tokens.admit(await this.claimsOf(context, request));
    return true;
  }

  override handleRequest<T>(_error: unknown, claims: T | false): T {
    if (!claims) throw new DeadTokenError();
    return claims;
  }

  private async admitTicket(request: FastifyRequest): Promise<boolean> {
    const { ticketFor } = request.routeOptions.config;
    const fileId = (request.params as Record<string, string>)[ticketFor!];
    const { ticket } = request.query as { ticket?: unknown };
    const { user, expiresAt } = await this.tickets.admit(fileId, ticket);
    request.user = user;
    request.ticketExpiresAt = expiresAt;
    return true;
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

/** On a route that takes one; who sends a token too is known by that. */
function bearsTicket({ routeOptions, query, headers }: FastifyRequest): boolean {
  const { ticketFor } = routeOptions.config;
  const hasTicket = (query as { ticket?: unknown }).ticket !== undefined;
  return ticketFor !== undefined && hasTicket && headers.authorization === undefined;
}
