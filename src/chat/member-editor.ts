import { Injectable } from '@nestjs/common';
import type { AuthUser } from '../common/current-user.js';
import { Database } from '../database/database.js';
import { UserService } from '../user/user.service.js';
import type { Chat } from './chat.entity.js';
import { MemberNotFoundError, NotAllowedError, OwnerMustStayError } from './chat.errors.js';
import { ChatEditor } from './chat-editor.js';
import { ChatEvents } from './chat-events.js';
import { LockedRooms } from './locked-rooms.js';
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
   * @throws ChatNotFoundError, NotAllowedError, UserNotFoundError, OwnerMustStayError
   */
  async put(user: AuthUser, chatId: string, userId: string, role?: Role): Promise<MemberDto> {
    const member = await this.database.write(async (manager, onCommit) => {
      const rooms = await LockedRooms.lock(manager, [
        { chatId, userId: user.id },
        { chatId, userId },
      ]);
      const chat = rooms.requireReader({ chatId, userId: user.id });
      const caller = rooms.findMember({ chatId, userId: user.id });
      const known = rooms.findMember({ chatId, userId });
      if (!known) await this.users.requireActive(manager, user.id, userId);
      const member =
        known ?? addMember(rooms, chat, { userId, isSelf: userId === user.id, caller });
      if (role && role !== member.role) giveRole(rooms, chat, caller, member, role);
      await rooms.save();
      await this.events.membersChanged(manager, onCommit, rooms.memberChanges);
      return member;
    });
    const profiles = await this.users.profiles([userId]);
    return MemberDto.of(member, profiles.get(userId)!);
  }

  /**
   * Removes a member, or leaves. An owner who is alone deletes the room by leaving.
   *
   * @throws ChatNotFoundError, MemberNotFoundError, NotAllowedError, OwnerMustStayError
   */
  async remove(user: AuthUser, chatId: string, userId: string): Promise<void> {
    const isEnded = await this.database.write(async (manager, onCommit) => {
      const rooms = await LockedRooms.lock(manager, [
        { chatId, userId: user.id },
        { chatId, userId },
      ]);
      const chat = rooms.requireReader({ chatId, userId: user.id });
      const member = rooms.findMember({ chatId, userId });
      if (!member) throw new MemberNotFoundError();
      if (userId === user.id && member.role === 'owner' && chat.memberCount === 1) {
        await this.chats.end(manager, rooms, chat);
        onCommit(() => this.events.deleted(chatId));
        return true;
      }
      requireRemovable(chat, rooms.findMember({ chatId, userId: user.id }), member);
      rooms.remove(chat, member);
      await rooms.save();
      await this.events.membersChanged(manager, onCommit, rooms.memberChanges);
      return false;
    });
    if (isEnded) await this.database.wipe();
  }
}

interface Newcomer {
  userId: string;
  isSelf: boolean;
  caller: Member | null;
}

function addMember(rooms: LockedRooms, chat: Chat, { userId, isSelf, caller }: Newcomer): Member {
  const isAllowed = isSelf
    ? chat.visibility === 'public'
    : may(caller?.role ?? null, 'addMember', chat.visibility);
  if (!isAllowed) throw new NotAllowedError();
  return rooms.join(chat, userId, 'member', new Date());
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
