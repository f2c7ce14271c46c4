import { pipelined } from '../database/pipelined.js';
import type { Row } from '../database/statement.js';
import type { Transaction } from '../database/transaction.js';
import { AccountGoneError, UserNotFoundError } from '../user/user.errors.js';
import { TooManyRoomsError } from './chat.errors.js';
import type { Member } from './member.entity.js';
import { COUNT_INVITED_BY, LOCK_COUNTS } from './room-statements.js';

/** Rooms that a user may be in. */
const MAX_ROOMS = 5000;
/** Of these, such as others put them into, while they have done nothing there. */
const MAX_INVITED = 500;
/** The same, by one person. */
const MAX_INVITED_BY_ONE = 100;

interface Counts {
  rooms: number;
  invited: number;
}

/** One user put another one into rooms. */
interface Invitation {
  userId: string;
  by: string;
}

/**
 * How many rooms users are in, in the transaction that writes or ends their memberships. Whoever is
 * to enter one is locked first, after the rooms, in the order of the ids.
 */
export class RoomCounts {
  private readonly locked = new Map<string, Counts>();
  /** Those whom the one who is about to has put into as many rooms as may be. */
  private readonly invitedOut = new Set<string>();
  private readonly added = new Map<string, Counts>();

  constructor(private readonly tx: Transaction) {}

  /**
   * Locks users and reads how many rooms they are in, but for those whose accounts have ended.
   *
   * @param invitation by which one of them is to enter a room
   */
  async lock(userIds: string[], invitation?: Invitation): Promise<void> {
    if (userIds.length === 0) return;
    const [rows, count] = await pipelined([
      this.tx.rows<[string, number, number, unknown]>(LOCK_COUNTS, [[...new Set(userIds)]]),
      invitation ? this.countBy(invitation) : 0, // once nobody else adds any
    ]);
    for (const [id, rooms, invited, erasedAt] of rows) {
      if (erasedAt === null) this.locked.set(id, { rooms, invited });
    }
    if (invitation && count >= MAX_INVITED_BY_ONE) this.invitedOut.add(invitation.userId);
  }

  private async countBy({ userId, by }: Invitation): Promise<number> {
    const parameters = [userId, by, MAX_INVITED_BY_ONE];
    const [[count]] = await this.tx.rows<[number | string]>(COUNT_INVITED_BY, parameters);
    return Number(count);
  }

  /** @throws AccountGoneError, UserNotFoundError */
  requireLiving(...[callerId, otherId = callerId]: string[]): void {
    if (!this.locked.has(callerId)) throw new AccountGoneError();
    if (!this.locked.has(otherId)) throw new UserNotFoundError();
  }

  /** A locked user enters a room. @throws TooManyRoomsError */
  enter({ userId, invitedBy }: Pick<Member, 'userId' | 'invitedBy'>): void {
    const counts = this.locked.get(userId);
    if (!counts) throw new Error('Whoever enters a room is locked first');
    if (counts.rooms >= MAX_ROOMS) throw TooManyRoomsError.atAll(invitedBy !== null, MAX_ROOMS);
    if (invitedBy !== null && (counts.invited >= MAX_INVITED || this.invitedOut.has(userId))) {
      throw TooManyRoomsError.byOthers(MAX_INVITED, MAX_INVITED_BY_ONE);
    }
    this.add(userId, 1, invitedBy === null ? 0 : 1);
  }

  leave({ userId, invitedBy }: Pick<Member, 'userId' | 'invitedBy'>): void {
    this.add(userId, -1, invitedBy === null ? 0 : -1);
  }

  /** One who was put into a room has done something there. */
  takeUp(userId: string): void {
    this.add(userId, 0, -1);
  }

  /** What is added to the counts of users. */
  rows(): Row[] {
    return [...this.added].map(([id, { rooms, invited }]) => ({
      id,
      room_count: rooms,
      invited_count: invited,
    }));
  }

  private add(userId: string, rooms: number, invited: number): void {
    const added = this.added.get(userId) ?? { rooms: 0, invited: 0 };
    this.added.set(userId, added);
    for (const counts of [added, this.locked.get(userId)]) {
      if (!counts) continue; // whoever leaves need not be locked
      counts.rooms += rooms;
      counts.invited += invited;
    }
  }
}
