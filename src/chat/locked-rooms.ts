import { EntityManager, In, IsNull } from 'typeorm';
import { rowLock } from '../database/row-lock.js';
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

const CHAT_COLUMNS = [
  'chat_name',
  'visibility',
  'last_seq',
  'last_change',
  'last_message_at',
  'member_count',
  'deleted_at',
];

/**
 * Rooms whose rows are locked for the rest of the transaction, and the memberships asked for.
 * Locking is the first statement, in the order of the ids, so that no two transactions wait for
 * each other. Changes are made here and written by `save`.
 */
export class LockedRooms {
  private readonly touchedChats = new Set<Chat>();
  private readonly touchedMembers = new Set<Member>();
  private readonly removedMembers = new Set<Member>();
  /** Every change of a membership, in their order. */
  readonly memberChanges: MemberChange[] = [];

  private constructor(
    private readonly manager: EntityManager,
    private readonly chats: Map<string, Chat>,
    private readonly members: Map<string, Member>,
  ) {}

  static async lock(manager: EntityManager, seats: Seat[]): Promise<LockedRooms> {
    const chats = await manager.find(Chat, {
      where: { id: In([...new Set(seats.map((seat) => seat.chatId))]), deletedAt: IsNull() },
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

  /** Moves a read marker forward; one beyond the end counts as the end. False: it stood there. */
  read(chat: Chat, member: Member, seq: number): boolean {
    const readSeq = Math.min(seq, chat.lastSeq);
    if (readSeq <= member.readSeq) return false;
    member.readSeq = readSeq;
    this.touchedMembers.add(member);
    return true;
  }

  private noteMember(chat: Chat, member: Member, action: MemberChange['action']): void {
    this.memberChanges.push({ change: this.change(chat), member: { ...member }, action });
  }

  /** Writes what has changed: one statement for the rooms, one for the members. */
  async save(): Promise<void> {
    await this.upsert(Chat, this.touchedChats, CHAT_COLUMNS, ['id']);
    await this.upsert(Member, this.touchedMembers, ['role', 'read_seq'], ['chat_id', 'user_id']);
    for (const { chatId, userId } of this.removedMembers) {
      await this.manager.delete(Member, { chatId, userId });
    }
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
}

function keyOf(chatId: string, userId: string): string {
  return `${chatId} ${userId}`;
}
