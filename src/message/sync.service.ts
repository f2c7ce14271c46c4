import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChatRepository, type ChatSeen } from '../chat/chat.repository.js';
import { ChatViews } from '../chat/chat-views.js';
import type { AuthUser } from '../common/current-user.js';
import { Database } from '../database/database.js';
import type { Message } from './message.entity.js';
import { MessageRepository } from './message.repository.js';
import { MessageViews } from './message-views.js';
import type { SyncDto, SyncedDto } from './sync.dto.js';

interface News {
  rooms: Record<string, number>;
  chats: ChatSeen[];
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
      const joined = await this.chats.joined(manager, user.id);
      return this.collect(manager, joined, cursors, limit);
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
    joined: ChatSeen[],
    cursors: Record<string, number>,
    limit: number,
  ): Promise<News> {
    const news: News = { rooms: {}, chats: [], messages: [], has_more: false };
    for (const seen of joined) {
      const { id: chatId, lastChange: upTo } = seen.chat;
      const after = cursors[chatId];
      news.rooms[chatId] = upTo;
      if (after !== undefined && after >= upTo) continue;
      const left = limit - news.messages.length;
      if (after !== undefined && left === 0) {
        news.rooms[chatId] = after;
        news.has_more = true;
        continue;
      }
      news.chats.push(seen);
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
