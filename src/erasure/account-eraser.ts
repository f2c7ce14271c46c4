import { Injectable } from '@nestjs/common';
import { EntityManager, Not } from 'typeorm';
import { SessionService } from '../auth/session.service.js';
import { ChatEvents } from '../chat/chat-events.js';
import type { Chat } from '../chat/chat.entity.js';
import { LockedRooms } from '../chat/locked-rooms.js';
import { Member } from '../chat/member.entity.js';
import { Database } from '../database/database.js';
import { rowLock } from '../database/row-lock.js';
import type { OnCommit } from '../database/work.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { User } from '../user/user.entity.js';

export interface Erased {
  sessionIds: string[];
  /** Rooms that nobody is left in. */
  chatIds: string[];
}

const MAX_ATTEMPTS = 5;
const NOBODY = { email: null, emailKey: null, fname: null, lname: null, profile: null };
/** No password has this hash. */
const NO_PASSWORD = '!';

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

  /** Begins anew when the user joins a room while theirs are being locked. */
  async erase(userId: string, attempt = 1): Promise<Erased> {
    try {
      return await this.database.write((manager, onCommit) => this.end(manager, userId, onCommit));
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !(error instanceof JoinedMeanwhileError)) throw error;
      return this.erase(userId, attempt + 1);
    }
  }

  private async end(manager: EntityManager, userId: string, onCommit: OnCommit): Promise<Erased> {
    const known = await manager.findBy(Member, { userId });
    const rooms = await LockedRooms.lock(manager, known);
    // Whoever sends or joins holds this row too: from here on there is no further room.
    await manager.findOne(User, {
      where: { id: userId },
      ...rowLock(manager, 'pessimistic_write'),
    });
    const joined = await manager.findBy(Member, { userId });
    const isLocked = new Set(known.map((member) => member.chatId));
    if (!joined.every((member) => isLocked.has(member.chatId))) throw new JoinedMeanwhileError();

    const chatIds: string[] = [];
    for (const { chatId } of joined) {
      const chat = rooms.find(chatId);
      const member = rooms.findMember({ chatId, userId });
      if (!chat || !member || chat.visibility === 'direct') continue;
      if (!(await leave(manager, rooms, chat, member))) chatIds.push(chatId);
    }
    await rooms.save();
    await this.keys.destroy(manager, [userId, ...chatIds]);
    const sessionIds = await this.sessions.deleteOthers(manager, userId);
    const end = { ...NOBODY, passwordHash: NO_PASSWORD, erasedAt: new Date() };
    await manager.update(User, userId, end);
    await this.events.membersChanged(manager, onCommit, rooms.memberChanges);
    return { sessionIds, chatIds };
  }
}

/** Leaves a room, and passes it on where it was owned; false when nobody was there to take it. */
async function leave(
  manager: EntityManager,
  rooms: LockedRooms,
  chat: Chat,
  member: Member,
): Promise<boolean> {
  if (member.role === 'owner') {
    const successor = await findSuccessor(manager, member);
    if (!successor) {
      rooms.end(chat);
      return false;
    }
    rooms.setRole(chat, successor, 'owner');
  }
  rooms.remove(chat, member);
  return true;
}

/** The longest-standing admin, else member. */
async function findSuccessor(
  manager: EntityManager,
  { chatId, userId }: Member,
): Promise<Member | null> {
  for (const role of ['admin', 'member'] as const) {
    const successor = await manager.findOne(Member, {
      where: { chatId, role, userId: Not(userId) },
      order: { joinedAt: 'ASC', userId: 'ASC' },
    });
    if (successor) return successor;
  }
  return null;
}
