import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction.js';
import { EventBus } from '../events/event-bus.js';
import type { RoomEvent } from '../events/events.js';
import { ProfileDto } from '../user/user.dto.js';
import type { Person } from '../user/user.entity.js';
import { UserService } from '../user/user.service.js';
import type {
  ChatDeletedDto,
  ChatUpdatedDto,
  MemberChangedDto,
  ReadChangedDto,
} from './chat-event.dto.js';
import { sharedFields } from './chat.dto.js';
import type { Chat } from './chat.entity.js';
import type { MemberChange } from './locked-members.js';
import type { LockedRooms } from './locked-rooms.js';
import type { Seat } from './locked-rows.js';
import { SMALL_ROOM, MemberDto } from './member.dto.js';

/** How far somebody has read, and how much is left. */
interface Read {
  readSeq: number;
  unreadCount: number;
}

/** Tells what happens to rooms and their members, once it is committed. */
@Injectable()
export class ChatEvents {
  constructor(
    private readonly bus: EventBus,
    private readonly users: UserService,
  ) {}

  /** In the transaction of the changes: what its users look like by now is asked there. */
  async membersChanged(tx: Transaction, changes: MemberChange[]): Promise<void> {
    const ids = changes.map(({ member }) => member.userId);
    const users = await this.users.byId(ids, tx);
    const events = changes.map((change) => memberEvent(change, users.get(change.member.userId)!));
    tx.onCommit(() => this.bus.announce(events));
  }

  /**
   * The same where rooms were locked together with all whom the changes concern.
   *
   * @param further what happened after them
   */
  roomsChanged(tx: Transaction, rooms: LockedRooms, further: RoomEvent[] = []): void {
    const events = memberEvents(rooms);
    tx.onCommit(() => this.bus.announce([...events, ...further]));
  }

  updated(chat: Chat): void {
    const { id: chatId, lastChange: change } = chat;
    const payload = chatUpdated(chat);
    this.bus.announce([{ type: 'room.event', name: 'chat.updated', chatId, change, payload }]);
  }

  /** How much is left to read concerns the reader's own devices; how far it is, a small room too. */
  read({ id: chatId, memberCount }: Chat, member: Seat & Read): void {
    const { userId, readSeq, unreadCount } = member;
    const read = { chat_id: chatId, user_id: userId, read_seq: readSeq };
    const shared: ReadChangedDto = { type: 'read.changed', ...read };
    const own: ReadChangedDto = { ...shared, unread_count: unreadCount };
    const event = { type: 'room.event', name: 'read.changed', chatId } as const;
    this.bus.announce([
      { ...event, payload: own, only: userId },
      ...(memberCount > SMALL_ROOM ? [] : [{ ...event, payload: shared, except: userId }]),
    ]);
  }

  /** Tells everyone that a room is over: its key is to be forgotten, its rows to be cleared away. */
  deleted(chatId: string): void {
    const payload: ChatDeletedDto = { type: 'chat.deleted', chat_id: chatId };
    this.bus.publish({ type: 'keys.destroyed', ownerIds: [chatId] });
    this.bus.announce([{ type: 'room.event', name: 'chat.deleted', chatId, payload }]);
  }
}

export function chatUpdated(chat: Chat): ChatUpdatedDto {
  const { id: chat_id, lastChange: change } = chat;
  return { type: 'chat.updated', chat_id, change, chat: sharedFields(chat) };
}

/** Of rooms that were locked together with all whom their changes concern. */
export function memberEvents(rooms: LockedRooms): RoomEvent[] {
  return rooms.memberChanges.map((change) =>
    memberEvent(change, rooms.findPerson(change.member.userId)!),
  );
}

function memberEvent(
  { change, member, memberCount, action }: MemberChange,
  user: Person,
): RoomEvent {
  const { chatId, userId } = member;
  const payload: MemberChangedDto = {
    type: 'member.changed',
    chat_id: chatId,
    change,
    member: MemberDto.of(member, ProfileDto.of(user), memberCount),
    member_count: memberCount,
    action,
  };
  const subject = { userId, action };
  return { type: 'room.event', name: 'member.changed', chatId, change, payload, subject };
}
