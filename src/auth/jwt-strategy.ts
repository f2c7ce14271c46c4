import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import { bearerToken } from './access-tokens.js';
import { DeadTokenError } from './auth.errors.js';
import { RULES, type TokenClaims, TokenRules } from './token-rules.js';

type Done = (error: Error | null, key?: Buffer) => void;

/** Passport's way of verifying the access token of a request, by the same rules as every other. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(private readonly rules: TokenRules) {
    super({
      jwtFromRequest: bearerToken,
      secretOrKeyProvider: (_request: unknown, token: string, done: Done) => {
        const key = rules.findKey(token, 'access');
        done(key ? null : new DeadTokenError(), key as unknown as Buffer); // the types lag behind
      },
      ...RULES,
    });
  }

  /** @throws DeadTokenError */
  validate(claims: TokenClaims): TokenClaims {
    if (!this.rules.isComplete(claims)) throw new DeadTokenError();
    return claims;
  }
}
