import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, Repository } from 'typeorm';
import type { AuthUser } from '../common/current-user.js';
import { pageOf } from '../common/page.js';
import { Database } from '../database/database.js';
import { UserService } from '../user/user.service.js';
import type { Chat } from './chat.entity.js';
import { MemberNotFoundError, NotAllowedError, OwnerMustStayError } from './chat.errors.js';
import { ChatService } from './chat.service.js';
import { LockedRooms } from './locked-rooms.js';
import { MemberDto, type MemberPageDto, type MemberQuery } from './member.dto.js';
import { Member, type Role } from './member.entity.js';
import { may } from './policy.js';

@Injectable()
export class MemberService {
  constructor(
    @InjectRepository(Member) private readonly members: Repository<Member>,
    private readonly chats: ChatService,
    private readonly users: UserService,
    private readonly database: Database,
  ) {}

  async list(user: AuthUser, chatId: string, query: MemberQuery): Promise<MemberPageDto> {
    await this.chats.requireReader(user.id, chatId);
    const rows = await this.members.find({
      where: { chatId, ...(query.after && { userId: MoreThan(query.after) }) },
      order: { userId: 'ASC' },
      take: query.limit + 1,
    });
    const { data, has_more } = pageOf(rows, query.limit);
    const profiles = await this.users.profiles(data.map((member) => member.userId));
    return { data: data.map((row) => MemberDto.of(row, profiles.get(row.userId)!)), has_more };
  }

  /**
   * Adds a member, changes a role, or joins.
   *
   * @param role what they are to be; unset leaves a member's as it is
   * @throws ChatNotFoundError, NotAllowedError, UserNotFoundError, OwnerMustStayError
   */
  async put(user: AuthUser, chatId: string, userId: string, role?: Role): Promise<MemberDto> {
    const member = await this.database.write(async (manager) => {
      const rooms = await LockedRooms.lock(manager, [
        { chatId, userId: user.id },
        { chatId, userId },
      ]);
      const chat = rooms.requireReader({ chatId, userId: user.id });
      const caller = rooms.findMember({ chatId, userId: user.id });
      const known = rooms.findMember({ chatId, userId });
      if (!known) await this.users.requireActive(manager, [userId]);
      const member =
        known ?? addMember(rooms, chat, { userId, isSelf: userId === user.id, caller });
      if (role && role !== member.role) giveRole(rooms, chat, caller, member, role);
      await rooms.save();
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
    const isEnded = await this.database.write(async (manager) => {
      const rooms = await LockedRooms.lock(manager, [
        { chatId, userId: user.id },
        { chatId, userId },
      ]);
      const chat = rooms.requireReader({ chatId, userId: user.id });
      const member = rooms.findMember({ chatId, userId });
      if (!member) throw new MemberNotFoundError();
      if (userId === user.id && member.role === 'owner' && chat.memberCount === 1) {
        await this.chats.end(manager, rooms, chat);
        return true;
      }
      requireRemovable(chat, rooms.findMember({ chatId, userId: user.id }), member);
      rooms.remove(chat, member);
      await rooms.save();
      return false;
    });
    if (isEnded) await this.chats.ended(chatId);
  }

  /** Moves the caller's own read marker, which never moves back. @throws NotAMemberError */
  async read(user: AuthUser, chatId: string, seq: number): Promise<void> {
    await this.database.write(async (manager) => {
      const seat = { chatId, userId: user.id };
      const rooms = await LockedRooms.lock(manager, [seat]);
      const member = rooms.requireMember(seat);
      rooms.read(rooms.requireReader(seat), member, seq);
      await rooms.save();
    });
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
