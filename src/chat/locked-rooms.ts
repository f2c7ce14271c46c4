import { EntityManager, In } from 'typeorm';
import { rowLock } from '../database/row-lock.js';
import { Chat } from './chat.entity.js';
import { ChatNotFoundError } from './chat.errors.js';
import { Member } from './member.entity.js';

export interface Seat {
  chatId: string;
  userId: string;
}

const CHAT_COUNTERS = ['last_seq', 'last_change', 'last_message_at', 'member_count'];

/**
 * Rooms whose rows are locked for the rest of the transaction, and the memberships asked for.
 * Locking is the first statement, in the order of the ids, so that no two transactions wait for
 * each other; SQLite has one writer and needs no lock.
 */
export class LockedRooms {
  private readonly touchedChats = new Set<Chat>();
  private readonly touchedMembers = new Set<Member>();

  private constructor(
    private readonly manager: EntityManager,
    private readonly chats: Map<string, Chat>,
    private readonly members: Map<string, Member>,
  ) {}

  static async lock(manager: EntityManager, seats: Seat[]): Promise<LockedRooms> {
    const chats = await manager.find(Chat, {
      where: { id: In([...new Set(seats.map((seat) => seat.chatId))]) },
      order: { id: 'ASC' },
      ...rowLock(manager),
    });
    const wanted = new Map(
      seats.map(({ chatId, userId }) => [keyOf(chatId, userId), { chatId, userId }]),
    );
    const members = await manager.findBy(Member, [...wanted.values()]);
    return new LockedRooms(
      manager,
      new Map(chats.map((chat) => [chat.id, chat])),
      new Map(members.map((member) => [keyOf(member.chatId, member.userId), member])),
    );
  }

  /**
   * The room, for one who may post to it.
   *
   * @throws ChatNotFoundError
   */
  requirePoster({ chatId, userId }: Seat): Chat {
    const chat = this.chats.get(chatId);
    const isMember = this.members.has(keyOf(chatId, userId));
    if (!chat || (chat.visibility !== 'public' && !isMember)) throw new ChatNotFoundError();
    return chat;
  }

  /** Gives the next message of the room its place; its sender has joined and read up to it. */
  reserve(chat: Chat, userId: string, now: Date): { seq: number; change: number } {
    const sender = this.members.get(keyOf(chat.id, userId)) ?? this.join(chat, userId, now);
    chat.lastSeq++;
    chat.lastChange++;
    chat.lastMessageAt = now;
    sender.readSeq = chat.lastSeq;
    this.touchedChats.add(chat);
    this.touchedMembers.add(sender);
    return { seq: chat.lastSeq, change: chat.lastChange };
  }

  /** Writes what has changed: one statement for the rooms, one for the members. */
  async save(): Promise<void> {
    await this.upsert(Chat, this.touchedChats, CHAT_COUNTERS, ['id']);
    await this.upsert(Member, this.touchedMembers, ['role', 'read_seq'], ['chat_id', 'user_id']);
  }

  /** The rows are locked, or not there yet: what is written is what was read, but for our changes. */
  private async upsert<T extends object>(
    entity: new () => T,
    rows: Set<T>,
    changed: string[],
    key: string[],
  ): Promise<void> {
    if (rows.size === 0) return;
    const insert = this.manager
      .createQueryBuilder()
      .insert()
      .into(entity)
      .values([...rows]);
    await insert.orUpdate(changed, key).updateEntity(false).execute();
  }

  private join(chat: Chat, userId: string, now: Date): Member {
    const member: Member = {
      chatId: chat.id,
      userId,
      role: 'member',
      joinedAt: now,
      readSeq: chat.lastSeq,
    };
    chat.memberCount++;
    chat.lastChange++;
    this.members.set(keyOf(chat.id, userId), member);
    return member;
  }
}

function keyOf(chatId: string, userId: string): string {
  return `${chatId} ${userId}`;
}
