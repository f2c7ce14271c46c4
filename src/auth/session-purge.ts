import { Injectable } from '@nestjs/common';
import { In, LessThan } from 'typeorm';
import type { Transaction } from '../database/transaction.js';
import { PeriodicJob } from '../jobs/job.js';
import { Session } from './session.entity.js';
import { WhitelistedToken } from './whitelisted-token.entity.js';

const BATCH_SIZE = 500;

/** Clears expired sessions and tokens away, in small batches, so that nobody waits for it. */
@Injectable()
export class SessionPurge extends PeriodicJob {
  readonly name = 'session-purge';
  readonly everySeconds = 60;

  async step({ manager }: Transaction): Promise<boolean> {
    const expired = { expiresAt: LessThan(new Date()) };
    const page = { where: expired, take: BATCH_SIZE, order: { expiresAt: 'ASC' as const } };
    const sessions = await manager.find(Session, page);
    if (sessions.length > 0) {
      // Asked once more: a session that is refreshed just now goes on.
      await manager.delete(Session, { id: In(sessions.map(({ id }) => id)), ...expired });
    }
    const tokens = await manager.find(WhitelistedToken, page);
    if (tokens.length > 0) {
      await manager.delete(WhitelistedToken, { jti: In(tokens.map(({ jti }) => jti)) });
    }
    return Math.max(sessions.length, tokens.length) === BATCH_SIZE;
  }
}
