import { EventEmitter } from 'node:events';
import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { upTo } from '../common/cache-bound.js';
import { inSlices } from '../common/slices.js';
import { newId } from '../crypto/ids.js';
import { BusCipher } from './bus-cipher.js';
import type { DomainEvent, RoomEvent } from './events.js';
import { RedisChannels } from './redis-channels.js';

type Handler<T extends DomainEvent['type']> = (event: Extract<DomainEvent, { type: T }>) => void;

/** What every process hears. */
const EVERYONE = 'conclave:events';
/** What it takes a process at most to follow a room that somebody there has joined. */
const JOINING_MS = 5000;
const MAX_JOINED = 10_000;
/** From the loss of an event until the others are told: once for all that are lost meanwhile. */
const LOSS_MS = 1000;

/** More events than a batch of sends makes: such as of an account that ends in thousands of rooms. */
const MANY = 500;

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
  private readonly announced: (() => RoomEvent[])[] = [];
  private isSending = false;
  /** Rooms that somebody has just joined, perhaps where nobody follows them yet. */
  private readonly joined = new LRUCache<string, true>({ ...upTo(MAX_JOINED), ttl: JOINING_MS });
  private tellingOfLoss: NodeJS.Timeout | undefined;
  private countingAsLost: NodeJS.Timeout | undefined;
  private unopened = 0;

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

  /**
   * The same for what clients hear, in the order of the calls, once the event loop is free; only then
   * are events made that are given as a function.
   */
  announce(events: RoomEvent[] | (() => RoomEvent[])): void {
    if (events.length === 0 && Array.isArray(events)) return;
    if (!this.isSending) {
      this.isSending = true;
      setImmediate(() => void this.sendAnnounced());
    }
    this.announced.push(Array.isArray(events) ? () => events : events);
  }

  /**
   * Lets the events of these rooms come here from other processes, until `unfollow`. Resolves when
   * they and those of earlier calls do, or after a moment; never rejects.
   *
   * @param onLate called when they come only after that: some may have been missed
   */
  follow(chatIds: string[], onLate?: () => void): Promise<void> {
    return this.channels.subscribe(chatIds.map(channelOf), onLate);
  }

  unfollow(chatIds: string[]): void {
    this.channels.unsubscribe(chatIds.map(channelOf));
  }

  /** Calls back whenever news arrives again that had been held up. */
  onResumed(handler: () => void): void {
    this.channels.onResumed(handler);
  }

  /** Tells the handlers of this process alone, of what has happened elsewhere. */
  tellHere(event: Exclude<DomainEvent, RoomEvent>): void {
    this.deliver(event);
  }

  /** At once, so that who sends too much waits for it; but for a list that is very long. */
  private async sendAnnounced(): Promise<void> {
    for (let events; (events = this.announced.shift());) {
      const due = events();
      if (due.length > MANY) await inSlices(due, (event) => this.send(event));
      else for (const event of due) this.send(event);
    }
    this.isSending = false;
  }

  private send(event: DomainEvent): void {
    void this.sendOthers(event);
    this.deliver(event);
  }

  private async sendOthers(event: DomainEvent): Promise<void> {
    if (!this.channels.isShared) return;
    if (this.channels.canPublish) {
      const envelope: Envelope = { from: this.processId, event };
      const sealed = this.cipher.seal(JSON.stringify(envelope));
      if (await this.channels.publish(this.channelFor(event), sealed)) return;
    }
    this.tellOfLoss();
  }

  /** Only who lost events knows of it: the others heard nothing. Goes on until it is told. */
  private tellOfLoss(): void {
    this.tellingOfLoss ??= setTimeout(() => {
      this.tellingOfLoss = undefined;
      void this.sendOthers({ type: 'events.lost' });
    }, LOSS_MS).unref();
  }

  private receive(token: string): void {
    const text = this.cipher.open(token);
    if (text === undefined) return this.countAsLost();
    try {
      const { from, event } = JSON.parse(text) as Envelope;
      if (from !== this.processId) this.deliver(event);
    } catch (err) {
      this.logger.warn({ event: 'event_bus.unreadable_message', err });
    }
  }

  /**
   * It may be an event, under a master key that this process lacks. Told once for all of a second:
   * what is none of ours is not to keep everybody busy.
   */
  private countAsLost(): void {
    this.unopened++;
    this.countingAsLost ??= setTimeout(() => {
      this.countingAsLost = undefined;
      this.logger.warn({ event: 'event_bus.foreign_message', count: this.unopened });
      this.unopened = 0;
      this.deliver({ type: 'events.lost' });
    }, LOSS_MS).unref();
  }

  private deliver(event: DomainEvent): void {
    try {
      if (event.type === 'room.event' && event.subject?.action === 'added') {
        this.joined.set(event.chatId, true);
      }
      this.handlers.emit(event.type, event);
    } catch (err) {
      this.logger.warn({ event: 'event_bus.failed', err });
    }
  }

  /** Who joins or leaves concerns processes too that do not follow the room, or not yet. */
  private channelFor(event: DomainEvent): string {
    const isForRoomAlone =
      event.type === 'room.event' && !event.subject && !this.joined.has(event.chatId);
    return isForRoomAlone ? channelOf(event.chatId) : EVERYONE;
  }
}

function channelOf(chatId: string): string {
  return `conclave:room:${chatId}`;
}
