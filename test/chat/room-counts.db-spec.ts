import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Chat } from '../../src/chat/chat.entity.js';
import { TooManyRoomsError } from '../../src/chat/chat.errors.js';
import { LockedRooms } from '../../src/chat/locked-rooms.js';
import { RoomCounts } from '../../src/chat/room-counts.js';
import { newId } from '../../src/crypto/ids.js';
import { AccountGoneError, UserNotFoundError } from '../../src/user/user.errors.js';
import { queriesOf } from '../support/queries.js';
import { SendPath } from '../support/send-path.js';

let path: SendPath;
let owner: string;
let other: string;
let chat: Chat;
beforeAll(async () => {
  path = await SendPath.open();
  owner = await path.givenUser();
});
afterAll(() => path.drop());

const change = <T>(work: (rooms: LockedRooms, room: Chat) => T, userIds = [other]): Promise<T> =>
  path.changeRoom(chat.id, userIds, work);

const seat = (userId: string): { chatId: string; userId: string } => ({ chatId: chat.id, userId });

describe('one whom others have put into a room', () => {
  const enter = (invitedBy: string | null = owner): Promise<void> =>
    path.database.write(async (tx) => {
      const rooms = await LockedRooms.lock(tx, [seat(owner)]);
      await rooms.lockInvited(other, owner);
      rooms.join(rooms.find(chat.id)!, other, new Date(), invitedBy);
      rooms.save();
    });

  async function givenInvited(
    fields: Partial<Parameters<SendPath['givenUser']>[0]>,
  ): Promise<void> {
    chat = await path.givenChat(owner);
    other = await path.givenUser(fields);
  }

  it('counts as such until they do something there', async () => {
    await givenInvited({});
    await enter();
    expect(await path.countsOf(other)).toEqual([1, 1]);
    const asked = await queriesOf(path.database, () =>
      change((rooms, room) => rooms.reserve(room, other, new Date())),
    );
    expect(asked.some(({ sql }) => sql.startsWith('SELECT id, room_count'))).toBe(true); // locked
    const { members } = await path.stored(chat.id);
    const own = members.find(({ user_id }) => user_id === other)!;
    expect([own.invited_by, own.read_seq]).toEqual([null, 1]);
    expect(await path.countsOf(other)).toEqual([1, 0]);
    await change((rooms) => rooms.takeUp(rooms.requireMember(seat(other))));
    expect(await path.countsOf(other)).toEqual([1, 0]);
  });

  it('counts no more once they are out again', async () => {
    await givenInvited({});
    await enter();
    await change((rooms, room) => rooms.remove(room, rooms.requireMember(seat(other))));
    expect(await path.countsOf(other)).toEqual([0, 0]);
    expect((await path.stored(chat.id)).members).toHaveLength(1);
  });

  it('leaves nothing behind who does something there and leaves at once', async () => {
    await givenInvited({});
    await enter();
    await change((rooms, room) => {
      const member = rooms.requireMember(seat(other));
      rooms.takeUp(member);
      rooms.remove(room, member);
    });
    expect((await path.stored(chat.id)).members.map(({ user_id }) => user_id)).toEqual([owner]);
    expect(await path.countsOf(other)).toEqual([0, 0]);
  });

  it('is refused where the most is reached', async () => {
    await givenInvited({ invitedCount: 500, roomCount: 500 });
    await expect(enter()).rejects.toThrow(TooManyRoomsError);
    await enter(null); // by themselves
    await givenInvited({ invitedCount: 499, roomCount: 4999 });
    await enter();
    expect(await path.countsOf(other)).toEqual([5000, 500]);
    await givenInvited({ roomCount: 5000 });
    await expect(enter(null)).rejects.toThrow('You are in 5000 chats');
    await expect(enter()).rejects.toThrow('This user is in 5000 chats');
  });

  it('is put into a hundred by one person, and by another one all the same', async () => {
    const inviter = await path.givenUser();
    await givenInvited({});
    for (let n = 0; n < 100; n++) {
      await path.givenChat(inviter, {}, [{ userId: other, invitedBy: inviter }]);
    }
    chat = await path.givenChat(inviter);
    const put = (by: string): Promise<void> =>
      path.database.write(async (tx) => {
        const rooms = await LockedRooms.lock(tx, [seat(by)]);
        await rooms.lockInvited(other, by);
        rooms.join(rooms.find(chat.id)!, other, new Date(), by);
        rooms.save();
      });
    await expect(put(inviter)).rejects.toThrow('100 by one person');
    await put(owner);
    expect(await path.countsOf(other)).toEqual([101, 101]);
  });

  it('is counted with what was entered before in the same transaction', async () => {
    const busy = await path.givenUser({ roomCount: 4999 });
    await path.database.write(async (tx) => {
      const counts = new RoomCounts(tx);
      await counts.lock([busy]);
      counts.enter({ userId: busy, invitedBy: null });
      expect(() => counts.enter({ userId: busy, invitedBy: null })).toThrow(TooManyRoomsError);
      expect(counts.rows()).toEqual([{ id: busy, room_count: 1, invited_count: 0 }]);
    });
  });

  it('is locked before, and has an account', async () => {
    await givenInvited({ erasedAt: new Date() });
    await path.database.write(async (tx) => {
      const counts = new RoomCounts(tx);
      await counts.lock([]);
      expect(() => counts.enter({ userId: owner, invitedBy: null })).toThrow('locked first');
      await counts.lock([owner, other, newId()]);
      expect(() => counts.requireLiving(owner, other)).toThrow(UserNotFoundError);
      expect(() => counts.requireLiving(other)).toThrow(AccountGoneError);
      counts.requireLiving(owner);
      expect(counts.rows()).toEqual([]);
    });
  });
});
