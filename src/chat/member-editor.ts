import { Injectable } from '@nestjs/common';
import type { AuthUser } from '../http/current-user.js';
import { Database } from '../database/database.js';
import { UserNotFoundError } from '../user/user.errors.js';
import { UserService } from '../user/user.service.js';
import type { Chat } from './chat.entity.js';
import { MemberNotFoundError, NotAllowedError, OwnerMustStayError } from './chat.errors.js';
import { ChatEditor } from './chat-editor.js';
import { ChatEvents } from './chat-events.js';
import { LockedRooms } from './locked-rooms.js';
import type { Seat } from './locked-rows.js';
import { MemberDto } from './member.dto.js';
import type { Member, Role } from './member.entity.js';
import { may } from './policy.js';

/** Who is in a room, and in which role. */
@Injectable()
export class MemberEditor {
  constructor(
    private readonly chats: ChatEditor,
    private readonly users: UserService,
    private readonly database: Database,
    private readonly events: ChatEvents,
  ) {}

  /**
   * Adds a member, changes a role, or joins.
   *
   * @param role what they are to be; unset leaves a member's as it is
   * @throws ChatNotFoundError, NotAllowedError, UserNotFoundError, OwnerMustStayError,
   *   TooManyRoomsError, RoomFullError
   */
  async put(user: AuthUser, chatId: string, userId: string, role?: Role): Promise<MemberDto> {
    const own = { chatId, userId: user.id };
    const seat = { chatId, userId };
    const { member, memberCount } = await this.database.write(async (tx) => {
      const rooms = await LockedRooms.lock(tx, [own, seat]);
      const chat = rooms.requireReader(own);
      const member = rooms.findMember(seat) ?? (await addMember(rooms, own, seat));
      if (role && role !== member.role) giveRole(rooms, chat, rooms.findMember(own), member, role);
      this.events.roomsChanged(tx, rooms);
      rooms.save();
      return { member, memberCount: chat.memberCount };
    });
    const profiles = await this.users.profiles([userId]);
    return MemberDto.of(member, profiles.get(userId)!, memberCount);
  }

  /**
   * Removes a member, or leaves. An owner who is alone deletes the room by leaving.
   *
   * @throws ChatNotFoundError, MemberNotFoundError, NotAllowedError, OwnerMustStayError
   */
  async remove(user: AuthUser, chatId: string, userId: string): Promise<void> {
    const isEnded = await this.database.write(async (tx) => {
      const rooms = await LockedRooms.lock(tx, [
        { chatId, userId: user.id },
        { chatId, userId },
      ]);
      const chat = rooms.requireReader({ chatId, userId: user.id });
      const member = rooms.findMember({ chatId, userId });
      if (!member) throw new MemberNotFoundError();
      if (userId === user.id && member.role === 'owner' && chat.memberCount === 1) {
        await this.chats.end(tx, rooms, chat, member);
        tx.onCommit(() => this.events.deleted(chatId));
        return true;
      }
      requireRemovable(chat, rooms.findMember({ chatId, userId: user.id }), member);
      rooms.remove(chat, member);
      this.events.roomsChanged(tx, rooms);
      rooms.save();
      return false;
    });
    if (isEnded) await this.database.wipe();
  }
}

/** @param own where the caller sits, or would */
async function addMember(rooms: LockedRooms, own: Seat, seat: Seat): Promise<Member> {
  const { userId } = seat;
  const chat = rooms.requireReader(own);
  if (!rooms.findLiving(userId)) throw new UserNotFoundError();
  if (userId === own.userId) {
    if (chat.visibility !== 'public') throw new NotAllowedError();
    await rooms.lockNewcomers([seat]);
    return rooms.join(chat, userId, new Date());
  }
  const role = rooms.findMember(own)?.role ?? null;
  if (!may(role, 'addMember', chat.visibility)) throw new NotAllowedError();
  await rooms.lockInvited(userId, own.userId);
  return rooms.join(chat, userId, new Date(), own.userId);
}

function giveRole(
  rooms: LockedRooms,
  chat: Chat,
  caller: Member | null,
  member: Member,
  role: Role,
): void {
  if (!caller || !may(caller.role, 'changeRole', chat.visibility)) throw new NotAllowedError();
  if (member === caller) throw new OwnerMustStayError();
  if (role === 'owner') rooms.setRole(chat, caller, 'admin');
  rooms.setRole(chat, member, role);
}

function requireRemovable(chat: Chat, caller: Member | null, member: Member): void {
  if (chat.visibility === 'direct') throw new NotAllowedError('Nobody leaves a direct chat.');
  if (member === caller) {
    if (member.role === 'owner') throw new OwnerMustStayError();
    return;
  }
  const action = member.role === 'member' ? 'removeMember' : 'removeAdmin';
  if (member.role === 'owner' || !may(caller?.role ?? null, action, chat.visibility)) {
    throw new NotAllowedError();
  }
}
