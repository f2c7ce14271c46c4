import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, MoreThan, Repository } from 'typeorm';
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
}
