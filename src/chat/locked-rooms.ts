import type { EntityManager } from 'typeorm';
import { findRows, insertsOf } from '../database/entity-rows.js';
import { runAll, type Statement } from '../database/plain-sql.js';
import { together } from '../database/together.js';
import { Chat } from './chat.entity.js';
import { ChatNotFoundError, NotAMemberError } from './chat.errors.js';
import { Member, type Role } from './member.entity.js';

export interface Seat {
  chatId: string;
  userId: string;
}

/** What happened to a membership, as it stood right then. */
export interface MemberChange {
  change: number;
  member: Member;
  action: 'added' | 'changed' | 'removed';
}

const LOCK_CHATS = 'WHERE id IN ? ORDER BY id FOR NO KEY UPDATE';
const FIND_MEMBERS = 'WHERE (chat_id, user_id) IN ?(uuid, uuid)';

/** What changes with every message; no index holds any of it. */
const UPDATE_COUNTS = `ON CONFLICT (id) DO UPDATE SET
  last_seq = excluded.last_seq, last_change = excluded.last_change,
  last_message_at = excluded.last_message_at, member_count = excluded.member_count`;

const UPDATE_CHAT = `${UPDATE_COUNTS}, chat_name = excluded.chat_name,
  visibility = excluded.visibility, deleted_at = excluded.deleted_at`;

/** A read marker moves without the room's lock, and never back. */
const UPDATE_MEMBER = `ON CONFLICT (chat_id, user_id) DO UPDATE SET role = excluded.role,
  read_seq = CASE WHEN excluded.read_seq > member.read_seq THEN excluded.read_seq ELSE member.read_seq END`;

const DELETE_MEMBER = 'DELETE FROM member WHERE chat_id = ? AND user_id = ?';

/**
 * Rooms whose rows are locked for the rest of the transaction, and the memberships asked for.
 * Locking is the first statement, in the order of the ids, so that no two transactions wait for
 * each other. Changes are made here and written by `save`.
 */
export class LockedRooms {
  /** What the rooms were like. */
  private readonly before: Map<Chat, { described: string; change: number }>;
  private readonly touchedChats = new Set<Chat>();
  private readonly touchedMembers = new Set<Member>();
  private readonly removedMembers = new Set<Member>();
  /** Every change of a membership, in their order. */
  readonly memberChanges: MemberChange[] = [];

  private constructor(
    private readonly manager: EntityManager,
    private readonly chats: Map<string, Chat>,
    private readonly members: Map<string, Member>,
  ) {
    this.before = new Map(
      [...chats.values()].map((chat) => [
        chat,
        { described: describe(chat), change: chat.lastChange },
      ]),
    );
  }

  static async lock(manager: EntityManager, seats: Seat[]): Promise<LockedRooms> {
    const ids = new Set(seats.map((seat) => seat.chatId));
    const pairs = new Map(
      seats.map(({ chatId, userId }) => [keyOf(chatId, userId), [chatId, userId]]),
    );
    const [chats, members] = await together([
      findRows(manager, Chat, LOCK_CHATS, [[...ids]]),
      findRows(manager, Member, FIND_MEMBERS, [[...pairs.values()]]),
    ]);
    return new LockedRooms(
      manager,
      new Map(chats.filter(({ deletedAt }) => !deletedAt).map((chat) => [chat.id, chat])),
      new Map(members.map((member) => [keyOf(member.chatId, member.userId), member])),
    );
  }

  /**
   * The room, for one who may read it and post to it.
   *
   * @throws ChatNotFoundError
   */
  requireReader({ chatId, userId }: Seat): Chat {
    const chat = this.chats.get(chatId);
    const isMember = this.members.has(keyOf(chatId, userId));
    if (!chat || (chat.visibility !== 'public' && !isMember)) throw new ChatNotFoundError();
    return chat;
  }

