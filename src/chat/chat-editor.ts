import { Injectable } from '@nestjs/common';
import type { AuthUser } from '../http/current-user.js';
import { InvalidInputError } from '../common/errors.js';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/transaction.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { ChatDto, type CreateChatDto, type UpdateChatDto } from './chat.dto.js';
import type { Chat } from './chat.entity.js';
import { ChatNotFoundError, NotAllowedError } from './chat.errors.js';
import { ChatEvents } from './chat-events.js';
import { ChatService } from './chat.service.js';
import { LockedRooms } from './locked-rooms.js';
import type { Seat } from './locked-rows.js';
import { Member } from './member.entity.js';
import { newChat, newMember } from './chat-factory.js';
import { type Action, may } from './policy.js';
import { RoomMaker } from './room-maker.js';

/** Makes, changes and ends rooms. */
@Injectable()
export class ChatEditor {
  constructor(
    private readonly chats: ChatService,
    private readonly database: Database,
    private readonly keys: OwnerKeys,
    private readonly maker: RoomMaker,
    private readonly events: ChatEvents,
  ) {}

  /** Makes a room, its key, and its first member: the owner. @throws TooManyRoomsError */
  async create(user: AuthUser, dto: CreateChatDto): Promise<ChatDto> {
    const chat = newChat(user.id, dto.visibility ?? 'public', dto.chat_name);
    const owner = newMember(chat, user.id, 'owner');
    await this.database.write((tx) => this.maker.make(tx, chat, owner));
    return ChatDto.of({ chat, member: owner, deletedUnread: 0 }, null);
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
    await this.database.write(async (tx) => {
      const seat = { chatId, userId: user.id };
      const rooms = await LockedRooms.lock(tx, [seat]);
      const chat = requireAllowed(rooms, seat, actions);
      const isNew =
        chat.chatName !== (chatName ?? chat.chatName) ||
        chat.visibility !== (visibility ?? chat.visibility);
      if (!isNew) return;
      chat.chatName = chatName ?? chat.chatName;
      chat.visibility = visibility ?? chat.visibility;
      rooms.change(chat);
      rooms.save();
      tx.onCommit(() => this.events.updated(chat));
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
    await this.database.write(async (tx) => {
      const seat = { chatId, userId: user.id };
      const rooms = await LockedRooms.lock(tx, [seat]);
      const chat = requireAllowed(rooms, seat, ['deleteRoom']);
      await this.end(tx, rooms, chat, rooms.requireMember(seat));
      tx.onCommit(() => this.events.deleted(chatId));
    });
    await this.database.wipe();
  }

  /**
   * The same for who runs the server: any room, a direct one too.
   *
   * @throws ChatNotFoundError
   */
  async deleteAnyway(chatId: string): Promise<void> {
    await this.database.write(async (tx) => {
      const first = await tx.manager.findOneBy(Member, { chatId }); // one membership ends with the room
      if (!first) throw new ChatNotFoundError();
      const rooms = await LockedRooms.lock(tx, [first]);
      const [chat, member] = [rooms.find(chatId), rooms.findMember(first)];
      if (!chat || !member) throw new ChatNotFoundError();
      await this.end(tx, rooms, chat, member);
      tx.onCommit(() => this.events.deleted(chatId));
    });
    await this.database.wipe();
  }

  /** Ends a locked room and its key; the news of it and `Database.wipe` are to follow the commit. */
  async end(tx: Transaction, rooms: LockedRooms, chat: Chat, owner: Member): Promise<void> {
    rooms.end(chat, owner);
    rooms.save();
    await this.keys.destroy(tx, [chat.id]);
  }
}

function requireAllowed(rooms: LockedRooms, seat: Seat, actions: Action[]): Chat {
  const chat = rooms.requireReader(seat);
  const role = rooms.findMember(seat)?.role ?? null;
  if (!actions.every((action) => may(role, action, chat.visibility))) throw new NotAllowedError();
  return chat;
}
