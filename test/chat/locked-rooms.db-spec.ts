import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Chat } from '../../src/chat/chat.entity.js';
import { ChatNotFoundError, NotAMemberError, RoomFullError } from '../../src/chat/chat.errors.js';
import { LockedRooms } from '../../src/chat/locked-rooms.js';
import type { Member } from '../../src/chat/member.entity.js';
import { AccountGoneError } from '../../src/user/user.errors.js';
import { Gate } from '../support/gate.js';
import { SendPath, type StoredRoom } from '../support/send-path.js';

const END = 2 ** 31 - 1;

let path: SendPath;
let owner: string;
let other: string;
let chat: Chat;
beforeAll(async () => {
  path = await SendPath.open();
  owner = await path.givenUser();
});
afterAll(() => path.drop());

async function givenRoom(
  fields: Partial<Chat> = {},
  members: Partial<Member>[] = [],
): Promise<void> {
  other = await path.givenUser();
  chat = await path.givenChat(owner, fields, [{ userId: other }, ...members]);
}

const change = <T>(
  work: (rooms: LockedRooms, room: Chat) => T,
  userIds = [owner, other],
): Promise<T> => path.changeRoom(chat.id, userIds, work);

const seat = (userId: string): { chatId: string; userId: string } => ({ chatId: chat.id, userId });

const stored = (): Promise<StoredRoom> => path.stored(chat.id);

describe('locked rooms', () => {
  it('are none that are over, and show nothing to whom they are not there for', async () => {
    await givenRoom({ visibility: 'private' });
    const [stranger, gone] = [
      await path.givenUser(),
      await path.givenUser({ erasedAt: new Date() }),
    ];
    await change(
      (rooms, room) => {
        expect(rooms.requireReader(seat(other))).toBe(room);
        expect(rooms.requireMember(seat(other)).userId).toBe(other);
        expect(() => rooms.requireReader(seat(stranger))).toThrow(ChatNotFoundError);
        expect(() => rooms.requireReader(seat(gone))).toThrow(AccountGoneError);
        expect(rooms.findLiving(gone)).toBe(null);
        expect(rooms.findPerson(gone)?.id).toBe(gone);
        room.visibility = 'public';
        expect(rooms.requireReader(seat(stranger))).toBe(room);
        expect(() => rooms.requireMember(seat(stranger))).toThrow(NotAMemberError);
      },
      [owner, other, stranger, gone],
    );
    await givenRoom({ deletedAt: new Date() });
    const found = await path.database.write(async (tx) => {
      const rooms = await LockedRooms.lock(tx, [seat(owner)]);
      expect(() => rooms.requireReader(seat(owner))).toThrow(ChatNotFoundError);
      return rooms.find(chat.id);
    });
    expect(found).toBe(null);
  });

  it('are held until the end: of two that count, the second sees what the first has left', async () => {
    await givenRoom();
    const gate = new Gate();
    const count = async (pass?: Promise<void>): Promise<number> =>
      path.database.write(async (tx) => {
        const rooms = await LockedRooms.lock(tx, [seat(owner)]);
        await pass;
        const room = rooms.find(chat.id)!;
        const taken = rooms.change(room);
        rooms.save();
        return taken;
      });
    const both = [count(gate.pass()), count()];
    await gate.reached;
    gate.open();
    expect((await Promise.all(both)).sort()).toEqual([2, 3]);
    expect((await stored()).room).toMatchObject({ last_change: 3 });
  });
});

