import { Injectable } from '@nestjs/common';
import type { AuthUser } from '../http/current-user.js';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import type { Transaction } from '../database/transaction.js';
import { UserService } from '../user/user.service.js';
import { ChatEvents } from './chat-events.js';
import { ChatService } from './chat.service.js';
import { LockedRooms } from './locked-rooms.js';
import type { Seat } from './locked-rows.js';
import { DELETED_UNREAD } from './unread.js';

const UNREAD = `(SELECT chat.last_seq - member.read_seq - ${DELETED_UNREAD}
  FROM chat WHERE chat.id = member.chat_id)`;

/**
 * For a user whose account does not end meanwhile; answers how much is left to read. By primary keys.
 * Parameters: user, marker, room.
 */
const MOVE = statement({
  name: 'move_read_marker',
  postgres: `WITH living AS (SELECT id FROM users WHERE id = $1 AND erased_at IS NULL FOR KEY SHARE)
    UPDATE member SET read_seq = $2
    WHERE chat_id = $3 AND user_id = (SELECT id FROM living) AND read_seq < $2 RETURNING ${UNREAD}`,
  sqlite: `WITH living AS (SELECT id FROM users WHERE id = ?1 AND erased_at IS NULL)
    UPDATE member SET read_seq = ?2
    WHERE chat_id = ?3 AND user_id = (SELECT id FROM living) AND read_seq < ?2 RETURNING ${UNREAD}`,
});

/**
 * How far members have read. A marker never moves back, so that moving it takes no room's lock, but
 * for the first time of one whom others put there.
 */
@Injectable()
export class ReadMarkers {
  constructor(
    private readonly chats: ChatService,
    private readonly users: UserService,
    private readonly database: Database,
    private readonly events: ChatEvents,
  ) {}

  /**
   * Moves the caller's own marker; one beyond the end counts as the end.
   *
   * @throws ChatNotFoundError, NotAMemberError, AccountGoneError
   */
  async move(user: AuthUser, chatId: string, seq: number): Promise<void> {
    const { chat, member } = await this.chats.requireMember(user.id, chatId);
    const readSeq = Math.min(seq, chat.lastSeq);
    const seat = { chatId, userId: user.id };
    const isFirst = member.invitedBy !== null;
    if (readSeq <= member.readSeq && !isFirst) return;
    await this.database.write(async (tx) => {
      if (isFirst) await takeUp(tx, seat);
      const [moved] = await tx.rows<[number | string]>(MOVE, [user.id, readSeq, chatId]);
      if (moved) {
        const read = { ...seat, readSeq, unreadCount: Number(moved[0]) };
        tx.onCommit(() => this.events.read(chat, read));
      } else {
        await this.users.requireActive(tx, user.id); // else it has moved further meanwhile
      }
    });
  }
}

async function takeUp(tx: Transaction, seat: Seat): Promise<void> {
  const rooms = await LockedRooms.lock(tx, [seat]);
  rooms.takeUp(rooms.requireMember(seat));
  rooms.save();
}
