import { Injectable } from '@nestjs/common';
import type { AuthUser } from '../common/current-user.js';
import { newId } from '../common/ids.js';
import { pageOf } from '../common/page.js';
import { Database } from '../database/database.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { ChatDto, type ChatPageDto, type ChatQuery, type CreateChatDto } from './chat.dto.js';
import { Chat } from './chat.entity.js';
import { ChatNotFoundError } from './chat.errors.js';
import { ChatRepository, type ChatSeen } from './chat.repository.js';
import { Member } from './member.entity.js';

@Injectable()
export class ChatService {
  constructor(
    private readonly chats: ChatRepository,
    private readonly database: Database,
    private readonly keys: OwnerKeys,
  ) {}

  /** Makes a room, its key, and its first member: the owner. */
  async create(user: AuthUser, dto: CreateChatDto): Promise<ChatDto> {
    const now = new Date();
    const chat: Chat = {
      id: newId(),
      chatName: dto.chat_name,
      visibility: dto.visibility ?? 'public',
      createdBy: user.id,
      createdAt: now,
      lastMessageAt: null,
      lastSeq: 0,
      lastChange: 1,
      memberCount: 1,
    };
    const owner: Member = {
      chatId: chat.id,
      userId: user.id,
      role: 'owner',
      joinedAt: now,
      readSeq: 0,
    };
    await this.database.write(async (manager) => {
      await manager.insert(Chat, chat);
      await manager.insert(Member, owner);
      await this.keys.create(manager, chat.id, 'chat');
    });
    return ChatDto.of(chat, owner);
  }

  async list(user: AuthUser, { after, limit }: ChatQuery): Promise<ChatPageDto> {
    const { data, has_more } = pageOf(await this.chats.listSeen(user.id, after, limit + 1), limit);
    return { data: data.map(({ chat, member }) => ChatDto.of(chat, member)), has_more };
  }

  async get(user: AuthUser, chatId: string): Promise<ChatDto> {
    const { chat, member } = await this.requireReader(user.id, chatId);
    return ChatDto.of(chat, member);
  }

  /** The room, for one who may read it. @throws ChatNotFoundError */
  async requireReader(userId: string, chatId: string): Promise<ChatSeen> {
    const seen = await this.chats.findSeen(userId, chatId);
    if (!seen) throw new ChatNotFoundError();
    return seen;
  }
}