describe('a message that takes its place', () => {
  it('moves its sender on, who joins by it where the room is public', async () => {
    await givenRoom({ lastSeq: 4, lastChange: 9 });
    const newcomer = await path.givenUser();
    const now = new Date(Date.now() + 5);
    const places = await change(
      (rooms, room) => [
        rooms.reserve(room, other, now),
        rooms.reserve(room, newcomer, now),
        rooms.memberChanges.map(({ change: at, action, memberCount }) => [at, action, memberCount]),
      ],
      [other, newcomer],
    );
    expect(places).toEqual([{ seq: 5, change: 10 }, { seq: 6, change: 12 }, [[11, 'added', 3]]]);
    const { room, members } = await stored();
    expect(room).toMatchObject({ last_seq: 6, last_change: 12, member_count: 3 });
    expect(Number(room.last_message_at)).toBe(now.getTime());
    const read = Object.fromEntries(members.map(({ user_id, read_seq }) => [user_id, read_seq]));
    expect(read).toEqual({ [owner]: 0, [other]: 5, [newcomer]: 6 });
    expect(await path.countsOf(newcomer)).toEqual([1, 0]);
  });

  it('does not move back a marker that has moved on meanwhile', async () => {
    await givenRoom({ lastSeq: 4 });
    await path.database.write(({ manager }) =>
      manager.query(`UPDATE member SET read_seq = 9 WHERE user_id = '${other}'`),
    );
    await path.database.write(async (tx) => {
      const rooms = await LockedRooms.lock(tx, [seat(other)]);
      rooms.findMember(seat(other))!.readSeq = 0; // as it was read before
      rooms.reserve(rooms.find(chat.id)!, other, new Date());
      rooms.save();
    });
    const { members } = await stored();
    expect(members.find(({ user_id }) => user_id === other)!.read_seq).toBe(9);
  });

  it('finds none where the room has counted to its end, and nothing is written then', async () => {
    for (const fields of [{ lastSeq: END }, { lastChange: END }]) {
      await givenRoom(fields);
      await change((rooms, room) => {
        expect(() => rooms.reserve(room, other, new Date())).toThrow(RoomFullError);
        if (fields.lastChange) expect(() => rooms.change(room)).toThrow(RoomFullError);
      });
      expect((await stored()).room).toMatchObject({ member_count: 2 });
    }
    await givenRoom({ lastChange: END - 1 });
    const newcomer = await path.givenUser();
    await change(
      (rooms, room) => {
        expect(() => rooms.reserve(room, newcomer, new Date())).toThrow(RoomFullError);
        expect(rooms.reserve(room, other, new Date())).toEqual({ seq: 1, change: END });
      },
      [other, newcomer],
    );
    expect((await stored()).members).toHaveLength(2);
  });
});

describe('what is taken away', () => {
  it('is taken also where the room has counted to its end', async () => {
    await givenRoom({ lastChange: END });
    await change((rooms, room) => {
      expect(rooms.changeAnyway(room)).toBe(END);
      expect(rooms.changeForTombstone(room, 3)).toBe(END);
      expect(rooms.changeForTombstone(room, 2)).toBe(END);
      rooms.remove(room, rooms.requireMember(seat(other)));
      expect(rooms.findMember(seat(other))).toBe(null);
    });
    const { room, members } = await stored();
    expect(room).toMatchObject({ last_change: END, last_deleted_seq: 3, member_count: 1 });
    expect(members.map(({ user_id }) => user_id)).toEqual([owner]);
    expect(await path.countsOf(other)).toEqual([0, 0]);
  });

  it('takes the room from everybody, and its owner out of it at once', async () => {
    await givenRoom();
    const before = await path.countsOf(owner);
    await change((rooms, room) => rooms.end(room, rooms.requireMember(seat(owner))));
    const { room, members } = await stored();
    expect(room.deleted_at).not.toBe(null);
    expect(room.last_change).toBe(2);
    expect(members.map(({ user_id }) => user_id)).toEqual([other]);
    expect(await path.countsOf(owner)).toEqual([before[0] - 1, 0]);
  });
});

describe('a role', () => {
  it('is given with a change of its own, and handed over in a full room too', async () => {
    await givenRoom({ lastChange: END - 1 });
    await change((rooms, room) => {
      const member = rooms.requireMember(seat(other));
      rooms.setRole(room, member, 'admin');
      expect(() => rooms.setRole(room, member, 'member')).toThrow(RoomFullError);
      rooms.passOn(room, member);
      expect(rooms.memberChanges.map(({ member: { role } }) => role)).toEqual(['admin', 'owner']);
    });
    const { members } = await stored();
    expect(members.find(({ user_id }) => user_id === other)!.role).toBe('owner');
  });
});

describe('what sends write as a rule', () => {
  it('is all that is to be written, or is not said to be', async () => {
    const newcomer = await path.givenUser();
    const invited = await path.givenUser();
    await givenRoom({}, [{ userId: invited, invitedBy: owner }]);
    const common = async (
      work: (rooms: LockedRooms, room: Chat) => unknown,
    ): Promise<number[] | undefined> =>
      change(
        (rooms, room) => {
          work(rooms, room);
          const writes = rooms.commonWrites;
          return writes && [writes.counts.length, writes.members.length];
        },
        [owner, other, newcomer, invited],
      );
    const now = new Date();
    expect(await common((rooms, room) => rooms.reserve(room, other, now))).toEqual([1, 1]);
    expect(await common((rooms, room) => rooms.change(room))).toEqual([1, 0]);
    expect(await common((rooms, room) => rooms.reserve(room, invited, now))).toBe(undefined);
    expect(await common((rooms, room) => rooms.reserve(room, newcomer, now))).toBe(undefined);
    expect(
      await common((rooms, room) => {
        room.chatName = 'Renamed';
        rooms.change(room);
      }),
    ).toBe(undefined);
    expect((await stored()).room.chat_name).toBe('Renamed');
    const remove = (rooms: LockedRooms, room: Chat): void =>
      rooms.remove(room, rooms.requireMember(seat(other)));
    expect(await common(remove)).toBe(undefined);
  });
});
