import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AuthUser } from '../common/current-user.js';
import { InvalidInputError } from '../common/errors.js';
import { Database } from '../database/database.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { UserService } from '../user/user.service.js';
import { ChatDto, type CreateChatDto, type UpdateChatDto } from './chat.dto.js';
import { Chat } from './chat.entity.js';
import { NotAllowedError } from './chat.errors.js';
import { ChatEvents } from './chat-events.js';
import { ChatService } from './chat.service.js';
import { LockedRooms, type Seat } from './locked-rooms.js';
import { Member } from './member.entity.js';
import { newChat, newMember } from './new-chat.js';
import { type Action, may } from './policy.js';

/** Makes, changes and ends rooms. */
@Injectable()
export class ChatEditor {
  constructor(
    private readonly chats: ChatService,
    private readonly database: Database,
    private readonly keys: OwnerKeys,
    private readonly users: UserService,
    private readonly events: ChatEvents,
  ) {}

  /** Makes a room, its key, and its first member: the owner. */
  async create(user: AuthUser, dto: CreateChatDto): Promise<ChatDto> {
    const chat = newChat(user.id, dto.visibility ?? 'public', dto.chat_name);
    const owner = newMember(chat, user.id, 'owner');
    await this.database.write(async (manager, onCommit) => {
      await this.users.requireActive(manager, user.id);
      await manager.insert(Chat, chat);
      await manager.insert(Member, owner);
      await this.keys.create(manager, chat.id, 'chat');
      const added = { change: chat.lastChange, member: owner, action: 'added' } as const;
      await this.events.membersChanged(manager, onCommit, [added]);
    });
    return ChatDto.of(chat, owner);
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
    await this.database.write(async (manager, onCommit) => {
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
      onCommit(() => this.events.updated(chat));
    });
    return this.chats.get(user, chatId);
  }

  /**
   * Ends a room: it exists for nobody from then on, and its key is destroyed. Its rows are cleared
   * away in the background.
   *
   * @throws ChatNotFoundError, NotAllowedError
   */
  async delete(user: AuthUser, chatId: string): Promise<void> {
    await this.database.write(async (manager, onCommit) => {
      const seat = { chatId, userId: user.id };
      const rooms = await LockedRooms.lock(manager, [seat]);
      await this.end(manager, rooms, requireAllowed(rooms, seat, ['deleteRoom']));
      onCommit(() => this.events.deleted(chatId));
    });
    await this.database.wipe();
  }

  /** Ends a locked room and its key; the news of it and `Database.wipe` are to follow the commit. */
  async end(manager: EntityManager, rooms: LockedRooms, chat: Chat): Promise<void> {
    rooms.end(chat);
    await rooms.save();
    await this.keys.destroy(manager, [chat.id]);
  }
}

function requireAllowed(rooms: LockedRooms, seat: Seat, actions: Action[]): Chat {
  const chat = rooms.requireReader(seat);
  const role = rooms.findMember(seat)?.role ?? null;
  if (!actions.every((action) => may(role, action, chat.visibility))) throw new NotAllowedError();
  return chat;
}
