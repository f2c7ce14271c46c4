import { Injectable, Logger, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { EventBus } from '../events/event-bus.js';
import { Connections } from './connections.js';

/** Other processes may be cut off without a sign of it here. */
const PERIOD_MS = 4000;
/** In the only process sessions that run out are all that there is to find. */
const PERIOD_ALONE_MS = 60_000;
/** After an outage each process says that it lost events: looking once will do for all. */
const SETTLE_MS = 1000;

/** Looks again at who may hear what, from time to time, and where news may have been missed. */
@Injectable()
export class Watch implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(Watch.name);
  private timer: NodeJS.Timeout | undefined;
  private resuming: NodeJS.Timeout | undefined;
  private isLooking = false;
  private hasMissed = false;

  constructor(
    private readonly connections: Connections,
    private readonly bus: EventBus,
  ) {
    bus.onResumed(() => this.resumeSoon());
    bus.on('events.lost', () => this.resumeSoon());
  }

  onModuleInit(): void {
    const period = this.bus.isShared ? PERIOD_MS : PERIOD_ALONE_MS;
    this.timer = setInterval(() => void this.look(), period).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    clearTimeout(this.resuming);
  }

  private resumeSoon(): void {
    this.hasMissed = true;
    this.resuming ??= setTimeout(() => {
      this.resuming = undefined;
      void this.look();
    }, SETTLE_MS).unref();
  }

  private async look(): Promise<void> {
    if (this.isLooking) return;
    const { hasMissed } = this;
    this.hasMissed = false;
    this.isLooking = true;
    try {
      await this.connections.lookAgain(hasMissed);
    } catch (err) {
      this.hasMissed ||= hasMissed;
      this.logger.warn({ event: 'connections.not_checked', err });
    } finally {
      this.isLooking = false;
    }
  }
}
