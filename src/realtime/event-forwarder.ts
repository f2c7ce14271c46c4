import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { EventBus } from '../events/event-bus.js';
import type { RoomEvent } from '../events/events.js';
import { Connections } from './connections.js';
import { EventOrder } from './event-order.js';
import { EventStream } from './event-stream.js';
import { RealtimeGateway } from './realtime.gateway.js';

/** Memberships that changed of late: of two processes' news the older may come last. */
const REMEMBERED = 10_000;

/** Brings what the bus carries to everyone here who is to hear it, in the order of `change`. */
@Injectable()
export class EventForwarder {
  private readonly logger = new Logger(EventForwarder.name);
  private readonly queue: RoomEvent[] = [];
  private readonly lastChange = new LRUCache<string, number>({ max: REMEMBERED });
  private isForwarding = false;

  constructor(
    private readonly connections: Connections,
    private readonly gateway: RealtimeGateway,
    bus: EventBus,
  ) {
    bus.on('sessions.ended', ({ sessionIds }) => connections.endSessions(sessionIds));
    const order = new EventOrder((event) => {
      this.queue.push(event);
      void this.forwardAll();
    });
    bus.on('room.event', (event) => order.take(event));
  }

  private async forwardAll(): Promise<void> {
    if (this.isForwarding) return;
    this.isForwarding = true;
    for (let event = this.queue.shift(); event; event = this.queue.shift()) {
      try {
        await this.forward(event);
      } catch (err) {
        this.logger.error({ event: 'event.not_forwarded', name: event.name, err });
      }
    }
    this.isForwarding = false;
  }

  /** Who joins hears of it first of all; who leaves, last of all. */
  private async forward(event: RoomEvent): Promise<void> {
    const { chatId, name, subject } = event;
    const isNews = this.isNews(event);
    if (isNews && subject?.action === 'added') await this.connections.join(subject.userId, chatId);
    this.deliver(event);
    if (isNews && subject?.action === 'removed') this.connections.part(subject.userId, chatId);
    if (name === 'chat.deleted') this.connections.closeRoom(chatId);
  }

  private deliver(event: RoomEvent): void {
    this.gateway.emit(event);
    for (const connection of this.connections.hearing(event.chatId)) {
      const isMeant = event.only === undefined || event.only === connection.user.id;
      const isSpared = event.except === connection.user.id;
      if (connection instanceof EventStream && isMeant && !isSpared) connection.hear(event);
    }
  }

  private isNews({ chatId, change = 0, subject }: RoomEvent): boolean {
    if (!subject) return false;
    const key = `${chatId} ${subject.userId}`;
    if ((this.lastChange.get(key) ?? 0) > change) return false;
    this.lastChange.set(key, change);
    return true;
  }
}
