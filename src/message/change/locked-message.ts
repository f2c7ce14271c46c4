import { Injectable } from '@nestjs/common';
import type { Chat } from '../../chat/chat.entity.js';
import { ChatEvents } from '../../chat/chat-events.js';
import { ChatNotFoundError } from '../../chat/chat.errors.js';
import { LockedRooms } from '../../chat/locked-rooms.js';
import type { Seat } from '../../chat/locked-rows.js';
import type { Member } from '../../chat/member.entity.js';
import { Database } from '../../database/database.js';
import { pipelined } from '../../database/pipelined.js';
import type { Transaction } from '../../database/transaction.js';
import { OwnerKeys } from '../../encryption/owner-keys.js';
import type { RoomEvent } from '../../events/events.js';
import type { Person } from '../../user/user.entity.js';
import { UserService } from '../../user/user.service.js';
import type { Message } from '../message.entity.js';
import { MessageNotFoundError } from '../message.errors.js';
import { MessageRepository } from '../read/message.repository.js';

/** A message as it stands while its room is locked, and who wants to change it. */
export interface LockedMessage {
  tx: Transaction;
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
    return this.database.write(async (tx) => {
      const seat = { chatId, userId };
      const [rooms, message, senders] = await pipelined([
        LockedRooms.lock(tx, [seat]), // first of all
        this.messages.find(id, tx),
        this.users.byId([senderId], tx),
      ]);
      const chat = requireReader(rooms, seat);
      if (!message) throw new MessageNotFoundError();
      const sender = senders.get(senderId)!;
      const caller = rooms.findMember(seat);
      const events: RoomEvent[] = [];
      const value = await work({ tx, rooms, chat, caller, message, sender, events });
      this.events.roomsChanged(tx, rooms, events);
      rooms.save();
      return value;
    });
  }
}

function requireReader(rooms: LockedRooms, seat: Seat): Chat {
  try {
    return rooms.requireReader(seat);
  } catch (error) {
    throw error instanceof ChatNotFoundError ? new MessageNotFoundError() : error;
  }
}
