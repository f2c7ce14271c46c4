import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChatRepository } from '../chat/chat.repository.js';
import { ChatViews } from '../chat/chat-views.js';
import type { AuthUser } from '../common/current-user.js';
import { Database } from '../database/database.js';
import type { Message } from './message.entity.js';
import { MessageRepository } from './message.repository.js';
import { MessageViews } from './message-views.js';
import type { SyncDto, SyncedDto } from './sync.dto.js';

interface News {
  rooms: Record<string, number>;
  /** Those of which something is new. */
  chatIds: string[];
  messages: Message[];
  has_more: boolean;
}

@Injectable()
export class SyncService {
  constructor(
    private readonly database: Database,
    private readonly chats: ChatRepository,
    private readonly messages: MessageRepository,
    private readonly chatViews: ChatViews,
    private readonly messageViews: MessageViews,
  ) {}

  /** What is new since the cursors that the client has, read in one snapshot. */
  async sync(user: AuthUser, { rooms: cursors = {}, limit }: SyncDto): Promise<SyncedDto> {
    const news = await this.database.snapshot(async (manager) => {
      const joined = await this.chats.joinedChanges([user.id], manager);
      const found = await this.collect(manager, joined.get(user.id)!, cursors, limit);
      return { ...found, chats: await this.chats.findAllSeen(user.id, found.chatIds, manager) };
    });
    const gone = Object.keys(cursors).filter((id) => !(id in news.rooms));
    const [chats, messages] = await Promise.all([
      this.chatViews.many(news.chats),
      this.messageViews.many(user.id, news.messages),
    ]);
    return { rooms: news.rooms, chats, gone, messages, has_more: news.has_more };
  }

  /** One indexed read for each room that changed, until the limit is reached. */
  private async collect(
    manager: EntityManager,
    joined: Map<string, number>,
    cursors: Record<string, number>,
    limit: number,
  ): Promise<News> {
    const news: News = { rooms: {}, chatIds: [], messages: [], has_more: false };
    for (const [chatId, upTo] of joined) {
      const after = cursors[chatId];
      news.rooms[chatId] = upTo;
      if (after !== undefined && after >= upTo) continue;
      const left = limit - news.messages.length;
      if (after !== undefined && left === 0) {
        news.rooms[chatId] = after;
        news.has_more = true;
        continue;
      }
      news.chatIds.push(chatId);
      if (after === undefined) continue;
      const page = await this.messages.changed({ chatId, after, upTo, limit: left }, manager);
      news.messages.push(...page.data);
      if (page.has_more) {
        news.rooms[chatId] = page.data[page.data.length - 1].change;
        news.has_more = true;
      }
    }
    return news;
  }
}
