import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import { JwtKeys } from './jwt-keys.js';
import type { TokenUse } from './whitelisted-token.entity.js';

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

/** What jsonwebtoken asks of a token, whoever calls it: Passport, or the service. */
export const RULES = { algorithms: ['HS256' as const], issuer: 'conclave', audience: 'conclave' };

/** `typ` header of each use, so that neither token passes for the other (RFC 9068). */
const TYPE: Record<TokenUse, string> = { access: 'at+jwt', refresh: 'rt+jwt' };

/** What makes a token one of ours. Whether it counts now, the whitelist says. */
@Injectable()
export class TokenRules {
  constructor(private readonly keys: JwtKeys) {}

  /** The header of a token of ours. */
  header(use: TokenUse): { alg: 'HS256'; typ: string; kid: string } {
    return { alg: RULES.algorithms[0], typ: TYPE[use], kid: this.keys.currentId };
  }

  /** The key by which a token has to be signed: none where its `typ` is another, or `kid` unknown. */
  findKey(token: string, use: TokenUse): KeyObject | undefined {
    const { typ, kid } = headerOf(token);
    return typ === TYPE[use] ? this.keys.find(kid) : undefined;
  }

  /** Ids are ids, and it expires: of `exp` jsonwebtoken checks only the one that is there. */
  isComplete({ jti, sub, sid, exp }: TokenClaims): boolean {
    return [jti, sub, sid].every(isUuid) && exp !== undefined;
  }
}

function headerOf(token: string): { typ?: unknown; kid?: unknown } {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString());
    return header ?? {};
  } catch {
    return {};
  }
}
