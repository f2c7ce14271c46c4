import { EventEmitter } from 'node:events';
import { Injectable, Logger } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { BusCipher } from './bus-cipher.js';
import type { DomainEvent } from './events.js';
import { RedisClient } from './redis-client.js';

type Handler<T extends DomainEvent['type']> = (event: Extract<DomainEvent, { type: T }>) => void;

const CHANNEL = 'conclave:events';

/** What travels, sealed: the event, and which process it comes from. */
interface Envelope {
  from: string;
  event: DomainEvent;
}

/**
 * Carries events to every handler of this process at once, and to those of the other processes by
 * Redis where it is set. Publishing never throws and never waits: whoever cannot do without an
 * event has another way to learn of it.
 */
@Injectable()
export class EventBus {
  private readonly logger = new Logger(EventBus.name);
  private readonly handlers = new EventEmitter();
  /** Tells what comes back to us from what others send. */
  private readonly processId = newId();

  constructor(
    private readonly redis: RedisClient,
    private readonly cipher: BusCipher,
  ) {
    const subscriber = redis.connect();
    subscriber?.once('ready', () => {
      // From then on the client subscribes by itself whenever it reconnects.
      subscriber.subscribe(CHANNEL, (token) => this.receive(token)).catch(this.report);
    });
  }

  on<T extends DomainEvent['type']>(type: T, handler: Handler<T>): void {
    this.handlers.on(type, handler);
  }

  publish(event: DomainEvent): void {
    this.deliver(event);
    const { commands } = this.redis;
    if (!commands?.isReady) return;
    const envelope: Envelope = { from: this.processId, event };
    commands.publish(CHANNEL, this.cipher.seal(JSON.stringify(envelope))).catch(this.report);
  }

  private receive(token: string): void {
    const text = this.cipher.open(token);
    if (text === undefined) {
      this.logger.warn({ event: 'event_bus.foreign_message' });
      return;
    }
    const { from, event } = JSON.parse(text) as Envelope;
    if (from !== this.processId) this.deliver(event);
  }

  private deliver(event: DomainEvent): void {
    try {
      this.handlers.emit(event.type, event);
    } catch (err) {
      this.report(err);
    }
  }

  private readonly report = (err: unknown): void =>
    this.logger.warn({ event: 'event_bus.failed', err });
}
