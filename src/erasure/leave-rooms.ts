import type { Chat } from '../chat/chat.entity.js';
import type { LockedRooms } from '../chat/locked-rooms.js';
import type { Member } from '../chat/member.entity.js';
import { MEMBER_COLUMNS, type MemberRow, toMember } from '../chat/room-rows.js';
import { inSlices } from '../common/slices.js';
import { statement } from '../database/statement.js';
import type { Transaction } from '../database/transaction.js';

/** Members that are gone through in one turn, which takes some milliseconds; of a larger room all at once. */
const MEMBERS_AT_ONCE = 2000;

/** Index member(user_id, chat_id). Parameter: user. */
const ROOMS_OF = statement({
  name: 'rooms_of_user',
  postgres: 'SELECT chat_id FROM member WHERE user_id = $1 ORDER BY chat_id',
  sqlite: 'SELECT chat_id FROM member WHERE user_id = ? ORDER BY chat_id',
});

const COLUMNS = MEMBER_COLUMNS.replaceAll('member.', 'successor.');
const IN_ORDER = `row_number() OVER (PARTITION BY chat_id ORDER BY role = 'admin' DESC, joined_at, user_id)`;

/** Of each room the longest-standing admin, else member. By the primary key. Parameters: rooms, who is to go. */
const FIND_SUCCESSORS = statement({
  name: 'find_successors',
  postgres: `SELECT ${COLUMNS} FROM (SELECT *, ${IN_ORDER} AS place FROM member
    WHERE chat_id = ANY($1::uuid[]) AND user_id <> $2) AS successor WHERE place = 1`,
  sqlite: `SELECT ${COLUMNS} FROM (SELECT *, ${IN_ORDER} AS place FROM member
    WHERE chat_id IN (SELECT value FROM json_each(?)) AND user_id <> ?) AS successor WHERE place = 1`,
});

/** The rooms that a user is in. */
export async function roomsOf(tx: Transaction, userId: string): Promise<string[]> {
  return (await tx.rows<[string]>(ROOMS_OF, [userId])).map(([chatId]) => chatId);
}

/**
 * Leaves locked rooms, but for direct ones, and passes on those that were owned. It gives way to others in
 * between: of 5,000 rooms it takes long.
 *
 * @returns those that ended, since nobody was there to take them
 */
export async function leaveAll(
  tx: Transaction,
  rooms: LockedRooms,
  userId: string,
  chatIds: string[],
): Promise<string[]> {
  const seats = chatIds.flatMap((chatId) => {
    const [chat, member] = [rooms.find(chatId), rooms.findMember({ chatId, userId })];
    return chat && member && chat.visibility !== 'direct' ? [{ chat, member }] : [];
  });
  const owned = seats.filter(({ member }) => member.role === 'owner').map(({ chat }) => chat);
  const successors = await successorsOf(tx, owned, userId);
  const ended: string[] = [];
  await inSlices(seats, ({ chat, member }) => {
    const successor = successors.get(chat.id);
    if (member.role === 'owner' && !successor) {
      rooms.end(chat, member);
      ended.push(chat.id);
      return;
    }
    if (member.role === 'owner') rooms.passOn(chat, successor!);
    rooms.remove(chat, member);
  });
  return ended;
}

async function successorsOf(
  tx: Transaction,
  chats: Chat[],
  userId: string,
): Promise<Map<string, Member>> {
  const found = await inSlices(byMembers(chats), (ids) =>
    tx.rows<MemberRow>(FIND_SUCCESSORS, [ids, userId]),
  );
  return new Map(found.flat().map((row) => [row[0], toMember(row)]));
}

/** Their ids, in parts that have so many members together. */
function byMembers(chats: Chat[]): string[][] {
  const parts: string[][] = [];
  let members = Infinity;
  for (const { id, memberCount } of chats) {
    members += memberCount;
    if (members <= MEMBERS_AT_ONCE) {
      parts[parts.length - 1].push(id);
    } else {
      parts.push([id]);
      members = memberCount;
    }
  }
  return parts;
}
