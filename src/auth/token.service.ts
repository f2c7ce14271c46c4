import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { JwtKeys } from './jwt-keys.js';
import type { TokenUse, WhitelistedToken } from './whitelisted-token.entity.js';

export const ISSUER = 'conclave';
export const AUDIENCE = 'conclave';

/** `typ` header of each use, so that neither token passes for the other (RFC 9068). */
export const TOKEN_TYPE: Record<TokenUse, string> = { access: 'at+jwt', refresh: 'rt+jwt' };

/** Claims of both kinds of token; times are in seconds since 1970. */
export interface TokenClaims {
  iss: string;
  aud: string;
  sub: string;
  sid: string;
  jti: string;
  iat: number;
  exp: number;
}

@Injectable()
export class TokenService {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: JwtKeys,
  ) {}

  /** The token that a row of the whitelist stands for. */
  sign({ jti, userId, sessionId, use, issuedAt, expiresAt }: WhitelistedToken): string {
    const claims: TokenClaims = {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: userId,
      sid: sessionId,
      jti,
      iat: Math.floor(issuedAt.getTime() / 1000),
      exp: Math.floor(expiresAt.getTime() / 1000),
    };
    return this.jwt.sign(claims, {
      privateKey: this.keys.current,
      algorithm: 'HS256',
      header: { alg: 'HS256', typ: TOKEN_TYPE[use], kid: this.keys.currentId },
    });
  }
}
