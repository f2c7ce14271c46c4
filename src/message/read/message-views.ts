import { Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { In, Repository } from 'typeorm';
import { upTo } from '../../common/cache-bound.js';
import type { Person } from '../../user/user.entity.js';
import { UserService } from '../../user/user.service.js';
import { MessageCache } from '../message-cache.js';
import { MessageDto } from '../message.dto.js';
import type { SharedMessageDto } from '../message-event.dto.js';
import { sharedMessage } from '../message-events.js';
import type { Message } from '../message.entity.js';
import { Reaction } from '../reaction.entity.js';

const REMEMBERED_ROOMS = 1000;

/** Messages as one user sees them: with their senders, and with that user's own reactions. */
@Injectable()
export class MessageViews {
  private readonly logger = new Logger(MessageViews.name);
  /** Who wrote what was last read, by room. */
  private readonly lately = new LRUCache<string, string[]>(upTo(REMEMBERED_ROOMS));
  /** How many were met that do not open, since the start. */
  unreadable = 0;

  constructor(
    @InjectRepository(Reaction) private readonly reactions: Repository<Reaction>,
    private readonly users: UserService,
    private readonly cache: MessageCache,
  ) {}

  /**
   * Who most likely wrote what is read of a room now: those who wrote what was read of it before.
   * Asked for together with the messages, they come with them.
   */
  async expectedSenders(chatId: string): Promise<Map<string, Person>> {
    const ids = this.lately.get(chatId);
    return ids ? this.users.byId(ids) : new Map<string, Person>();
  }

  async one(userId: string, message: Message, sender?: Person): Promise<MessageDto> {
    const [view] = await this.many(userId, [message], sender && new Map([[sender.id, sender]]));
    return view;
  }

  /** @param known senders, where messages of one room were read along with those expected */
  async many(
    userId: string,
    messages: Message[],
    known?: Map<string, Person>,
  ): Promise<MessageDto[]> {
    const [senders, own] = await Promise.all([
      this.sendersOf(messages, known),
      this.ownReactions(userId, messages),
    ]);
    return messages.map((message) => {
      const sender = senders.get(message.senderId)!;
      const view = this.cache.view(message, sender, userId);
      if (view) return view;
      return MessageDto.of(message, sender, { id: userId, reactions: own.get(message.id) ?? [] });
    });
  }

  /** The same for everyone. */
  async shared(messages: Message[]): Promise<SharedMessageDto[]> {
    const senders = await this.sendersOf(messages);
    return messages.map((message) => sharedMessage(message, senders.get(message.senderId)!));
  }

  /** Reports those of these messages that do not open, though their senders are there. */
  async reportShut(messages: Message[]): Promise<void> {
    if (messages.length > 0) await this.sendersOf(messages);
  }

  /** The sender of one that does not open is looked up after it: they may have been erased just now. */
  private async sendersOf(
    messages: Message[],
    known?: Map<string, Person>,
  ): Promise<Map<string, Person>> {
    const unsure = messages.filter(
      ({ unreadable, shutAttachments, senderId }) =>
        unreadable || shutAttachments || !known?.has(senderId),
    );
    let senders = known ?? new Map<string, Person>();
    if (unsure.length > 0) {
      if (known) this.lately.set(messages[0].chatId, senderIds(messages));
      senders = new Map([...senders, ...(await this.users.byId(senderIds(unsure)))]);
    }
    for (const message of messages) {
      const isShut = message.unreadable || message.shutAttachments;
      if (isShut && !senders.get(message.senderId)!.erasedAt) this.report(message);
    }
    return senders;
  }

  private report({ id, chatId, unreadable, shutAttachments: attachment_ids }: Message): void {
    this.unreadable++;
    const where = { message_id: id, chat_id: chatId };
    if (unreadable) this.logger.error({ event: 'message.unreadable', ...where });
    if (attachment_ids) {
      this.logger.error({ event: 'attachment.unreadable', ...where, attachment_ids });
    }
  }

  private async ownReactions(userId: string, messages: Message[]): Promise<Map<string, string[]>> {
    const ids = messages.filter(({ reactions }) => reactions?.length).map(({ id }) => id);
    const own = new Map<string, string[]>();
    if (ids.length === 0) return own;
    for (const row of await this.reactions.findBy({ messageId: In(ids), userId })) {
      own.set(row.messageId, [...(own.get(row.messageId) ?? []), row.emoji]);
    }
    return own;
  }
}

function senderIds(messages: Message[]): string[] {
  return [...new Set(messages.map(({ senderId }) => senderId))];
}
