import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, Repository } from 'typeorm';
import { IS_SEEN } from '../chat/chat.repository.js';
import { pageOf, type Page } from '../common/page.js';
import { findPairs, findRows } from '../database/entity-rows.js';
import { User } from '../user/user.entity.js';
import { MAX_SEQ, type MessageQuery, type Sender } from './message.dto.js';
import { Message } from './message.entity.js';

const WITH_SENDER = 'JOIN users ON users.id = message.sender_id';

const PAGE_AFTER = `${WITH_SENDER}
  WHERE message.chat_id = ? AND seq > ? AND ${IS_SEEN} ORDER BY seq LIMIT ?`;

const PAGE_UP_TO = `${WITH_SENDER}
  WHERE message.chat_id = ? AND seq <= ? AND ${IS_SEEN} ORDER BY seq DESC LIMIT ?`;

const SENDER = ['id', 'fname', 'lname', 'profile', 'erasedAt'] satisfies (keyof Sender)[];

@Injectable()
export class MessageRepository {
  constructor(@InjectRepository(Message) private readonly messages: Repository<Message>) {}

  find(id: string): Promise<Message | null> {
    return this.messages.findOneBy({ id });
  }

  /**
   * A page by `seq` ascending, and who sent it; without `before` or `after` the newest one. Empty for
   * a user who may not know of the room.
   */
  async page(
    userId: string,
    { chat_id: chatId, limit, before, after }: MessageQuery,
  ): Promise<Page<Message> & { senders: Map<string, Sender> }> {
    const isForward = after !== undefined;
    const pairs = await findPairs(
      this.messages.manager,
      [Message, User],
      isForward ? PAGE_AFTER : PAGE_UP_TO,
      [chatId, after ?? (before ? before - 1 : MAX_SEQ), chatId, userId, limit + 1],
      SENDER,
    );
    const { data, has_more } = pageOf(pairs, limit);
    if (!isForward) data.reverse();
    const senders = new Map(data.map(([message, sender]) => [message.senderId, sender!]));
    return { data: data.map(([message]) => message), has_more, senders };
  }

  /** What changed in a room after one change and up to another, by `change` ascending. */
  async changed(
    { chatId, after, upTo, limit }: { chatId: string; after: number; upTo: number; limit: number },
    manager: EntityManager = this.messages.manager,
  ): Promise<Page<Message>> {
    const where = 'WHERE chat_id = ? AND change > ? ORDER BY change LIMIT ?';
    const rows = await findRows(manager, Message, where, [chatId, after, limit + 1]);
    // Not a bound in the query: with two, PostgreSQL may fetch the whole range and sort it.
    return pageOf(
      rows.filter((row) => row.change <= upTo),
      limit,
    );
  }
}