  /**
   * The membership of one who has joined.
   *
   * @throws ChatNotFoundError
   * @throws NotAMemberError in a public room
   */
  requireMember(seat: Seat): Member {
    this.requireReader(seat);
    const member = this.findMember(seat);
    if (!member) throw new NotAMemberError();
    return member;
  }

  find(chatId: string): Chat | null {
    return this.chats.get(chatId) ?? null;
  }

  findMember({ chatId, userId }: Seat): Member | null {
    return this.members.get(keyOf(chatId, userId)) ?? null;
  }

  /** Gives the next message of the room its place; its sender has joined and read up to it. */
  reserve(chat: Chat, userId: string, now: Date): { seq: number; change: number } {
    const sender = this.memberOrJoin(chat, userId, now);
    const change = this.change(chat);
    chat.lastSeq++;
    chat.lastMessageAt = now;
    sender.readSeq = chat.lastSeq;
    this.touchedMembers.add(sender);
    return { seq: chat.lastSeq, change };
  }

  /** The last change of a room before this transaction. */
  changeBefore(chat: Chat): number {
    return this.before.get(chat)!.change;
  }

  /** Takes the room's next change. */
  change(chat: Chat): number {
    this.touchedChats.add(chat);
    return ++chat.lastChange;
  }

  memberOrJoin(chat: Chat, userId: string, now: Date): Member {
    return this.findMember({ chatId: chat.id, userId }) ?? this.join(chat, userId, 'member', now);
  }

  join(chat: Chat, userId: string, role: Role, joinedAt: Date): Member {
    const member: Member = {
      chatId: chat.id,
      userId,
      role,
      joinedAt,
      readSeq: chat.lastSeq,
    };
    chat.memberCount++;
    this.noteMember(chat, member, 'added');
    this.members.set(keyOf(chat.id, userId), member);
    this.touchedMembers.add(member);
    return member;
  }

  remove(chat: Chat, member: Member): void {
    chat.memberCount--;
    this.noteMember(chat, member, 'removed');
    this.members.delete(keyOf(chat.id, member.userId));
    this.touchedMembers.delete(member);
    this.removedMembers.add(member);
  }

  setRole(chat: Chat, member: Member, role: Role): void {
    member.role = role;
    this.noteMember(chat, member, 'changed');
    this.touchedMembers.add(member);
  }

  /** Ends the room: from its commit on it exists for nobody. Its key goes with it. */
  end(chat: Chat): void {
    chat.deletedAt = new Date();
    this.change(chat);
  }

  private noteMember(chat: Chat, member: Member, action: MemberChange['action']): void {
    this.memberChanges.push({ change: this.change(chat), member: { ...member }, action });
  }

  /** Writes what has changed. */
  save(): Promise<void> {
    return runAll(this.manager, this.changes());
  }

  /**
   * What writes it. The rows are locked, or not there yet: what is written is what was read, but for
   * the changes.
   */
  changes(): Statement[] {
    const { manager } = this;
    const chats = [...this.touchedChats];
    const isSame = (chat: Chat): boolean => describe(chat) === this.before.get(chat)!.described;
    const isOther = (chat: Chat): boolean => !isSame(chat);
    return [
      ...insertsOf(manager, Chat, chats.filter(isSame), UPDATE_COUNTS),
      ...insertsOf(manager, Chat, chats.filter(isOther), UPDATE_CHAT),
      ...insertsOf(manager, Member, [...this.touchedMembers], UPDATE_MEMBER),
      ...[...this.removedMembers].map(({ chatId, userId }) => ({
        sql: DELETE_MEMBER,
        parameters: [chatId, userId],
      })),
    ];
  }
}

/** What is not its counts. */
function describe({ chatName, visibility, deletedAt }: Chat): string {
  return JSON.stringify([chatName, visibility, deletedAt]);
}

function keyOf(chatId: string, userId: string): string {
  return `${chatId} ${userId}`;
}
