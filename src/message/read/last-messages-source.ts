import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Chat } from '../../chat/chat.entity.js';
import { MAX_COUNT } from '../../chat/locked-members.js';
import { LastMessages, type MessageSource } from '../../chat/last-messages.js';
import type { TextBudget } from '../../common/text-budget.js';
import type { Reads } from '../../database/transaction.js';
import { EventBus } from '../../events/event-bus.js';
import type { MessageDto } from '../message.dto.js';
import { Message } from '../message.entity.js';
import { MessageSealer } from '../message-sealer.js';
import { MessageRepository } from './message.repository.js';
import { MessageViews } from './message-views.js';

/** So short that the two hundred of a page are less than an answer holds. */
const SHORT_BYTES = 5000;
/** Of the longer ones so many are read at once. */
const STEP = 50;
/** Of short ones that are kept sealed, in bytes, with what their rows take beside the text. */
const KEPT_BYTES = 16 * 1024 ** 2;
const ROW_BYTES = 700;

/** A message as its room stood at a change. */
interface Known {
  change: number;
  message: Message;
}

/**
 * Tells the rooms what was said in them last: by one query, but where long messages are met. Nothing in
 * a room changes without its `change`, so that a row that was read at the same one is not read again.
 *
 * A list of 50 rooms on SQLite, CPU: 610 µs each time read, 500 kept.
 */
@Injectable()
export class LastMessagesSource implements MessageSource {
  private readonly known = new LRUCache<string, Known>({
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ message }) => ROW_BYTES + (message.ciphertext?.length ?? 0),
  });

  constructor(
    private readonly messages: MessageRepository,
    private readonly sealer: MessageSealer,
    private readonly views: MessageViews,
    rooms: LastMessages,
    bus: EventBus,
  ) {
    rooms.from(this);
    bus.on('room.event', ({ name, chatId }) => {
      if (name === 'message.updated' || name === 'message.deleted') this.known.delete(chatId);
    });
    bus.on('texts.destroyed', ({ messageIds }) => this.forget(messageIds));
    bus.on('memory.stale', () => this.known.clear());
  }

  async readLast(chats: Chat[], budget: TextBudget, reads?: Reads): Promise<Message[]> {
    const written = chats.filter(({ lastSeq }) => lastSeq > 0);
    const found = await this.readShort(written, reads);
    const long = written.filter(({ id }) => !found.has(id));
    const rows: Message[] = [];
    for (const { id } of written) {
      if (budget.isSpent) break;
      if (id === long[0]?.id) {
        const step = await this.messages.sealedAt(long.splice(0, STEP).map(placeOf), reads);
        for (const message of step) found.set(message.chatId, message);
      }
      const message = found.get(id);
      if (message) rows.push(...budget.take([message]));
    }
    return rows;
  }

  private async readShort(chats: Chat[], reads?: Reads): Promise<Map<string, Message>> {
    const found = new Map<string, Message>();
    const unknown = new Map<string, Chat>();
    for (const chat of chats) {
      const known = this.known.get(chat.id);
      if (known?.change === chat.lastChange) found.set(chat.id, copyOf(known.message));
      else unknown.set(chat.id, chat);
    }
    const places = [...unknown.values()].map(placeOf);
    for (const message of await this.messages.sealedAt(places, reads, SHORT_BYTES)) {
      found.set(message.chatId, message);
      const change = unknown.get(message.chatId)!.lastChange;
      // One that has changed since the room was read belongs to a later `change` of it; and a room that
      // has counted to its end stays at it, whatever is deleted there.
      if (message.change <= change && change < MAX_COUNT) {
        this.known.set(message.chatId, { change, message: copyOf(message) });
      }
    }
    return found;
  }

  async show(userId: string, messages: Message[]): Promise<MessageDto[]> {
    await this.sealer.openAll(messages);
    return this.views.many(userId, messages);
  }

  /** Of a text that was deleted or replaced nothing is kept, sealed as it is: its keys are there still. */
  private forget(messageIds: string[]): void {
    const gone = new Set(messageIds);
    for (const [chatId, { message }] of this.known.entries()) {
      if (gone.has(message.id)) this.known.delete(chatId);
    }
  }
}

/** Still sealed: whoever opens it does so for himself. */
function copyOf(message: Message): Message {
  return Object.assign(new Message(), message);
}

function placeOf({ id, lastSeq }: Chat): [string, number] {
  return [id, lastSeq];
}
