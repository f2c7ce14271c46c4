import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { EventBus } from '../events/event-bus.js';
import { LocalJob } from '../jobs/job.js';
import { Reconciler } from './reconciler.js';

/**
 * There may be other processes on PostgreSQL, and no Redis, or they are cut off from it without a sign
 * of it here: whoever may not hear a room any more does not five seconds later.
 */
const PERIOD_SECONDS = 4;
/** The process on SQLite is the only one: sessions that run out are all that there is to find. */
const PERIOD_ALONE_SECONDS = 60;
/** After an outage each process says that it lost events: looking once will do for all. */
const SETTLE_SECONDS = 1;

/** Looks again at who may hear what, from time to time, and where news may have been missed. */
@Injectable()
export class Reconciliation extends LocalJob {
  readonly name = 'reconciliation';
  private hasMissed = false;

  constructor(
    private readonly reconciler: Reconciler,
    private readonly database: Database,
    bus: EventBus,
  ) {
    super();
    bus.onResumed(() => this.resumeSoon());
    bus.on('events.lost', () => this.resumeSoon());
  }

  get everySeconds(): number {
    return this.database.isShared ? PERIOD_SECONDS : PERIOD_ALONE_SECONDS;
  }

  async run(): Promise<void> {
    const { hasMissed } = this;
    this.hasMissed = false;
    try {
      await this.reconciler.look(hasMissed);
    } catch (error) {
      this.hasMissed ||= hasMissed;
      throw error;
    }
  }

  private resumeSoon(): void {
    this.hasMissed = true;
    this.wakeIn(SETTLE_SECONDS);
  }
}
