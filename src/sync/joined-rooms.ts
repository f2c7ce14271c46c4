import { DELETED_UNREAD } from '../chat/unread.js';
import { statement } from '../database/statement.js';
import type { Reads } from '../database/transaction.js';

/** A room that a user has joined: how far it has come, and how far they have read it. */
export interface JoinedRoom {
  lastChange: number;
  readSeq: number;
  unreadCount: number;
}

const JOINED = `SELECT chat.id, chat.last_change, chat.deleted_at, member.read_seq,
    chat.last_seq - member.read_seq - ${DELETED_UNREAD}
  FROM member JOIN chat ON chat.id = member.chat_id`;

/**
 * Index member(user_id, chat_id). That a room is deleted is not asked of the database, which might go
 * through all of them first. Parameter: user.
 */
const LIST = statement({
  name: 'list_joined_rooms',
  postgres: `${JOINED} WHERE member.user_id = $1 ORDER BY member.chat_id`,
  sqlite: `${JOINED} WHERE member.user_id = ? ORDER BY member.chat_id`,
});

type JoinedRow = [string, number, unknown, number, number | string];

/** All of them, in the order of their ids, by one query. */
export async function listJoinedRooms(
  reads: Reads,
  userId: string,
): Promise<Map<string, JoinedRoom>> {
  const rows = await reads.rows<JoinedRow>(LIST, [userId]);
  const rooms = new Map<string, JoinedRoom>();
  for (const [id, lastChange, deletedAt, readSeq, unread] of rows) {
    if (deletedAt === null) rooms.set(id, { lastChange, readSeq, unreadCount: Number(unread) });
  }
  return rooms;
}
