import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { type Parameter, type Statement, statement } from '../database/statement.js';
import type { Reads } from '../database/transaction.js';
import { Chat } from './chat.entity.js';
import type { Member } from './member.entity.js';
import {
  CHAT_COLUMNS,
  CHAT_WIDTH,
  type ChatRow,
  MEMBER_COLUMNS,
  MEMBER_WIDTH,
  type MemberRow,
  toChat,
  toMember,
} from './room-rows.js';
import { DELETED_UNREAD } from './unread.js';

const SEEN = `SELECT ${CHAT_COLUMNS}, ${MEMBER_COLUMNS}, ${DELETED_UNREAD}`;

/** By the primary keys. Parameters: user, room. */
const FIND_ONE = statement({
  name: 'find_chat_seen',
  postgres: `${SEEN} FROM chat
    LEFT JOIN member ON member.chat_id = chat.id AND member.user_id = $1 WHERE chat.id = $2`,
  sqlite: `${SEEN} FROM chat
    LEFT JOIN member ON member.chat_id = chat.id AND member.user_id = ? WHERE chat.id = ?`,
});

/** By the primary keys. Parameters: user, rooms. */
const FIND_SOME = statement({
  name: 'find_chats_seen',
  postgres: `${SEEN} FROM chat
    LEFT JOIN member ON member.chat_id = chat.id AND member.user_id = $1
    WHERE chat.id = ANY($2::uuid[])`,
  sqlite: `${SEEN} FROM chat
    LEFT JOIN member ON member.chat_id = chat.id AND member.user_id = ?
    WHERE chat.id IN (SELECT value FROM json_each(?))`,
});

/**
 * Index chat(visibility, id). Said of both tables where to begin, PostgreSQL steps along the two
 * together. Parameters: user, place, limit.
 */
const LIST_PUBLIC = statement({
  name: 'list_public_chats',
  postgres: `${SEEN} FROM chat
    LEFT JOIN member ON member.chat_id = chat.id AND member.user_id = $1 AND member.chat_id > $2
    WHERE chat.visibility = 'public' AND chat.deleted_at IS NULL AND chat.id > $2
    ORDER BY chat.id LIMIT $3`,
  sqlite: `${SEEN} FROM chat
    LEFT JOIN member ON member.chat_id = chat.id AND member.user_id = ?1
    WHERE chat.visibility = 'public' AND chat.deleted_at IS NULL AND chat.id > ?2
    ORDER BY chat.id LIMIT +?3`,
});

/**
 * Index member(user_id, chat_id). No join: before it knows the tables, PostgreSQL may go through all
 * rooms for each of the user's. Parameters: user, place, limit.
 */
const LIST_JOINED = statement({
  name: 'list_joined_chats',
  postgres: `SELECT chat_id FROM member WHERE user_id = $1 AND chat_id > $2
    AND (SELECT deleted_at FROM chat WHERE id = chat_id) IS NULL ORDER BY chat_id LIMIT $3`,
  sqlite: `SELECT chat_id FROM member WHERE user_id = ? AND chat_id > ?
    AND (SELECT deleted_at FROM chat WHERE id = chat_id) IS NULL ORDER BY chat_id LIMIT +?`,
});

/** Index member(user_id, chat_id). Parameter: users. */
const LIST_CHANGES = statement({
  name: 'list_joined_changes',
  postgres: `SELECT member.user_id, chat.id, chat.last_change, chat.deleted_at
    FROM member JOIN chat ON chat.id = member.chat_id
    WHERE member.user_id = ANY($1::uuid[]) ORDER BY member.chat_id`,
  sqlite: `SELECT member.user_id, chat.id, chat.last_change, chat.deleted_at
    FROM member JOIN chat ON chat.id = member.chat_id
    WHERE member.user_id IN (SELECT value FROM json_each(?)) ORDER BY member.chat_id`,
});

/** The least id. */
export const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** A room and the caller's membership in it, if any. */
export interface ChatSeen {
  chat: Chat;
  member: Member | null;
  /** Of the messages beyond the caller's marker, how many are deleted. */
  deletedUnread: number;
}

@Injectable()
export class ChatRepository {
  constructor(private readonly database: Database) {}

  /** The room, if the user may know of it. */
  async findSeen(userId: string, chatId: string): Promise<ChatSeen | null> {
    const [found] = await this.seen(FIND_ONE, [userId, chatId]);
    return found ?? null;
  }

  /**
   * Public rooms and the user's own, or their own alone, by id. Both halves step along an index of
   * their own, so that other people's private rooms cost nothing.
   */
  async listSeen(
    userId: string,
    after = BEFORE_ALL,
    limit: number,
    isJoined = false,
  ): Promise<ChatSeen[]> {
    const [open, joinedIds] = await Promise.all([
      isJoined ? [] : this.seen(LIST_PUBLIC, [userId, after, limit]),
      this.database.rows<[string]>(LIST_JOINED, [userId, after, limit]),
    ]);
    const known = new Set(open.map(({ chat }) => chat.id));
    const missing = joinedIds.flatMap(([id]) => (known.has(id) ? [] : id));
    const others = await this.findAllSeen(userId, missing);
    return [...open, ...others].sort(byId).slice(0, limit);
  }

  /** These rooms, by id, but for those that the user may not know of. */
  async findAllSeen(userId: string, chatIds: string[], reads?: Reads): Promise<ChatSeen[]> {
    return (await this.seen(FIND_SOME, [userId, chatIds], reads)).sort(byId);
  }

  /**
   * How far all rooms that users have joined have come: their `lastChange` by id, in the order of the
   * ids, by user. One query over the memberships.
   */
  async joinedChanges(
    userIds: string[],
    reads: Reads = this.database,
  ): Promise<Map<string, Map<string, number>>> {
    const joined = new Map(userIds.map((id) => [id, new Map<string, number>()]));
    const rows = await reads.rows<[string, string, number, unknown]>(LIST_CHANGES, [userIds]);
    for (const [userId, id, lastChange, deletedAt] of rows) {
      if (deletedAt === null) joined.get(userId)!.set(id, lastChange);
    }
    return joined;
  }

  /** The one direct room of two users. */
  async findDirect(userId: string, directKey: string): Promise<ChatSeen | null> {
    const chat = await this.database.manager.findOneBy(Chat, { directKey });
    return chat && this.findSeen(userId, chat.id);
  }

  private async seen(
    statement: Statement,
    parameters: Parameter[],
    reads: Reads = this.database,
  ): Promise<ChatSeen[]> {
    return (await reads.rows(statement, parameters)).map(toSeen).filter(isSeen);
  }
}

function toSeen(row: unknown[]): ChatSeen {
  const end = CHAT_WIDTH + MEMBER_WIDTH;
  const isMember = row[CHAT_WIDTH] !== null;
  return {
    chat: toChat(row as ChatRow),
    member: isMember ? toMember(row.slice(CHAT_WIDTH, end) as MemberRow) : null,
    deletedUnread: Number(row[end]),
  };
}

/** What SQL is not asked of rooms by their ids: SQLite would look for it among all rooms first. */
function isSeen({ chat, member }: ChatSeen): boolean {
  return !chat.deletedAt && (chat.visibility === 'public' || member !== null);
}

function byId({ chat: one }: ChatSeen, { chat: other }: ChatSeen): number {
  return one.id < other.id ? -1 : 1;
}
