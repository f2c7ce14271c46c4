import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { upTo } from '../common/cache-bound.js';
import type { AuthUser } from '../http/current-user.js';
import { DeadTokenError } from './auth.errors.js';
import type { TokenClaims } from './token-rules.js';
import { TokenService } from './token.service.js';
import { Whitelist } from './whitelist.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of its access token; null where it has none that verifies, undefined before it was asked. */
    claims?: TokenClaims | null;
    /** Its bearer token, once it was looked for: more than one step asks. */
    bearer?: string | null;
  }
}

/** About a kilobyte each. */
const REMEMBERED_TOKENS = 10_000;

/**
 * Access tokens, in the two steps that they take wherever they come from: what one says, where it is
 * ours and has not expired, without I/O, so that the edge can ask before anything is done for the
 * request; and whom that lets in, by the whitelist.
 *
 * Who asks by HTTP is let in once Passport has verified the token; the guard remembers that here.
 */
@Injectable()
export class AccessTokens {
  /** Claims of tokens that Passport has verified: that does not change, only the clock does. */
  private readonly verified = new LRUCache<string, TokenClaims>(upTo(REMEMBERED_TOKENS));

  constructor(
    private readonly tokens: TokenService,
    private readonly whitelist: Whitelist,
  ) {}

  findClaims(request: FastifyRequest): TokenClaims | null {
    if (request.claims === undefined) request.claims = this.read(bearerToken(request));
    return request.claims;
  }

  /** @throws DeadTokenError */
  requireClaims(request: FastifyRequest): TokenClaims {
    return requireAny(this.findClaims(request));
  }

  /** Of a token that came by itself. @throws DeadTokenError */
  requireClaimsOf(token: string): TokenClaims {
    return requireAny(this.read(token));
  }

  /** Who bears a token of ours. @throws DeadTokenError when the whitelist lacks it */
  admit(claims: TokenClaims): Promise<AuthUser> {
    return this.whitelist.requireLive(claims);
  }

  remember(token: string, claims: TokenClaims): void {
    this.verified.set(token, claims);
  }

  /** Of a token that was remembered, as long as it has not expired. */
  findVerified(token: string): TokenClaims | null {
    const known = this.verified.get(token);
    return known && known.exp > Date.now() / 1000 ? known : null;
  }

  private read(token: string | null): TokenClaims | null {
    if (token === null) return null;
    return this.findVerified(token) ?? this.tokens.find(token, 'access');
  }
}

function requireAny(claims: TokenClaims | null): TokenClaims {
  if (!claims) throw new DeadTokenError();
  return claims;
}

/** Of two `Authorization` headers node keeps one, and a proxy may have looked at the other. */
export function bearerToken(request: FastifyRequest): string | null {
  if (request.bearer === undefined) request.bearer = findBearer(request);
  return request.bearer;
}

function findBearer({ headers, raw }: FastifyRequest): string | null {
  if (headers.authorization === undefined) return null;
  const isOne = raw.rawHeaders.filter(isAuthorization).length === 1;
  return isOne ? (/^Bearer +([^ ]+)$/i.exec(headers.authorization)?.[1] ?? null) : null;
}

/** Of names and values in turn. */
function isAuthorization(text: string, at: number): boolean {
  return at % 2 === 0 && text.length === 13 && text.toLowerCase() === 'authorization';
}
