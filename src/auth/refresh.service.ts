import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/transaction.js';
import type { TokensDto } from './auth.dto.js';
import { DeadRefreshTokenError } from './auth.errors.js';
import { Session } from './session.entity.js';
import { type Device, SessionService } from './session.service.js';
import { lockSession } from './lock-session.js';
import { newPair, newToken, type TokenPair } from './token-pair.js';
import type { TokenClaims } from './token-rules.js';
import { TokenService } from './token.service.js';
import { Whitelist } from './whitelist.js';
import { WhitelistedToken } from './whitelisted-token.entity.js';

type Outcome = TokenPair | 'dead' | 'reused';

/**
 * Rotation of refresh tokens. The old pair lives until some seconds after the new one is first
 * used, so that a lost answer or two tabs at once sign nobody out; a use after that is theft, and
 * ends the session (RFC 9700, section 4.14).
 */
@Injectable()
export class RefreshService {
  private readonly logger = new Logger('audit');

  constructor(
    private readonly database: Database,
    private readonly tokens: TokenService,
    private readonly sessions: SessionService,
    private readonly whitelist: Whitelist,
    private readonly settings: Settings,
  ) {}

  /** @throws DeadRefreshTokenError */
  async refresh(refreshToken: string, device: Device): Promise<TokensDto> {
    const claims = this.tokens.requireRefresh(refreshToken);
    const outcome = await this.database.write((tx) => this.next(tx, claims, device));
    if (outcome === 'reused') {
      this.sessions.announce([claims.sid]);
      const { sub: user_id, sid: session_id } = claims;
      this.logger.warn({ event: 'session.refresh_reused', user_id, session_id, ip: device.ip });
    }
    if (typeof outcome === 'string') throw new DeadRefreshTokenError();
    return this.tokens.toDto(outcome);
  }

  private async next(tx: Transaction, claims: TokenClaims, device: Device): Promise<Outcome> {
    const session = await lockSession(tx, claims.sid);
    if (session?.userId !== claims.sub) return 'dead';
    const rows = await tx.manager.findBy(WhitelistedToken, { sessionId: session.id });
    const presented = rows.find((row) => row.jti === claims.jti && row.use === 'refresh');
    if (!presented || presented.expiresAt.getTime() <= Date.now()) {
      if (presented?.pair === session.pair) return 'dead';
      await tx.manager.delete(Session, session.id);
      return 'reused';
    }
    if (presented.pair === session.pair) return this.rotate(tx, session, device);
    return this.repeat(tx, session, rows);
  }

  private async rotate(tx: Transaction, session: Session, device: Device): Promise<TokenPair> {
    await this.whitelist.endOlderPairs(tx, session.id, session.pair);
    const now = new Date();
    session.pair++;
    const pair = newPair(session, now, this.settings);
    await tx.manager.insert(WhitelistedToken, [pair.access, pair.refresh]);
    await tx.manager.update(Session, session.id, {
      pair: session.pair,
      expiresAt: pair.refresh.expiresAt,
      lastUsedAt: now,
      ...device,
    });
    return pair;
  }

  /** The newest pair once more, for one who has not had it: a lost answer, or another tab. */
  private async repeat(
    tx: Transaction,
    session: Session,
    rows: WhitelistedToken[],
  ): Promise<TokenPair> {
    const now = new Date();
    const newest = rows.filter((row) => row.pair === session.pair);
    const refresh = newest.find((row) => row.use === 'refresh')!;
    const isLive = (row: WhitelistedToken): boolean => row.use === 'access' && row.expiresAt > now;
    const access = newest.find(isLive);
    if (access) return { access, refresh };
    const renewed = newToken(session, 'access', now, this.settings.accessTokenTtlSeconds);
    await tx.manager.insert(WhitelistedToken, renewed);
    return { access: renewed, refresh };
  }
}
