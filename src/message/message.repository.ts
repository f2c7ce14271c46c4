import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, LessThan, MoreThan, Repository } from 'typeorm';
import { pageOf, type Page } from '../common/page.js';
import type { MessageQuery } from './message.dto.js';
import { Message } from './message.entity.js';

@Injectable()
export class MessageRepository {
  constructor(@InjectRepository(Message) private readonly messages: Repository<Message>) {}

  find(id: string): Promise<Message | null> {
    return this.messages.findOneBy({ id });
  }

  /** A page by `seq` ascending; without `before` or `after` the newest one. */
  async page({ chat_id: chatId, limit, before, after }: MessageQuery): Promise<Page<Message>> {
    const isForward = after !== undefined;
    const rows = await this.messages.find({
      where: {
        chatId,
        ...(isForward && { seq: MoreThan(after) }),
        ...(before !== undefined && { seq: LessThan(before) }),
      },
      order: { seq: isForward ? 'ASC' : 'DESC' },
      take: limit + 1,
    });
    const page = pageOf(rows, limit);
    if (!isForward) page.data.reverse();
    return page;
  }

  /** What changed in a room after one change and up to another, by `change` ascending. */
  async changed(
    { chatId, after, upTo, limit }: { chatId: string; after: number; upTo: number; limit: number },
    manager: EntityManager = this.messages.manager,
  ): Promise<Page<Message>> {
    const rows = await manager.find(Message, {
      where: { chatId, change: MoreThan(after) },
      order: { change: 'ASC' },
      take: limit + 1,
    });
    // Not a bound in the query: with two, PostgreSQL may fetch the whole range and sort it.
    return pageOf(
      rows.filter((row) => row.change <= upTo),
      limit,
    );
  }
}
