import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AuthUser } from '../common/current-user.js';
import { InvalidInputError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import { pageOf } from '../common/page.js';
import { Database } from '../database/database.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { EventBus } from '../events/event-bus.js';
import { UserService } from '../user/user.service.js';
import type { ChatDto, ChatPageDto, ChatQuery, CreateChatDto, UpdateChatDto } from './chat.dto.js';
import { Chat, type Visibility } from './chat.entity.js';
import { ChatNotFoundError, NotAllowedError } from './chat.errors.js';
import { ChatRepository, type ChatSeen } from './chat.repository.js';
import { ChatViews } from './chat-views.js';
import { LockedRooms } from './locked-rooms.js';
import { Member, type Role } from './member.entity.js';
import { type Action, may } from './policy.js';

@Injectable()
export class ChatService {
  constructor(
    private readonly chats: ChatRepository,
    private readonly views: ChatViews,
    private readonly database: Database,
    private readonly keys: OwnerKeys,
    private readonly bus: EventBus,
    private readonly users: UserService,
  ) {}

  /** Makes a room, its key, and its first member: the owner. */
  async create(user: AuthUser, dto: CreateChatDto): Promise<ChatDto> {
    const chat = newChat(user.id, dto.visibility ?? 'public', dto.chat_name);
    const owner = newMember(chat, user.id, 'owner');
    await this.database.write(async (manager) => {
      await this.users.requireActive(manager, [user.id]);
      await manager.insert(Chat, chat);
      await manager.insert(Member, owner);
      await this.keys.create(manager, chat.id, 'chat');
    });
    return this.views.one({ chat, member: owner });
  }

  async list(user: AuthUser, { after, limit, joined }: ChatQuery): Promise<ChatPageDto> {
    const rows = await this.chats.listSeen(user.id, after, limit + 1, joined === 'true');
    const { data, has_more } = pageOf(rows, limit);
    return { data: await this.views.many(data), has_more };
  }

  async get(user: AuthUser, chatId: string): Promise<ChatDto> {
    return this.views.one(await this.requireReader(user.id, chatId));
  }

  /** Renames a room or changes who sees it. @throws ChatNotFoundError, NotAllowedError */
  async update(user: AuthUser, chatId: string, dto: UpdateChatDto): Promise<ChatDto> {
    const { chat_name: chatName, visibility } = dto;
    if (chatName === undefined && visibility === undefined) {
      const messages = ['Give at least one of chat_name and visibility'];
      throw new InvalidInputError([{ field: 'body', messages }]);
    }
    const actions: Action[] = [
      ...(chatName === undefined ? [] : (['rename'] as const)),
      ...(visibility === undefined ? [] : (['changeVisibility'] as const)),
    ];
    await this.database.write(async (manager) => {
      const seat = { chatId, userId: user.id };
      const rooms = await LockedRooms.lock(manager, [seat]);
      const chat = requireAllowed(rooms, seat, actions);
      const isNew =
        chat.chatName !== (chatName ?? chat.chatName) ||
        chat.visibility !== (visibility ?? chat.visibility);
      if (!isNew) return;
      chat.chatName = chatName ?? chat.chatName;
      chat.visibility = visibility ?? chat.visibility;
      rooms.change(chat);
      await rooms.save();
    });
    return this.get(user, chatId);
  }

  /**
   * Ends a room: it exists for nobody from then on, and its key is destroyed. Its rows are cleared
   * away in the background.
   *
   * @throws ChatNotFoundError, NotAllowedError
   */
  async delete(user: AuthUser, chatId: string): Promise<void> {
    await this.database.write(async (manager) => {
      const seat = { chatId, userId: user.id };
      const rooms = await LockedRooms.lock(manager, [seat]);
      await this.end(manager, rooms, requireAllowed(rooms, seat, ['deleteRoom']));
    });
    await this.ended(chatId);
  }

  /** Ends a locked room and its key; `ended` is to follow the commit. */
  async end(manager: EntityManager, rooms: LockedRooms, chat: Chat): Promise<void> {
    rooms.end(chat);
    await rooms.save();
    await this.keys.destroy(manager, [chat.id]);
  }

  async ended(chatId: string): Promise<void> {
    this.announceDeleted(chatId);
    await this.database.wipe();
  }

  /** Tells everyone that a room is over: its key is to be forgotten, its rows to be cleared away. */
  announceDeleted(chatId: string): void {
    this.bus.publish({ type: 'keys.destroyed', ownerIds: [chatId] });
    this.bus.publish({ type: 'chat.deleted', chatId });
  }

  /** The room, for one who may read it. @throws ChatNotFoundError */
  async requireReader(userId: string, chatId: string): Promise<ChatSeen> {
    const seen = await this.chats.findSeen(userId, chatId);
    if (!seen) throw new ChatNotFoundError();
    return seen;
  }
}

function requireAllowed(
  rooms: LockedRooms,
  seat: { chatId: string; userId: string },
  actions: Action[],
): Chat {
  const chat = rooms.requireReader(seat);
  const role = rooms.findMember(seat)?.role ?? null;
  if (!actions.every((action) => may(role, action, chat.visibility))) throw new NotAllowedError();
  return chat;
}

export function newChat(createdBy: string, visibility: Visibility, chatName: string | null): Chat {
  return {
    id: newId(),
    chatName,
    visibility,
    createdBy,
    createdAt: new Date(),
    lastMessageAt: null,
    lastSeq: 0,
    lastChange: 1,
    memberCount: 1,
    directKey: null,
    deletedAt: null,
  };
}

export function newMember(chat: Chat, userId: string, role: Role): Member {
  return { chatId: chat.id, userId, role, joinedAt: chat.createdAt, readSeq: 0 };
}
