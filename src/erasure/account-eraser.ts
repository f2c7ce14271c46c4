import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { WrongPasswordError } from '../auth/auth.errors.js';
import { Identity } from '../auth/identity.entity.js';
import { SessionService } from '../auth/session.service.js';
import { ChatEvents } from '../chat/chat-events.js';
import { LockedRooms } from '../chat/locked-rooms.js';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/transaction.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { NO_PASSWORD, User } from '../user/user.entity.js';
import { AccountGoneError } from '../user/user.errors.js';
import { leaveAll, roomsOf } from './leave-rooms.js';

export interface Erased {
  sessionIds: string[];
  /** Rooms that nobody is left in. */
  chatIds: string[];
}

const MAX_ATTEMPTS = 5;
const NOBODY = { email: null, emailKey: null, fname: null, lname: null, profile: null };

class JoinedMeanwhileError extends Error {}

/** The one transaction in which an account ends. */
@Injectable()
export class AccountEraser {
  constructor(
    private readonly database: Database,
    private readonly sessions: SessionService,
    private readonly keys: OwnerKeys,
    private readonly events: ChatEvents,
  ) {}

  /**
   * Begins anew when the user joins a room while theirs are being locked.
   *
   * @param user with the password that was checked
   * @throws AccountGoneError, WrongPasswordError when another request came first
   */
  async erase(user: User, attempt = 1): Promise<Erased> {
    try {
      return await this.database.write((tx) => this.end(tx, user));
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !(error instanceof JoinedMeanwhileError)) throw error;
      return this.erase(user, attempt + 1);
    }
  }

  private async end(tx: Transaction, user: User): Promise<Erased> {
    const userId = user.id;
    const known = await roomsOf(tx, userId);
    const rooms = await LockedRooms.lock(
      tx,
      known.map((chatId) => ({ chatId, userId })),
    );
    await lockUnchanged(tx, user);
    const isLocked = new Set(known);
    const joined = await roomsOf(tx, userId);
    if (!joined.every((chatId) => isLocked.has(chatId))) throw new JoinedMeanwhileError();

    const chatIds = await leaveAll(tx, rooms, userId, joined);
    rooms.save();
    await this.keys.destroy(tx, [userId, ...chatIds]);
    const sessionIds = await this.sessions.deleteOthers(tx, userId);
    const end = { ...NOBODY, passwordHash: NO_PASSWORD, erasedAt: new Date() };
    await tx.manager.update(User, userId, end);
    await tx.manager.delete(Identity, { userId });
    await this.events.membersChanged(tx, rooms.memberChanges);
    return { sessionIds, chatIds };
  }
}

/** Whoever sends or joins holds this row too: from then on there is no further room. */
async function lockUnchanged(tx: Transaction, { id, passwordHash }: User): Promise<void> {
  const now = await tx.manager.findOne(User, {
    where: { id, erasedAt: IsNull() },
    ...tx.rowLock('pessimistic_write'),
  });
  if (!now) throw new AccountGoneError();
  if (now.passwordHash !== passwordHash) throw new WrongPasswordError();
}
