import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { IsOptional, Matches, validateSync } from '../http/class-validator.js';
import { Settings } from '../config/settings.js';
import { secretKey } from '../crypto/secret-key.js';
import { IsEmailAddress, IsName } from '../http/validators.js';
import { RefusedTokenError, type TokenFault } from './auth.errors.js';

const AUDIENCE = 'conclave';
const MAX_LIFE_SECONDS = 300;
/** How far the clock of the backend may be from ours. */
const LEEWAY_SECONDS = 30;
/** As Python's `isprintable` has it: no control, format or unassigned character, and no space but one. */
const PRINTABLE = /^(?:[^\p{C}\p{Z}]| ){1,128}$/u;

interface Verified {
  header: { crit?: unknown };
  payload: Record<string, unknown>;
}

/** Whom a token is of. What goes into the profile is as at sign-up; `null` is as left out. */
export class ExchangeClaims {
  @Matches(PRINTABLE) sub: string;
  @IsOptional() @IsEmailAddress() email?: string | null;
  @IsOptional() @IsName(100) fname?: string | null;
  @IsOptional() @IsName(100) lname?: string | null;
}

/** Tokens of the team's own backend. No I/O. */
@Injectable()
export class ExchangeTokens {
  private readonly keys: KeyObject[];

  constructor(
    private readonly jwt: JwtService,
    { exchangeSecrets }: Settings,
  ) {
    this.keys = exchangeSecrets.map((secret) => secretKey(Buffer.from(secret)));
  }

  /** @throws RefusedTokenError */
  read(token: string): ExchangeClaims {
    const { header, payload } = this.verify(token);
    const { sub, email, fname, lname } = payload;
    const claims = Object.assign(new ExchangeClaims(), { sub, email, fname, lname });
    const fault = header.crit === undefined ? faultOf(payload, Date.now() / 1000) : 'crit';
    const [invalid] = validateSync(claims);
    if (fault || invalid) throw new RefusedTokenError(fault ?? (invalid.property as TokenFault));
    return claims;
  }

  /** What is signed under one of the secrets; when it counts is not asked here. */
  private verify(token: string): Verified {
    for (const key of this.keys) {
      try {
        return this.jwt.verify<Verified>(token, {
          secret: key as unknown as Buffer, // the types lag behind: a KeyObject is taken
          algorithms: ['HS256'],
          complete: true,
          ignoreExpiration: true,
          ignoreNotBefore: true,
        });
      } catch {
        // Another secret may fit. Its message may quote the token.
      }
    }
    throw new RefusedTokenError('signature');
  }
}

/** What of a token is not as it has to be, beside whom it is of; JSON may hold infinite numbers. */
function faultOf(
  { aud, iat, exp, nbf }: Record<string, unknown>,
  now: number,
): TokenFault | undefined {
  if (aud !== AUDIENCE) return 'aud'; // a list is good elsewhere too
  if (typeof iat !== 'number' || iat > now + LEEWAY_SECONDS) return 'iat';
  if (typeof exp !== 'number' || exp <= now - LEEWAY_SECONDS) return 'exp';
  if (!(exp > iat && exp - iat <= MAX_LIFE_SECONDS)) return 'exp';
  if (nbf === undefined) return undefined;
  return typeof nbf === 'number' && nbf <= now + LEEWAY_SECONDS ? undefined : 'nbf';
}
