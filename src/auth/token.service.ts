import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { TokensDto } from './auth.dto.js';
import { DeadRefreshTokenError } from './auth.errors.js';
import { JwtKeys } from './jwt-keys.js';
import type { TokenPair } from './token-pair.js';
import { RULES, type TokenClaims, TokenRules } from './token-rules.js';
import type { TokenUse, WhitelistedToken } from './whitelisted-token.entity.js';

/** Reads and signs tokens. No I/O: the whitelist is not asked. */
@Injectable()
export class TokenService {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: JwtKeys,
    private readonly rules: TokenRules,
  ) {}

  /** The claims of a refresh token of ours. @throws DeadRefreshTokenError */
  requireRefresh(token: string): TokenClaims {
    const claims = this.find(token, 'refresh');
    if (!claims) throw new DeadRefreshTokenError();
    return claims;
  }

  /** The claims of a token of ours that has not expired. */
  find(token: string, use: TokenUse): TokenClaims | null {
    const key = this.rules.findKey(token, use);
    if (!key) return null;
    try {
      const secret = key as unknown as Buffer; // the types lag behind: a KeyObject is taken
      const claims = this.jwt.verify<TokenClaims>(token, { secret, ...RULES });
      return this.rules.isComplete(claims) ? claims : null;
    } catch {
      return null;
    }
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
      iss: RULES.issuer,
      aud: RULES.audience,
      sub: userId,
      sid: sessionId,
      jti,
      iat: Math.floor(issuedAt.getTime() / 1000),
      exp: Math.floor(expiresAt.getTime() / 1000),
    };
    const header = this.rules.header(use);
    return this.jwt.sign(claims, { privateKey: this.keys.current, algorithm: header.alg, header });
  }
}
