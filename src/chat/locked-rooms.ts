import type { Transaction } from '../database/transaction.js';
import type { Chat } from './chat.entity.js';
import { RoomFullError } from './chat.errors.js';
import { LockedMembers, MAX_COUNT } from './locked-members.js';
import { lockRows, type Rows, type Seat } from './locked-rows.js';
import type { Member } from './member.entity.js';
import { RoomCounts } from './room-counts.js';
import { type CommonWrites, RoomWrites } from './room-writes.js';

/**
 * Rooms whose rows are locked for the rest of the transaction, the memberships asked for, and their
 * users, whose accounts do not end meanwhile. Changes are made here and written by `save`, last of all.
 *
 * No two transactions wait for each other: each locks rooms first, in the order of the ids, and then
 * users in that of theirs, to count the rooms that they are in. To hold an account is no such lock:
 * only its end waits for that.
 */
export class LockedRooms extends LockedMembers {
  private constructor(
    private readonly tx: Transaction,
    rows: Rows,
  ) {
    super(rows, new RoomCounts(tx), new RoomWrites(rows.chats.values()));
  }

  static async lock(tx: Transaction, seats: Seat[]): Promise<LockedRooms> {
    return new LockedRooms(tx, await lockRows(tx, seats));
  }

  /**
   * Locks those of these who are to enter a public room by what they do, or to do something for the
   * first time where others have put them.
   */
  async lockNewcomers(seats: Seat[]): Promise<void> {
    const newcomers = seats.filter((seat) => {
      const member = this.findMember(seat);
      return member ? member.invitedBy : this.find(seat.chatId)?.visibility === 'public';
    });
    await this.counts.lock(newcomers.map(({ userId }) => userId));
  }

  /** Locks one who is to be put into a room. */
  lockInvited(userId: string, by: string): Promise<void> {
    return this.counts.lock([userId], { userId, by });
  }

  /**
   * Gives the next message of the room its place; its sender has joined and read up to it.
   *
   * @throws RoomFullError, TooManyRoomsError
   */
  reserve(chat: Chat, userId: string, now: Date): { seq: number; change: number } {
    const changes = this.findMember({ chatId: chat.id, userId }) ? 1 : 2;
    if (chat.lastSeq === MAX_COUNT || chat.lastChange + changes > MAX_COUNT) {
      throw new RoomFullError(); // before anything is written of it
    }
    const sender = this.memberOrJoin(chat, userId, now);
    const change = this.change(chat);
    chat.lastSeq++;
    chat.lastMessageAt = now;
    sender.readSeq = chat.lastSeq;
    this.writes.member(sender);
    return { seq: chat.lastSeq, change };
  }

  /** Takes the room's next change for a message that is deleted. */
  changeForTombstone(chat: Chat, seq: number): number {
    chat.lastDeletedSeq = Math.max(chat.lastDeletedSeq, seq);
    return this.changeAnyway(chat);
  }

  /**
   * Ends the room: from its commit on it exists for nobody. Its key goes with it. Its owner's
   * membership ends at once, those of the others in the background.
   */
  end(chat: Chat, owner: Member): void {
    chat.deletedAt = new Date();
    this.changeAnyway(chat);
    this.drop(owner);
  }

  /** Has what has changed written with the commit. */
  save(): void {
    this.tx.commitWith(this.writes.all(this.counts.rows()), ...this.writes.words());
  }

  /** What `save` would write, where that is no more than sends write as a rule. */
  get commonWrites(): CommonWrites | undefined {
    return this.counts.rows().length > 0 ? undefined : this.writes.common;
  }
}
