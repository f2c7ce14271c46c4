import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Chat } from '../chat/chat.entity.js';
import { ChatEvents } from '../chat/chat-events.js';
import { ChatNotFoundError } from '../chat/chat.errors.js';
import { LockedRooms } from '../chat/locked-rooms.js';
import type { Member } from '../chat/member.entity.js';
import { Database } from '../database/database.js';
import { findRows } from '../database/entity-rows.js';
import { together } from '../database/together.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import type { RoomEvent } from '../events/events.js';
import type { Person } from '../user/user.entity.js';
import { UserService } from '../user/user.service.js';
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
  sender: Person;
  /** What members are to hear of it. */
  events: RoomEvent[];
}

/** The way to change a message that is there: with its room locked, by one who may read it. */
@Injectable()
export class LockedMessages {
  constructor(
    private readonly messages: MessageRepository,
    private readonly keys: OwnerKeys,
    private readonly users: UserService,
    private readonly database: Database,
    private readonly events: ChatEvents,
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
    return this.database.write(async (manager, onCommit, lastly) => {
      const seat = { chatId, userId };
      const [rooms, [message], senders] = await together([
        LockedRooms.lock(manager, [seat]), // first of all
        findRows(manager, Message, 'WHERE id = ?', [id]),
        this.users.byId([senderId], manager),
      ]);
      const chat = requireReader(rooms, seat);
      if (!message) throw new MessageNotFoundError();
      const sender = senders.get(senderId)!;
      const caller = rooms.findMember(seat);
      const events: RoomEvent[] = [];
      const value = await work({ manager, rooms, chat, caller, message, sender, events });
      await this.events.membersChanged(manager, onCommit, rooms.memberChanges, events);
      lastly(rooms.changes());
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
