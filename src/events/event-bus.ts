import { EventEmitter } from 'node:events';
import { Injectable, Logger } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { BusCipher } from './bus-cipher.js';
import type { DomainEvent, RoomEvent } from './events.js';
import { RedisChannels } from './redis-channels.js';

type Handler<T extends DomainEvent['type']> = (event: Extract<DomainEvent, { type: T }>) => void;

/** What every process hears. */
const EVERYONE = 'conclave:events';

/** What travels, sealed: the event, and which process it comes from. */
interface Envelope {
  from: string;
  event: DomainEvent;
}

/**
 * Carries events to every handler of this process, and to those of the other processes by Redis
 * where it is set. Publishing never throws and never waits: whoever cannot do without an event has
 * another way to learn of it.
 */
@Injectable()
export class EventBus {
  private readonly logger = new Logger(EventBus.name);
  private readonly handlers = new EventEmitter();
  /** Tells what comes back to us from what others send. */
  private readonly processId = newId();
  private readonly announced: RoomEvent[] = [];

  constructor(
    private readonly channels: RedisChannels,
    private readonly cipher: BusCipher,
  ) {
    channels.onMessage((token) => this.receive(token));
    void channels.subscribe([EVERYONE]);
  }

  on<T extends DomainEvent['type']>(type: T, handler: Handler<T>): void {
    this.handlers.on(type, handler);
  }

  /** Tells the handlers of this process before it returns, and the other processes by Redis. */
  publish(event: Exclude<DomainEvent, RoomEvent>): void {
    this.send(event);
  }

  /** The same for what clients hear, in the order of the calls, once the event loop is free. */
  announce(events: RoomEvent[]): void {
    if (events.length === 0) return;
    if (this.announced.length === 0) setImmediate(() => this.sendAnnounced());
    this.announced.push(...events);
  }

  /** Lets the events of these rooms come here from other processes, until `unfollow`. */
  follow(chatIds: string[]): Promise<void> {
    return this.channels.subscribe(chatIds.map(channelOf));
  }

  unfollow(chatIds: string[]): void {
    this.channels.unsubscribe(chatIds.map(channelOf));
  }

  /** Whether news of other processes arrives; true also where there are none. */
  get isComplete(): boolean {
    return this.channels.isReady;
  }

  /** Calls back whenever news arrives again that had been held up. */
  onResumed(handler: () => void): void {
    this.channels.onResumed(handler);
  }

  private sendAnnounced(): void {
    for (const event of this.announced.splice(0)) this.send(event);
  }

  private send(event: DomainEvent): void {
    this.deliver(event);
    if (!this.channels.canPublish) return;
    const envelope: Envelope = { from: this.processId, event };
    const sealed = this.cipher.seal(JSON.stringify(envelope));
    this.channels.publish(isForRoomAlone(event) ? channelOf(event.chatId) : EVERYONE, sealed);
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
      this.logger.warn({ event: 'event_bus.failed', err });
    }
  }
}

/** Who joins or leaves concerns processes too that do not follow the room. */
function isForRoomAlone(event: DomainEvent): event is RoomEvent {
  return event.type === 'room.event' && event.subject === undefined;
}

function channelOf(chatId: string): string {
  return `conclave:room:${chatId}`;
}
