import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { LessThan, MoreThan, Repository } from 'typeorm';
import { upTo } from '../common/cache-bound.js';
import type { AuthUser } from '../http/current-user.js';
import { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/transaction.js';
import { EventBus } from '../events/event-bus.js';
import { DeadTokenError } from './auth.errors.js';
import { lockSession } from './lock-session.js';
import { SessionActivity } from './session-activity.js';
import type { TokenClaims } from './token-rules.js';
import { WhitelistedToken } from './whitelisted-token.entity.js';

/** With the time that a request takes, a revocation counts within five seconds. */
const CACHE_MS = 4000;
/** About 300 bytes each. */
const CACHED_SESSIONS = 50_000;

interface Entry {
  jti: string;
  user: AuthUser;
  /** Milliseconds since 1970. */
  until: number;
}

/**
 * Which access tokens count. What the database said is believed for four seconds, and not a moment
 * longer than until the news that the session has ended.
 */
@Injectable()
export class Whitelist {
  /** The token last used, by session. */
  private readonly cache = new LRUCache<string, Entry>(upTo(CACHED_SESSIONS));
  private evictions = 0;
  /** How often the cache knew, since the start. */
  readonly lookUps = { hits: 0, misses: 0 };

  constructor(
    @InjectRepository(WhitelistedToken) private readonly rows: Repository<WhitelistedToken>,
    private readonly database: Database,
    private readonly settings: Settings,
    private readonly activity: SessionActivity,
    bus: EventBus,
  ) {
    bus.on('sessions.ended', ({ sessionIds }) => {
      this.evictions++;
      for (const id of sessionIds) this.cache.delete(id);
    });
  }

  /** The caller behind an access token. @throws DeadTokenError when the whitelist lacks it */
  async requireLive(claims: TokenClaims): Promise<AuthUser> {
    const { jti, sub, sid } = claims;
    const cached = this.cache.get(sid);
    if (cached?.jti === jti && cached.user.id === sub && cached.until > Date.now()) {
      this.lookUps.hits++;
      return cached.user;
    }
    this.lookUps.misses++;
    return this.load(claims);
  }

  /** A newer pair of a locked session is in use: those before it live for the leeway, no longer. */
  async endOlderPairs(tx: Transaction, sessionId: string, pair: number): Promise<void> {
    const end = new Date(Date.now() + this.settings.refreshLeewaySeconds * 1000);
    await tx.manager.update(
      WhitelistedToken,
      { sessionId, pair: LessThan(pair), expiresAt: MoreThan(end) },
      { expiresAt: end },
    );
    await tx.manager.update(WhitelistedToken, { sessionId, pair }, { supersedes: false });
  }

  private async load({ jti, sub, sid }: TokenClaims): Promise<AuthUser> {
    const [begun, evictions] = [Date.now(), this.evictions];
    const row = await this.rows.findOneBy({ jti });
    const isLive =
      row?.use === 'access' &&
      row.userId === sub &&
      row.sessionId === sid &&
      row.expiresAt.getTime() > Date.now();
    if (!isLive) throw new DeadTokenError();
    if (row.supersedes) {
      await this.database.write(async (tx) => {
        if (!(await lockSession(tx, sid))) throw new DeadTokenError(); // it has just ended
        await this.endOlderPairs(tx, sid, row.pair);
      });
    }
    this.activity.note(sid, begun);
    const user = { id: sub, sessionId: sid };
    const until = Math.min(begun + CACHE_MS, row.expiresAt.getTime());
    // Whoever was told meanwhile that a session has ended may have been told of this one.
    if (evictions === this.evictions) this.cache.set(sid, { jti, user, until });
    return user;
  }
}
