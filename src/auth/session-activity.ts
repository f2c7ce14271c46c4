import { BeforeApplicationShutdown, Injectable, Logger, OnModuleInit } from '@nestjs/common';
import { LessThan } from 'typeorm';
import { Database } from '../database/database.js';
import { Session } from './session.entity.js';

const FLUSH_MS = 60_000;

/** When each session was last used: noted in memory, written once a minute. */
@Injectable()
export class SessionActivity implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(SessionActivity.name);
  private readonly lastUsed = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly database: Database) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.flush(), FLUSH_MS).unref();
  }

  /** @param time milliseconds since 1970 */
  note(sessionId: string, time: number): void {
    this.lastUsed.set(sessionId, time);
  }

  /** When a session was used after what its row says, in milliseconds since 1970. */
  since(sessionId: string): number {
    return this.lastUsed.get(sessionId) ?? 0;
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  private async flush(): Promise<void> {
    const noted = [...this.lastUsed].sort();
    if (noted.length === 0) return;
    try {
      await this.database.write(async (manager) => {
        for (const [id, time] of noted) {
          const lastUsedAt = new Date(time);
          await manager.update(Session, { id, lastUsedAt: LessThan(lastUsedAt) }, { lastUsedAt });
        }
      });
      for (const [id, time] of noted) if (this.since(id) === time) this.lastUsed.delete(id);
    } catch (err) {
      this.logger.warn({ event: 'session_activity.not_written', err });
    }
  }
}
