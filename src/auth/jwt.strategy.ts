import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport-jwt';
import { JwtKeys } from './jwt-keys.js';
import {
  AUDIENCE,
  ISSUER,
  requireComplete,
  TOKEN_TYPE,
  type TokenClaims,
} from './token.service.js';

type Done = (error: Error | null, key?: Buffer) => void;

/** Verifies the signature and the claims of an access token; the whitelist is the guard's. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(keys: JwtKeys) {
    super({
      jwtFromRequest: bearerToken,
      secretOrKeyProvider: (_request: unknown, token: string, done: Done) => {
        const { typ, kid } = headerOf(token);
        const key = typ === TOKEN_TYPE.access ? keys.find(kid) : undefined;
        if (key)
          done(null, key as unknown as Buffer); // the types lag behind: a KeyObject is taken
        else done(new Error('not an access token of ours'));
      },
      algorithms: ['HS256'],
      issuer: ISSUER,
      audience: AUDIENCE,
    });
  }

  validate(claims: TokenClaims): TokenClaims {
    return requireComplete(claims);
  }
}

/** Of two `Authorization` headers node keeps one, and a proxy may have looked at the other. */
export function bearerToken({ headers, raw }: FastifyRequest): string | null {
  const isOne = raw.rawHeaders.filter(isAuthorization).length === 1;
  return isOne ? (/^Bearer +([^ ]+)$/i.exec(headers.authorization ?? '')?.[1] ?? null) : null;
}

/** Of names and values in turn. */
function isAuthorization(text: string, at: number): boolean {
  return at % 2 === 0 && text.length === 13 && text.toLowerCase() === 'authorization';
}

function headerOf(token: string): { typ?: unknown; kid?: unknown } {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString());
    return header ?? {};
  } catch {
    return {};
  }
}
