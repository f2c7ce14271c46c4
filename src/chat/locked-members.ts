import type { Chat } from './chat.entity.js';
import { RoomFullError } from './chat.errors.js';
import { keyOf, LockedRows, type Rows } from './locked-rows.js';
import type { Member, Role } from './member.entity.js';
import type { RoomCounts } from './room-counts.js';
import type { RoomWrites } from './room-writes.js';

/** What happened to a membership, as it and its room stood right then. */
export interface MemberChange {
  change: number;
  member: Member;
  memberCount: number;
  action: 'added' | 'changed' | 'removed';
}

/** What the counters of a room can hold. */
export const MAX_COUNT = 2_147_483_647;

/** Who comes, goes and gets another role in locked rooms; each takes the room's next change. */
export abstract class LockedMembers extends LockedRows {
  /** Every change of a membership, in their order. */
  readonly memberChanges: MemberChange[] = [];

  protected constructor(
    rows: Rows,
    protected readonly counts: RoomCounts,
    protected readonly writes: RoomWrites,
  ) {
    super(rows);
  }

  /** Takes the room's next change. @throws RoomFullError */
  change(chat: Chat): number {
    if (chat.lastChange === MAX_COUNT) throw new RoomFullError();
    return this.changeAnyway(chat);
  }

  /** The same for what takes away: in a room that has counted to its end, the count stays there. */
  changeAnyway(chat: Chat): number {
    this.writes.chat(chat);
    chat.lastChange = Math.min(chat.lastChange + 1, MAX_COUNT);
    return chat.lastChange;
  }

  /** @throws RoomFullError, TooManyRoomsError */
  memberOrJoin(chat: Chat, userId: string, now: Date): Member {
    const member = this.findMember({ chatId: chat.id, userId });
    if (!member) return this.join(chat, userId, now);
    this.takeUp(member);
    return member;
  }

  /** Notes that a member has done something in the room. */
  takeUp(member: Member): void {
    if (member.invitedBy === null) return;
    this.counts.takeUp(member.userId);
    member.invitedBy = null;
    this.writes.taken(member);
  }

  /**
   * @param invitedBy who put them there, if they did not come by themselves
   * @throws RoomFullError, TooManyRoomsError
   */
  join(chat: Chat, userId: string, joinedAt: Date, invitedBy: string | null = null): Member {
    const seat = { chatId: chat.id, userId };
    const member: Member = { ...seat, role: 'member', joinedAt, readSeq: chat.lastSeq, invitedBy };
    this.counts.enter(member);
    chat.memberCount++;
    this.noteMember(chat, member, this.change(chat), 'added');
    this.rows.members.set(keyOf(member), member);
    this.writes.member(member);
    return member;
  }

  remove(chat: Chat, member: Member): void {
    chat.memberCount--;
    this.noteMember(chat, member, this.changeAnyway(chat), 'removed');
    this.drop(member);
  }

  /** @throws RoomFullError */
  setRole(chat: Chat, member: Member, role: Role): void {
    this.giveRole(chat, member, role, this.change(chat));
  }

  /** Gives the room another owner, whose own has to go. */
  passOn(chat: Chat, successor: Member): void {
    this.giveRole(chat, successor, 'owner', this.changeAnyway(chat));
  }

  protected drop(member: Member): void {
    this.counts.leave(member);
    this.rows.members.delete(keyOf(member));
    this.writes.gone(member);
  }

  private giveRole(chat: Chat, member: Member, role: Role, change: number): void {
    member.role = role;
    this.noteMember(chat, member, change, 'changed');
    this.writes.member(member);
  }

  private noteMember(
    { memberCount }: Chat,
    member: Member,
    change: number,
    action: MemberChange['action'],
  ): void {
    this.memberChanges.push({ change, member: { ...member }, memberCount, action });
  }
}
