import { inSlices, partsOf } from '../common/slices.js';
import { pipelined } from '../database/pipelined.js';
import type { Transaction } from '../database/transaction.js';
import { holdPeople } from '../user/people.js';
import type { Person } from '../user/user.entity.js';
import { AccountGoneError } from '../user/user.errors.js';
import type { Chat } from './chat.entity.js';
import { ChatNotFoundError, NotAMemberError } from './chat.errors.js';
import type { Member } from './member.entity.js';
import { type ChatRow, type MemberRow, toChat, toMember } from './room-rows.js';
import { FIND_MEMBERS, LOCK_CHATS } from './room-statements.js';

export interface Seat {
  chatId: string;
  userId: string;
}

export interface Rows {
  chats: Map<string, Chat>;
  /** By `keyOf`. */
  members: Map<string, Member>;
  people: Map<string, Person>;
}

/** Seats that are looked up in one go, which takes some milliseconds. */
const AT_ONCE = 250;

/** Locks rooms first of all, in the order of the ids; then reads who is there, and holds the users. */
export async function lockRows(tx: Transaction, seats: Seat[]): Promise<Rows> {
  if (seats.length <= AT_ONCE) return lockPart(tx, seats);
  const inOrder = [...seats].sort((one, other) => (one.chatId < other.chatId ? -1 : 1));
  const parts = await inSlices(partsOf(inOrder, AT_ONCE), (part) => lockPart(tx, part));
  return {
    chats: new Map(parts.flatMap(({ chats }) => [...chats])),
    members: new Map(parts.flatMap(({ members }) => [...members])),
    people: new Map(parts.flatMap(({ people }) => [...people])),
  };
}

async function lockPart(tx: Transaction, seats: Seat[]): Promise<Rows> {
  const ids = new Set(seats.map(({ chatId }) => chatId));
  const pairs = new Map(seats.map((seat) => [keyOf(seat), [seat.chatId, seat.userId]]));
  const [chats, members, people] = await pipelined([
    tx.rows<ChatRow>(LOCK_CHATS, [[...ids]]),
    tx.rows<MemberRow>(FIND_MEMBERS, [[...pairs.values()]]),
    holdPeople(
      tx,
      seats.map(({ userId }) => userId),
    ),
  ]);
  const living = chats.map(toChat).filter(({ deletedAt }) => !deletedAt);
  return {
    chats: new Map(living.map((chat) => [chat.id, chat])),
    members: new Map(members.map(toMember).map((member) => [keyOf(member), member])),
    people,
  };
}

/** Rooms that are locked, their members and users, as far as they were asked for. */
export class LockedRows {
  constructor(protected readonly rows: Rows) {}

  /**
   * The room, for one who may read it and post to it. Whoever asks for something comes by here: since
   * the guard saw them, their account may have ended.
   *
   * @throws AccountGoneError, ChatNotFoundError
   */
  requireReader(seat: Seat): Chat {
    if (!this.findLiving(seat.userId)) throw new AccountGoneError();
    const chat = this.find(seat.chatId);
    if (!chat || (chat.visibility !== 'public' && !this.findMember(seat))) {
      throw new ChatNotFoundError();
    }
    return chat;
  }

  /**
   * The membership of one who has joined.
   *
   * @throws AccountGoneError, ChatNotFoundError
   * @throws NotAMemberError in a public room
   */
  requireMember(seat: Seat): Member {
    this.requireReader(seat);
    const member = this.findMember(seat);
    if (!member) throw new NotAMemberError();
    return member;
  }

  /** A user asked for, unless their account has ended. */
  findLiving(userId: string): Person | null {
    const person = this.findPerson(userId);
    return person?.erasedAt ? null : person;
  }

  /** A user asked for, also after the end of their account. */
  findPerson(userId: string): Person | null {
    return this.rows.people.get(userId) ?? null;
  }

  find(chatId: string): Chat | null {
    return this.rows.chats.get(chatId) ?? null;
  }

  findMember(seat: Seat): Member | null {
    return this.rows.members.get(keyOf(seat)) ?? null;
  }
}

export function keyOf({ chatId, userId }: Seat): string {
  return `${chatId} ${userId}`;
}
