import { newId } from '../crypto/ids.js';
import type { Session } from './session.entity.js';
import type { TokenUse, WhitelistedToken } from './whitelisted-token.entity.js';

export interface TokenPair {
  access: WhitelistedToken;
  refresh: WhitelistedToken;
}

/** Rows for the newest pair of a session. */
export function newPair(
  session: Session,
  now: Date,
  ttl: { accessTokenTtlSeconds: number; refreshTokenTtlSeconds: number },
): TokenPair {
  return {
    access: newToken(session, 'access', now, ttl.accessTokenTtlSeconds),
    refresh: newToken(session, 'refresh', now, ttl.refreshTokenTtlSeconds),
  };
}

export function newToken(
  session: Session,
  use: TokenUse,
  now: Date,
  ttlSeconds: number,
): WhitelistedToken {
  return {
    jti: newId(),
    sessionId: session.id,
    userId: session.userId,
    use,
    pair: session.pair,
    supersedes: session.pair > 1,
    issuedAt: now,
    expiresAt: new Date(now.getTime() + ttlSeconds * 1000),
  };
}
