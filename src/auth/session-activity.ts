import { Injectable } from '@nestjs/common';
import { LessThan } from 'typeorm';
import { Database } from '../database/database.js';
import { LocalJob } from '../jobs/job.js';
import { Session } from './session.entity.js';

/** When each session was last used: noted in memory, written once a minute. */
@Injectable()
export class SessionActivity extends LocalJob {
  readonly name = 'session-activity';
  readonly everySeconds = 60;
  override readonly runsAtEnd = true;
  private readonly lastUsed = new Map<string, number>();

  constructor(private readonly database: Database) {
    super();
  }

  /** @param time milliseconds since 1970 */
  note(sessionId: string, time: number): void {
    this.lastUsed.set(sessionId, time);
  }

  /** When a session was used after what its row says, in milliseconds since 1970. */
  since(sessionId: string): number {
    return this.lastUsed.get(sessionId) ?? 0;
  }

  async run(): Promise<void> {
    const noted = [...this.lastUsed].sort();
    if (noted.length === 0) return;
    await this.database.write(async (tx) => {
      for (const [id, time] of noted) {
        const lastUsedAt = new Date(time);
        await tx.manager.update(Session, { id, lastUsedAt: LessThan(lastUsedAt) }, { lastUsedAt });
      }
    });
    for (const [id, time] of noted) if (this.since(id) === time) this.lastUsed.delete(id);
  }
}
