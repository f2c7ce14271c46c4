import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, Repository } from 'typeorm';
import { IS_SEEN } from '../chat/chat.repository.js';
import { pageOf, type Page } from '../common/page.js';
import { findRows } from '../database/entity-rows.js';
import { MAX_SEQ, type MessageQuery } from './message.dto.js';
import { Message } from './message.entity.js';

@Injectable()
export class MessageRepository {
  constructor(@InjectRepository(Message) private readonly messages: Repository<Message>) {}

  /** By plain SQL, as all here: `find` of TypeORM keeps its connection until the body is opened. */
  async find(id: string): Promise<Message | null> {
    const [message] = await findRows(this.messages.manager, Message, 'WHERE id = ?', [id]);
    return message ?? null;
  }

  /**
   * A page by `seq` ascending; without `before` or `after` the newest one. Empty for a user who may
   * not know of the room.
   */
  async page(
    userId: string,
    { chat_id: chatId, limit, before, after }: MessageQuery,
  ): Promise<Page<Message>> {
    const isForward = after !== undefined;
    const count = isForward ? limit + 1 : limit;
    const rows = await findRows(
      this.messages.manager,
      Message,
      isForward
        ? `WHERE chat_id = ? AND seq > ? AND ${IS_SEEN} ORDER BY seq LIMIT ?`
        : `WHERE chat_id = ? AND seq <= ? AND ${IS_SEEN} ORDER BY seq DESC LIMIT ?`,
      [chatId, after ?? (before ? before - 1 : MAX_SEQ), chatId, chatId, userId, count],
      { chatId },
    );
    if (isForward) return pageOf(rows, limit);
    rows.reverse();
    return { data: rows, has_more: rows.length > 0 && rows[0].seq > 1 };
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
