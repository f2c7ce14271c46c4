import type { Transaction } from '../database/transaction.js';
import { RoomCounts } from './room-counts.js';
import { memberRow, type MemberRow, toMember } from './room-rows.js';
import { LIST_MEMBERS, LOCK_CHATS, WRITE_ROOMS } from './room-statements.js';

/**
 * Ends so many memberships of a room that is over, and counts them out of its members' rooms.
 *
 * @returns how many there were
 */
export async function endMemberships(
  tx: Transaction,
  chatId: string,
  limit: number,
): Promise<number> {
  await tx.rows(LOCK_CHATS, [[chatId]]); // as everyone does who changes memberships
  const members = (await tx.rows<MemberRow>(LIST_MEMBERS, [chatId, limit])).map(toMember);
  const counts = new RoomCounts(tx);
  await counts.lock(members.map(({ userId }) => userId));
  for (const member of members) counts.leave(member);
  const lists = [[], [], [], [], members.map(memberRow), counts.rows()];
  tx.commitWith({ statement: WRITE_ROOMS, lists });
  return members.length;
}
