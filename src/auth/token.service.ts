import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { validate as isUuid } from 'uuid';
import type { TokensDto } from './auth.dto.js';
import { DeadRefreshTokenError, DeadTokenError } from './auth.errors.js';
import { JwtKeys } from './jwt-keys.js';
import type { TokenPair } from './token-pair.js';
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

/** Ids are ids, and it expires: of `exp` jsonwebtoken checks only the one that is there. */
export function requireComplete(claims: TokenClaims): TokenClaims {
  const { jti, sub, sid, exp } = claims;
  if (![jti, sub, sid].every(isUuid) || exp === undefined) throw new DeadTokenError();
  return claims;
}

@Injectable()
export class TokenService {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: JwtKeys,
  ) {}

  /** The claims of a refresh token of ours. @throws DeadRefreshTokenError */
  verifyRefresh(token: string): TokenClaims {
    try {
      return this.verify(token, 'refresh');
    } catch {
      throw new DeadRefreshTokenError();
    }
  }

  /** The claims of an access token of ours; the whitelist is not asked. @throws DeadTokenError */
  verifyAccess(token: string): TokenClaims {
    try {
      return requireComplete(this.verify(token, 'access'));
    } catch {
      throw new DeadTokenError();
    }
  }

  private verify(token: string, use: TokenUse): TokenClaims {
    const { header } = this.jwt.decode<{ header: { typ?: unknown; kid?: unknown } }>(token, {
      complete: true,
    });
    const key = header.typ === TOKEN_TYPE[use] ? this.keys.find(header.kid) : undefined;
    return this.jwt.verify<TokenClaims>(token, {
      secret: key as unknown as Buffer, // the types lag behind: a KeyObject is taken
      algorithms: ['HS256'],
      issuer: ISSUER,
      audience: AUDIENCE,
    });
  }

  /** A pair as it is answered. */
  toDto({ access, refresh }: TokenPair): TokensDto {
    return {
      access_token: this.sign(access),
      refresh_token: this.sign(refresh),
      token_type: 'Bearer',
      expires_in: Math.round((access.expiresAt.getTime() - Date.now()) / 1000),
    };
  }

  /** The token that a row of the whitelist stands for. */
  private sign({ jti, userId, sessionId, use, issuedAt, expiresAt }: WhitelistedToken): string {
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
