import { Injectable } from '@nestjs/common';
import type { AuthUser } from '../http/current-user.js';
import { pageOf } from '../common/page.js';
import type { ChatDto, ChatPageDto, ChatQuery } from './chat.dto.js';
import type { Chat } from './chat.entity.js';
import { ChatNotFoundError, NotAMemberError } from './chat.errors.js';
import { ChatRepository, type ChatSeen } from './chat.repository.js';
import { ChatViews } from './chat-views.js';
import type { Member } from './member.entity.js';
import { NameSearch } from './name-search.js';

@Injectable()
export class ChatService {
  constructor(
    private readonly chats: ChatRepository,
    private readonly views: ChatViews,
    private readonly names: NameSearch,
  ) {}

  async list(user: AuthUser, query: ChatQuery): Promise<ChatPageDto> {
    const { after, limit, joined, q } = query;
    if (q !== undefined) return this.search(user, q, query);
    const rows = await this.chats.listSeen(user.id, after, limit + 1, joined === 'true');
    const { data, has_more } = pageOf(rows, limit);
    const read = await this.views.read(data);
    const isCut = read.seen.length < data.length;
    return { data: await this.views.show(user.id, read), has_more: has_more || isCut };
  }

  private async search(user: AuthUser, q: string, query: ChatQuery): Promise<ChatPageDto> {
    const { ids, upTo } = await this.names.find(user.id, q, query, query.joined === 'true');
    const seen = await this.chats.findAllSeen(user.id, ids);
    const read = await this.views.read(seen);
    const next = read.seen.length < seen.length ? read.seen.at(-1)!.chat.id : upTo;
    const data = await this.views.show(user.id, read);
    return { data, has_more: next !== undefined, ...(next !== undefined && { next }) };
  }

  async get(user: AuthUser, chatId: string): Promise<ChatDto> {
    return this.views.one(user.id, await this.requireReader(user.id, chatId));
  }

  /** The one direct room of two users, if it is there. */
  async findDirect(user: AuthUser, directKey: string): Promise<ChatDto | null> {
    const known = await this.chats.findDirect(user.id, directKey);
    return known && this.views.one(user.id, known);
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

  /** How far one who has joined has read, and how much is left. @throws as `requireMember` */
  async requireMarker(
    userId: string,
    chatId: string,
  ): Promise<{ read_seq: number; unread_count: number }> {
    const { chat, member, deletedUnread } = await this.requireReader(userId, chatId);
    if (!member) throw new NotAMemberError();
    const { readSeq } = member;
    return { read_seq: readSeq, unread_count: chat.lastSeq - readSeq - deletedUnread };
  }
}
