import { Injectable } from '@nestjs/common';
import { EventBus } from '../events/event-bus.js';
import type { Connection } from './connection.js';
import { ConnectionIndex } from './connection-index.js';
import { EventOrder } from './event-order.js';
import { Ready } from './ready.js';

/** The rooms that somebody here hears. Their events come here, and in order, for that long. */
@Injectable()
export class Subscriptions {
  private readonly byChat = new ConnectionIndex();

  constructor(
    private readonly bus: EventBus,
    private readonly order: EventOrder,
    private readonly ready: Ready,
  ) {}

  get ids(): Iterable<string> {
    return this.byChat.keys;
  }

  /** Those who hear a room, as it stands. */
  subscribers(chatId: string): ReadonlySet<Connection> {
    return this.byChat.get(chatId);
  }

  /**
   * @param change what the room has come to
   * @returns whether the connection has not heard the room so far
   */
  enter(connection: Connection, chatId: string, change: number): boolean {
    const { chatId: only, chatIds } = connection;
    if (chatIds.has(chatId) || (only !== undefined && only !== chatId)) return false;
    chatIds.add(chatId);
    connection.enter(chatId);
    this.byChat.add(chatId, connection);
    this.order.keep(chatId, change);
    return true;
  }

  /** @returns whether the connection has heard the room */
  leave(connection: Connection, chatId: string): boolean {
    if (!connection.chatIds.delete(chatId)) return false;
    connection.leave(chatId);
    if (this.byChat.delete(chatId, connection)) {
      this.order.forget(chatId);
      this.bus.unfollow([chatId]);
    }
    return true;
  }

  /** Resolves when the events of rooms come here that these connections have just entered. */
  async follow(chatIds: string[], entered: Connection[]): Promise<void> {
    if (entered.length > 0) await this.bus.follow(chatIds, () => void this.ready.tell(entered));
  }

  /** Whether a room has come further since the last time that `behind` was asked about it. */
  hasMoved(chatId: string, change: number): boolean {
    return this.order.hasMoved(chatId, change);
  }

  /**
   * Those who hear a room of which an event has not come.
   *
   * @param changes what the rooms have come to
   */
  behind(changes: Map<string, number>): Connection[] {
    const late = [...changes].filter(([chatId, change]) => this.order.isBehind(chatId, change));
    return [...new Set(late.flatMap(([chatId]) => [...this.subscribers(chatId)]))];
  }
}
