import { Injectable, Logger, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { UnavailableError } from '../common/errors.js';
import { Database } from './database.js';
import { POSTGRES_NOW } from './statement.js';

/** Keys are told apart by the times in messages' ids; a new one is known this long before it counts. */
const MOST_MS = 5 * 60_000;
const EVERY_MS = 60_000;
const NOW = `SELECT ${POSTGRES_NOW} AS now`;

export class ClockOffError extends UnavailableError {
  constructor() {
    super('The clock of this server is wrong, so it takes no messages. Try again shortly.');
  }
}

/** How far this process's clock is from PostgreSQL's; on SQLite the two are one. */
@Injectable()
export class DatabaseClock implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(DatabaseClock.name);
  private timer: NodeJS.Timeout | undefined;
  private offMs = 0;

  constructor(private readonly database: Database) {}

  async onModuleInit(): Promise<void> {
    if (!this.database.isShared) return;
    await this.look();
    this.timer = setInterval(() => void this.look(), EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** @throws ClockOffError */
  requireRight(): void {
    if (Math.abs(this.offMs) > MOST_MS) throw new ClockOffError();
  }

  private async look(): Promise<void> {
    try {
      const begin = Date.now();
      const [{ now }] = await this.database.reader.query<[{ now: string }]>(NOW);
      const [early, late] = [begin - Number(now), Date.now() - Number(now)];
      this.offMs = Math.max(early, 0) + Math.min(late, 0); // it was asked at some time in between
    } catch (err) {
      this.logger.warn({ event: 'clock.not_checked', err }); // the last outcome stands
    }
    if (Math.abs(this.offMs) > MOST_MS) {
      this.logger.error({ event: 'clock.off', off_ms: this.offMs });
    }
  }
}
