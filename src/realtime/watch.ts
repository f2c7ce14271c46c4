import { Injectable, Logger, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { EventBus } from '../events/event-bus.js';
import { Connections } from './connections.js';

const PERIOD_MS = 4000;
const SETTLE_MS = 300;
/** Where no news is missed, only sessions that run out are to be found. */
const PERIODS_WHEN_COMPLETE = 15;

/**
 * Looks again at who may hear what: where news of other processes is held up, every four seconds,
 * and when it arrives again.
 */
@Injectable()
export class Watch implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(Watch.name);
  private timer: NodeJS.Timeout | undefined;
  private resuming: NodeJS.Timeout | undefined;
  private periods = 0;
  private hasMissed = false;

  constructor(
    private readonly connections: Connections,
    private readonly bus: EventBus,
  ) {
    bus.onResumed(() => this.resumeSoon());
    bus.on('events.lost', () => this.resumeSoon());
  }

  onModuleInit(): void {
    this.timer = setInterval(() => void this.tick(), PERIOD_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    clearTimeout(this.resuming);
  }

  private async tick(): Promise<void> {
    this.periods++;
    if (!this.bus.isComplete) this.hasMissed = true;
    if (this.hasMissed || this.periods % PERIODS_WHEN_COMPLETE === 0) await this.look();
  }

  /** After an outage each of the other processes says that it lost events: once will do for all. */
  private resumeSoon(): void {
    this.hasMissed = true;
    clearTimeout(this.resuming);
    this.resuming = setTimeout(() => void this.resume(), SETTLE_MS).unref();
  }

  private async resume(): Promise<void> {
    await this.look();
    this.connections.readyAll();
  }

  private async look(): Promise<void> {
    const { isComplete } = this.bus;
    try {
      await this.connections.lookAgain();
      if (isComplete) this.hasMissed = false;
    } catch (err) {
      this.logger.warn({ event: 'connections.not_checked', err });
    }
  }
}
