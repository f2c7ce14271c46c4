import { Injectable } from '@nestjs/common';
import type { AuthUser } from '../common/current-user.js';
import { pageOf } from '../common/page.js';
import type { ChatDto, ChatPageDto, ChatQuery } from './chat.dto.js';
import type { Chat } from './chat.entity.js';
import { ChatNotFoundError, NotAMemberError } from './chat.errors.js';
import { ChatRepository, type ChatSeen } from './chat.repository.js';
import { ChatViews } from './chat-views.js';
import type { Member } from './member.entity.js';

@Injectable()
export class ChatService {
  constructor(
    private readonly chats: ChatRepository,
    private readonly views: ChatViews,
  ) {}

  async list(user: AuthUser, { after, limit, joined }: ChatQuery): Promise<ChatPageDto> {
    const rows = await this.chats.listSeen(user.id, after, limit + 1, joined === 'true');
    const { data, has_more } = pageOf(rows, limit);
    return { data: await this.views.many(data), has_more };
  }

  async get(user: AuthUser, chatId: string): Promise<ChatDto> {
    return this.views.one(await this.requireReader(user.id, chatId));
  }

  /** The one direct room of two users, if it is there. */
  async findDirect(user: AuthUser, directKey: string): Promise<ChatDto | null> {
    const known = await this.chats.findDirect(user.id, directKey);
    return known && this.views.one(known);
  }

  /** The room, for one who may read it. @throws ChatNotFoundError */
  async requireReader(userId: string, chatId: string): Promise<ChatSeen> {
    const seen = await this.chats.findSeen(userId, chatId);
    if (!seen) throw new ChatNotFoundError();
    return seen;
  }

  /** The room, for one who has joined it. @throws ChatNotFoundError, NotAMemberError */
  async requireMember(userId: string, chatId: string): Promise<{ chat: Chat; member: Member }> {
    const { chat, member } = await this.requireReader(userId, chatId);
    if (!member) throw new NotAMemberError();
    return { chat, member };
  }
}
