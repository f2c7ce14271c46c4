import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import type { Chat } from './chat.entity.js';
import { ChatEvents } from './chat-events.js';
import type { Member } from './member.entity.js';
import { RoomCounts } from './room-counts.js';
import { chatRow, memberRow } from './room-rows.js';
import { INSERT_WORDS } from './name-statements.js';
import { wordRows } from './name-words.js';
import { INSERT_ROOMS } from './room-statements.js';

/** Writes new rooms, with their keys and first members. */
@Injectable()
export class RoomMaker {
  constructor(
    private readonly keys: OwnerKeys,
    private readonly events: ChatEvents,
  ) {}

  /**
   * @param maker who makes the room
   * @param invited who is put into it
   * @throws AccountGoneError, UserNotFoundError, TooManyRoomsError
   */
  async make(tx: Transaction, chat: Chat, maker: Member, invited?: Member): Promise<void> {
    const members = invited ? [maker, invited] : [maker];
    const counts = new RoomCounts(tx);
    const ids = members.map(({ userId }) => userId);
    await counts.lock(ids, invited && { userId: invited.userId, by: maker.userId });
    counts.requireLiving(...ids);
    for (const member of members) counts.enter(member);
    const lists = [[chatRow(chat)], members.map(memberRow), counts.rows()];
    const words = { statement: INSERT_WORDS, lists: [wordRows(chat)] };
    tx.commitWith({ statement: INSERT_ROOMS, lists }, words);
    await this.keys.create(tx, chat.id, 'chat');
    const { lastChange: change, memberCount } = chat;
    const added = { change, memberCount, action: 'added' } as const;
    const changes = members.map((member) => ({ ...added, member }));
    await this.events.membersChanged(tx, changes);
  }
}
