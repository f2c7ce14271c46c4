import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { upTo } from '../common/cache-bound.js';
import { EventBus } from '../events/event-bus.js';
import type { RoomEvent } from '../events/events.js';
import { Connections } from './connections.js';
import { EventOrder } from './event-order.js';
import { EventStream } from './event-stream.js';
import { Subscriptions } from './subscriptions.js';
import { RealtimeGateway } from './realtime.gateway.js';

/** Memberships that changed of late: of two processes' news the older may come last. */
const REMEMBERED = 10_000;

/** Brings what the bus carries to everyone here who is to hear it, in the order of `change`. */
@Injectable()
export class EventForwarder {
  private readonly logger = new Logger(EventForwarder.name);
  private readonly lastChange = new LRUCache<string, number>(upTo(REMEMBERED));

  constructor(
    private readonly connections: Connections,
    private readonly gateway: RealtimeGateway,
    private readonly rooms: Subscriptions,
    order: EventOrder,
    bus: EventBus,
  ) {
    bus.on('sessions.ended', ({ sessionIds }) => connections.endSessions(sessionIds));
    bus.on('room.event', (event) => order.take(event));
    order.onEvent((event) => {
      try {
        this.forward(event);
      } catch (err) {
        this.logger.error({ event: 'event.not_forwarded', name: event.name, err });
      }
    });
  }

  /** Who joins hears of it first of all; who leaves, last of all. */
  private forward(event: RoomEvent): void {
    const { chatId, change = 0, name, subject } = event;
    const news = subject && this.isNews(event) ? subject : undefined;
    if (news?.action === 'added') void this.connections.join(news.userId, chatId, change);
    this.deliver(event);
    if (news?.action === 'removed') {
      this.sayFarewell(event, news.userId);
      this.connections.part(news.userId, chatId);
    }
    if (name === 'chat.deleted') this.connections.closeRoom(chatId);
  }

  private deliver(event: RoomEvent): void {
    const subscribers = this.rooms.subscribers(event.chatId);
    if (subscribers.size === 0) return; // Socket.IO would encode it all the same
    this.gateway.emit(event);
    let data: string | undefined;
    for (const connection of subscribers) {
      const isMeant = event.only === undefined || event.only === connection.user.id;
      const isSpared = event.except === connection.user.id;
      if (!(connection instanceof EventStream) || !isMeant || isSpared) continue;
      connection.deliver(event, (data ??= JSON.stringify(event.payload)));
    }
  }

  /** To those of whom the database has said already that they are not in the room any more. */
  private sayFarewell(event: RoomEvent, userId: string): void {
    for (const connection of this.connections.of(userId)) {
      const hasHeard = connection.chatIds.has(event.chatId);
      const isForOne = connection.chatId !== undefined;
      if (!hasHeard && !isForOne) connection.deliver(event, JSON.stringify(event.payload));
    }
  }

  private isNews({ chatId, change = 0, subject }: RoomEvent): boolean {
    const key = `${chatId} ${subject!.userId}`;
    if ((this.lastChange.get(key) ?? 0) > change) return false;
    this.lastChange.set(key, change);
    return true;
  }
}
