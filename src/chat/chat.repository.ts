import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, Repository } from 'typeorm';
import { findPairs } from '../database/entity-rows.js';
import { type Parameter, runSql } from '../database/plain-sql.js';
import { Chat } from './chat.entity.js';
import { Member } from './member.entity.js';

const WITH_MEMBER = 'LEFT JOIN member ON member.chat_id = chat.id AND member.user_id = ?';

const FIND_ONE = `${WITH_MEMBER} WHERE chat.id = ?`;

const FIND_SOME = `${WITH_MEMBER} WHERE chat.id IN ?`;

/** Said of both tables where to begin, PostgreSQL steps along the two together. */
const LIST_PUBLIC = `${WITH_MEMBER} AND member.chat_id > ?
  WHERE chat.visibility = 'public' AND chat.deleted_at IS NULL AND chat.id > ?
  ORDER BY chat.id LIMIT ?`;

/** No join: before it knows the tables, PostgreSQL may go through all rooms for each of the user's. */
const LIST_JOINED_IDS = `SELECT chat_id FROM member WHERE user_id = ? AND chat_id > ?
  AND (SELECT deleted_at FROM chat WHERE id = chat_id) IS NULL ORDER BY chat_id LIMIT ?`;

const LIST_CHANGES = `SELECT member.user_id, chat.id, chat.last_change, chat.deleted_at
  FROM member JOIN chat ON chat.id = member.chat_id
  WHERE member.user_id IN ? ORDER BY member.chat_id`;

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** Whether a user may know of a room, as a condition: of the room's id, again, and the user's. */
export const IS_SEEN = `EXISTS (SELECT 1 FROM chat WHERE id = ? AND deleted_at IS NULL
  AND (visibility = 'public' OR EXISTS (SELECT 1 FROM member WHERE chat_id = ? AND user_id = ?)))`;

/** A room and the caller's membership in it, if any. */
export interface ChatSeen {
  chat: Chat;
  member: Member | null;
}

@Injectable()
export class ChatRepository {
  constructor(@InjectRepository(Chat) private readonly chats: Repository<Chat>) {}

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
      isJoined ? [] : this.seen(LIST_PUBLIC, [userId, after, after, limit]),
      runSql<[string]>(this.chats.manager, LIST_JOINED_IDS, [userId, after, limit]),
    ]);
    const known = new Set(open.map(({ chat }) => chat.id));
    const missing = joinedIds.flatMap(([id]) => (known.has(id) ? [] : id));
    const others = await this.findAllSeen(userId, missing);
    return [...open, ...others].sort(byId).slice(0, limit);
  }

  /** These rooms, by id, but for those that the user may not know of. */
  async findAllSeen(
    userId: string,
    chatIds: string[],
    manager?: EntityManager,
  ): Promise<ChatSeen[]> {
    return (await this.seen(FIND_SOME, [userId, chatIds], manager)).sort(byId);
  }

  /**
   * How far all rooms that users have joined have come: their `lastChange` by id, in the order of the
   * ids, by user. One query over the memberships.
   */
  async joinedChanges(
    userIds: string[],
    manager: EntityManager = this.chats.manager,
  ): Promise<Map<string, Map<string, number>>> {
    const joined = new Map(userIds.map((id) => [id, new Map<string, number>()]));
    const rows = await runSql<[string, string, number, unknown]>(manager, LIST_CHANGES, [userIds]);
    for (const [userId, id, lastChange, deletedAt] of rows) {
      if (deletedAt === null) joined.get(userId)!.set(id, lastChange);
    }
    return joined;
  }

  /** The one direct room of two users. */
  async findDirect(userId: string, directKey: string): Promise<ChatSeen | null> {
    const chat = await this.chats.findOneBy({ directKey });
    return chat && this.findSeen(userId, chat.id);
  }

  private async seen(
    clauses: string,
    parameters: Parameter[],
    manager = this.chats.manager,
  ): Promise<ChatSeen[]> {
    const pairs = await findPairs(manager, [Chat, Member], clauses, parameters);
    const rooms = pairs.map(([chat, member]) => ({ chat, member }));
    return rooms.filter(isSeen);
  }
}

/** What SQL is not asked of rooms by their ids: SQLite would look for it among all rooms first. */
function isSeen({ chat, member }: ChatSeen): boolean {
  return !chat.deletedAt && (chat.visibility === 'public' || member !== null);
}

function byId({ chat: one }: ChatSeen, { chat: other }: ChatSeen): number {
  return one.id < other.id ? -1 : 1;
}
