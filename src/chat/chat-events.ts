import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { OnCommit } from '../database/work.js';
import { EventBus } from '../events/event-bus.js';
import type { RoomEvent } from '../events/events.js';
import { ProfileDto } from '../user/user.dto.js';
import type { Person } from '../user/user.entity.js';
import { UserService } from '../user/user.service.js';
import {
  type ChatDeletedDto,
  type ChatUpdatedDto,
  type MemberChangedDto,
  type ReadChangedDto,
  SharedChatDto,
} from './chat-event.dto.js';
import type { Chat } from './chat.entity.js';
import type { MemberChange } from './locked-rooms.js';
import { MemberDto } from './member.dto.js';

/** In larger rooms only the reader's own devices hear how far they have read. */
const READ_HEARD_UP_TO = 100;

/** Tells what happens to rooms and their members, once it is committed. */
@Injectable()
export class ChatEvents {
  constructor(
    private readonly bus: EventBus,
    private readonly users: UserService,
  ) {}

  /**
   * In the transaction of the changes.
   *
   * @param further what happened after them
   */
  async membersChanged(
    manager: EntityManager,
    onCommit: OnCommit,
    changes: MemberChange[],
    further: RoomEvent[] = [],
  ): Promise<void> {
    const ids = changes.map(({ member }) => member.userId);
    const users = ids.length > 0 ? await this.users.byId(ids, manager) : new Map<string, Person>();
    const events = changes.map((change) => memberEvent(change, users.get(change.member.userId)!));
    onCommit(() => this.bus.announce([...events, ...further]));
  }

  updated(chat: Chat): void {
    const { id: chatId, lastChange: change } = chat;
    const payload: ChatUpdatedDto = { chat_id: chatId, change, chat: SharedChatDto.of(chat) };
    this.bus.announce([{ type: 'room.event', name: 'chat.updated', chatId, change, payload }]);
  }

  read({ id: chatId, memberCount }: Chat, userId: string, readSeq: number): void {
    const payload: ReadChangedDto = { chat_id: chatId, user_id: userId, read_seq: readSeq };
    const only = memberCount > READ_HEARD_UP_TO ? userId : undefined;
    this.bus.announce([{ type: 'room.event', name: 'read.changed', chatId, payload, only }]);
  }

  /** Tells everyone that a room is over: its key is to be forgotten, its rows to be cleared away. */
  deleted(chatId: string): void {
    const payload: ChatDeletedDto = { chat_id: chatId };
    this.bus.publish({ type: 'keys.destroyed', ownerIds: [chatId] });
    this.bus.announce([{ type: 'room.event', name: 'chat.deleted', chatId, payload }]);
    this.bus.publish({ type: 'chat.deleted', chatId });
  }
}

export function memberEvent({ change, member, action }: MemberChange, user: Person): RoomEvent {
  const { chatId, userId } = member;
  const payload: MemberChangedDto = {
    chat_id: chatId,
    change,
    member: MemberDto.of(member, ProfileDto.of(user)),
    action,
  };
  const subject = { userId, action };
  return { type: 'room.event', name: 'member.changed', chatId, change, payload, subject };
}
