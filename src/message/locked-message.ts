import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Chat } from '../chat/chat.entity.js';
import { ChatNotFoundError } from '../chat/chat.errors.js';
import { LockedRooms } from '../chat/locked-rooms.js';
import type { Member } from '../chat/member.entity.js';
import { Database } from '../database/database.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { Message } from './message.entity.js';
import { MessageNotFoundError } from './message.errors.js';
import { MessageRepository } from './message.repository.js';

/** A message as it stands while its room is locked, and who wants to change it. */
export interface LockedMessage {
  manager: EntityManager;
  rooms: LockedRooms;
  chat: Chat;
  caller: Member | null;
  message: Message;
}

/** The way to change a message that is there: with its room locked, by one who may read it. */
@Injectable()
export class LockedMessages {
  constructor(
    private readonly messages: MessageRepository,
    private readonly keys: OwnerKeys,
    private readonly database: Database,
  ) {}

  /** @throws MessageNotFoundError */
  async change<T>(
    userId: string,
    id: string,
    work: (locked: LockedMessage) => Promise<T>,
  ): Promise<T> {
    const known = await this.messages.find(id);
    if (!known) throw new MessageNotFoundError();
    const { chatId, senderId } = known;
    await this.keys.preload([chatId, senderId]); // so that the transaction waits for no key
    return this.database.write(async (manager) => {
      const seat = { chatId, userId };
      const rooms = await LockedRooms.lock(manager, [seat]);
      const chat = requireReader(rooms, seat);
      const message = await manager.findOneBy(Message, { id });
      if (!message) throw new MessageNotFoundError();
      const value = await work({ manager, rooms, chat, caller: rooms.findMember(seat), message });
      await rooms.save();
      return value;
    });
  }
}

function requireReader(rooms: LockedRooms, seat: { chatId: string; userId: string }): Chat {
  try {
    return rooms.requireReader(seat);
  } catch (error) {
    throw error instanceof ChatNotFoundError ? new MessageNotFoundError() : error;
  }
}
