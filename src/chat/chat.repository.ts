import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, In, IsNull, Repository } from 'typeorm';
import { findPairs } from '../database/entity-rows.js';
import { Chat } from './chat.entity.js';
import { Member } from './member.entity.js';

const FIND_SEEN = `LEFT JOIN member ON member.chat_id = chat.id AND member.user_id = ?
  WHERE chat.id = ? AND chat.deleted_at IS NULL`;

/** The same as a condition, of the room's id and the user's. */
export const IS_SEEN = `EXISTS (SELECT 1 FROM chat WHERE id = ? AND deleted_at IS NULL
  AND (visibility = 'public' OR EXISTS (SELECT 1 FROM member WHERE chat_id = chat.id AND user_id = ?)))`;

/** A room and the caller's membership in it, if any. */
export interface ChatSeen {
  chat: Chat;
  member: Member | null;
}

@Injectable()
export class ChatRepository {
  constructor(
    @InjectRepository(Chat) private readonly chats: Repository<Chat>,
    @InjectRepository(Member) private readonly members: Repository<Member>,
  ) {}

  /** The room, if the user may know of it. */
  async findSeen(userId: string, chatId: string): Promise<ChatSeen | null> {
    const [found] = await findPairs(this.chats.manager, [Chat, Member], FIND_SEEN, [
      userId,
      chatId,
    ]);
    if (!found) return null;
    const [chat, member] = found;
    return chat.visibility === 'public' || member ? { chat, member } : null;
  }

  /**
   * Public rooms and the user's own, or their own alone, by id. Both halves step along an index of their own, so that
   * other people's private rooms cost nothing.
   */
  async listSeen(
    userId: string,
    after: string | undefined,
    limit: number,
    isJoined = false,
  ): Promise<ChatSeen[]> {
    const open = this.chats
      .createQueryBuilder('chat')
      .where({ visibility: 'public', deletedAt: IsNull() })
      .orderBy('chat.id')
      .limit(limit);
    const joined = this.members
      .createQueryBuilder('member')
      .select('member.chatId', 'id')
      .innerJoin(Chat, 'chat', 'chat.id = member.chatId AND chat.deletedAt IS NULL')
      .where({ userId })
      .orderBy('member.chatId')
      .limit(limit);
    if (after) {
      open.andWhere('chat.id > :after', { after });
      joined.andWhere('member.chatId > :after', { after });
    }
    const [publicChats, joinedIds] = await Promise.all([
      isJoined ? [] : open.getMany(),
      joined.getRawMany<{ id: string }>(),
    ]);
    const known = new Map(publicChats.map((chat) => [chat.id, chat]));
    const ids = [...new Set([...known.keys(), ...joinedIds.map((row) => row.id)])].sort();
    return this.withMembers(userId, ids.slice(0, limit), known);
  }

  /** Every room that the user has joined, by id: one query over their memberships. */
  async joined(manager: EntityManager, userId: string): Promise<ChatSeen[]> {
    const members = await manager
      .createQueryBuilder(Member, 'member')
      .innerJoinAndMapOne(
        'member.chat',
        Chat,
        'chat',
        'chat.id = member.chatId AND chat.deletedAt IS NULL',
      )
      .where({ userId })
      .orderBy('member.chatId')
      .getMany();
    return (members as (Member & { chat: Chat })[]).map(({ chat, ...member }) => ({
      chat,
      member,
    }));
  }

  /** How far all rooms that users have joined have come: their `lastChange` by id, by user. */
  async joinedChanges(userIds: string[]): Promise<Map<string, Map<string, number>>> {
    const joined = new Map(userIds.map((id) => [id, new Map<string, number>()]));
    const rows = await this.members
      .createQueryBuilder('member')
      .innerJoin(Chat, 'chat', 'chat.id = member.chatId AND chat.deletedAt IS NULL')
      .select(['member.userId AS user_id', 'chat.id AS id', 'chat.lastChange AS last_change'])
      .where({ userId: In(userIds) })
      .getRawMany<{ user_id: string; id: string; last_change: number }>();
    for (const row of rows) joined.get(row.user_id)!.set(row.id, row.last_change);
    return joined;
  }

  /** The one direct room of two users. */
  async findDirect(userId: string, directKey: string): Promise<ChatSeen | null> {
    const chat = await this.chats.findOneBy({ directKey });
    return chat && this.findSeen(userId, chat.id);
  }

  private async withMembers(
    userId: string,
    ids: string[],
    known: Map<string, Chat>,
  ): Promise<ChatSeen[]> {
    const missing = ids.filter((id) => !known.has(id));
    const [chats, members] = await Promise.all([
      this.chats.findBy({ id: In(missing), deletedAt: IsNull() }),
      this.members.findBy({ userId, chatId: In(ids) }),
    ]);
    for (const chat of chats) known.set(chat.id, chat);
    const memberOf = new Map(members.map((member) => [member.chatId, member]));
    return ids.flatMap((id) => {
      const chat = known.get(id);
      return chat ? [{ chat, member: memberOf.get(id) ?? null }] : [];
    });
  }
}
