import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, MoreThan, Not, Repository } from 'typeorm';
import type { AuthUser } from '../http/current-user.js';
import { newId } from '../crypto/ids.js';
import { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/transaction.js';
import { statement } from '../database/statement.js';
import { EventBus } from '../events/event-bus.js';
import { SessionNotFoundError } from './auth.errors.js';
import { SessionDto, type SessionPageDto } from './session.dto.js';
import { SessionActivity } from './session-activity.js';
import { Session } from './session.entity.js';
import { newPair, type TokenPair } from './token-pair.js';
import { WhitelistedToken } from './whitelisted-token.entity.js';

/** Where a session is used from. */
export interface Device {
  ip: string;
  userAgent: string | null;
}

/** By the primary key. Parameters: ids, milliseconds since 1970. */
const LIVING = statement({
  name: 'living_sessions',
  postgres: 'SELECT id FROM session WHERE id = ANY($1::uuid[]) AND expires_at > $2',
  sqlite: 'SELECT id FROM session WHERE id IN (SELECT value FROM json_each(?)) AND expires_at > ?',
});

@Injectable()
export class SessionService {
  constructor(
    @InjectRepository(Session) private readonly sessions: Repository<Session>,
    private readonly database: Database,
    private readonly bus: EventBus,
    private readonly activity: SessionActivity,
    private readonly settings: Settings,
  ) {}

  /** Opens a session: its first pair of tokens enters the whitelist. */
  async open(tx: Transaction, userId: string, device: Device): Promise<TokenPair> {
    const now = new Date();
    const session: Session = {
      id: newId(),
      userId,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: now,
      pair: 1,
      ...device,
    };
    const pair = newPair(session, now, this.settings);
    await tx.manager.insert(Session, { ...session, expiresAt: pair.refresh.expiresAt });
    await tx.manager.insert(WhitelistedToken, [pair.access, pair.refresh]);
    return pair;
  }

  /** The user's sessions, the one last used first. */
  async list(user: AuthUser): Promise<SessionPageDto> {
    const sessions = await this.sessions.findBy({
      userId: user.id,
      expiresAt: MoreThan(new Date()),
    });
    const data = sessions.map((session) => {
      const lastUsed = Math.max(session.lastUsedAt.getTime(), this.activity.since(session.id));
      return SessionDto.of({ ...session, lastUsedAt: new Date(lastUsed) }, user.sessionId);
    });
    data.sort((one, other) => other.last_used_at.getTime() - one.last_used_at.getTime());
    return { data, has_more: false };
  }

  /** Those of these sessions that have not ended. */
  async living(ids: string[]): Promise<Set<string>> {
    const rows = await this.database.rows<[string]>(LIVING, [ids, Date.now()]);
    return new Set(rows.map(([id]) => id));
  }

  /**
   * Ends one session of the user at once: none of its tokens counts any more.
   *
   * @throws SessionNotFoundError
   */
  async end(userId: string, sessionId: string): Promise<void> {
    const { affected } = await this.database.write((tx) =>
      tx.manager.delete(Session, { id: sessionId, userId }),
    );
    if (!affected) throw new SessionNotFoundError();
    this.announce([sessionId]);
  }

  /** Ends every session of the user but one. */
  async endOthers({ id: userId, sessionId }: AuthUser): Promise<void> {
    const ended = await this.database.write((tx) => this.deleteOthers(tx, userId, sessionId));
    this.announce(ended);
  }

  /** Ends every session of the user. @returns how many there were */
  async endAll(userId: string): Promise<number> {
    const ended = await this.database.write((tx) => this.deleteOthers(tx, userId));
    this.announce(ended);
    return ended.length;
  }

  /**
   * Deletes a user's sessions in the caller's transaction, who announces their end after the commit.
   *
   * @param kept the one that goes on, if any
   */
  async deleteOthers(tx: Transaction, userId: string, kept?: string): Promise<string[]> {
    const others = await tx.manager.find(Session, {
      select: { id: true },
      where: { userId, ...(kept && { id: Not(kept) }) },
    });
    const ids = others.map((session) => session.id);
    if (ids.length > 0) await tx.manager.delete(Session, { id: In(ids) });
    return ids;
  }

  /** Tells everyone who remembers these sessions that they are over. */
  announce(sessionIds: string[]): void {
    if (sessionIds.length > 0) this.bus.publish({ type: 'sessions.ended', sessionIds });
  }
}
