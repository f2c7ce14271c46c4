import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { upTo } from '../common/cache-bound.js';
import { ChatNotFoundError } from '../chat/chat.errors.js';
import { InvalidInputError } from '../common/errors.js';
import { isId } from '../http/validators.js';
import { EventBus } from '../events/event-bus.js';
import type { Connection } from './connection.js';
import type { TypingDto } from './realtime-event.dto.js';

/** Who types on is heard of this often. */
const PERIOD_MS = 2000;
const REMEMBERED = 50_000;

/** Passes on who is typing: in memory alone, and not at every key. */
@Injectable()
export class Typing {
  private readonly announced = new LRUCache<string, true>({ ...upTo(REMEMBERED), ttl: PERIOD_MS });

  constructor(private readonly bus: EventBus) {}

  /** @throws InvalidInputError, ChatNotFoundError when the room is none that the connection hears */
  announce({ user, chatIds }: Connection, body: unknown): void {
    const { chat_id: chatId } = (body ?? {}) as { chat_id?: unknown };
    if (typeof chatId !== 'string' || !isId(chatId)) {
      const messages = ['chat_id must be an id as this API gives them (a lower-case UUID)'];
      throw new InvalidInputError([{ field: 'chat_id', messages }]);
    }
    if (!chatIds.has(chatId)) throw new ChatNotFoundError();
    const key = `${chatId} ${user.id}`;
    if (this.announced.has(key)) return;
    this.announced.set(key, true);
    const payload: TypingDto = { type: 'typing', chat_id: chatId, user_id: user.id };
    this.bus.announce([{ type: 'room.event', name: 'typing', chatId, payload, except: user.id }]);
  }
}
