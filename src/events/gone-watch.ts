import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { findGone, type Gone } from '../database/gone.js';
import { LocalJob } from '../jobs/job.js';
import { EventBus } from './event-bus.js';
import { GONE_KEPT_MS, GONE_PURGE_SECONDS } from './gone-purge.js';

/**
 * Looked at again: what was noted before a look and committed after it, and what a read that had begun
 * before it has brought since. Statements take 5 s at most.
 */
const OVERLAP_MS = 30_000;
/** After longer than this something may be noted no more that was not looked at. */
const BLIND_MS = GONE_KEPT_MS - GONE_PURGE_SECONDS * 1000;

/**
 * Looks every four seconds what other processes on PostgreSQL have destroyed, so that it leaves this
 * one's memory within five, whether there is Redis or not and whatever news was lost. One query by
 * an index; as a rule it finds nothing.
 */
@Injectable()
export class GoneWatch extends LocalJob {
  readonly name = 'gone-watch';
  /** The last look, by the database's clock. */
  private lookedAt: number | undefined;

  constructor(
    private readonly database: Database,
    private readonly bus: EventBus,
  ) {
    super();
    bus.onResumed(() => this.wake());
    bus.on('events.lost', () => this.wake());
  }

  get everySeconds(): number | undefined {
    return this.database.isShared ? 4 : undefined;
  }

  async run(): Promise<void> {
    if (!this.database.isShared) return;
    const since = (this.lookedAt ?? Date.now()) - OVERLAP_MS;
    this.tell(await findGone(this.database, since));
  }

  private tell({ now, ids, isCut }: Gone): void {
    const last = this.lookedAt ?? now;
    const isBlind = isCut || now < last || now - last > BLIND_MS;
    this.lookedAt = now;
    if (isBlind) return this.bus.tellHere({ type: 'memory.stale' });
    if (ids.key.length > 0) this.bus.tellHere({ type: 'keys.destroyed', ownerIds: ids.key });
    if (ids.text.length > 0) this.bus.tellHere({ type: 'texts.destroyed', messageIds: ids.text });
  }
}
