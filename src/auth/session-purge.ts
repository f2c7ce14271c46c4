import { BeforeApplicationShutdown, Injectable, Logger, OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, LessThan, Repository } from 'typeorm';
import { Database } from '../database/database.js';
import { Session } from './session.entity.js';
import { WhitelistedToken } from './whitelisted-token.entity.js';

const PERIOD_MS = 60_000;
const BATCH_SIZE = 500;

/** Clears expired sessions and tokens away, in small batches, so that nobody waits for it. */
@Injectable()
export class SessionPurge implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(SessionPurge.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectRepository(Session) private readonly sessions: Repository<Session>,
    @InjectRepository(WhitelistedToken) private readonly tokens: Repository<WhitelistedToken>,
    private readonly database: Database,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => {
      this.run().catch((err: unknown) => this.logger.warn({ event: 'session_purge.failed', err }));
    }, PERIOD_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** One batch of each after the other, until little is left. */
  async run(): Promise<void> {
    const expired = { expiresAt: LessThan(new Date()) };
    const page = { where: expired, take: BATCH_SIZE, order: { expiresAt: 'ASC' as const } };
    for (let found = BATCH_SIZE; found === BATCH_SIZE;) {
      const ids = (await this.sessions.find(page)).map((session) => session.id);
      found = ids.length;
      await this.database.write((manager) => manager.delete(Session, { id: In(ids), ...expired }));
    }
    for (let found = BATCH_SIZE; found === BATCH_SIZE;) {
      const jtis = (await this.tokens.find(page)).map((token) => token.jti);
      found = jtis.length;
      await this.database.write((manager) => manager.delete(WhitelistedToken, { jti: In(jtis) }));
    }
  }
}
