import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RoomPurge } from '../../src/message/change/room-purge.js';
import { expectProblem } from '../support/expect-problem.js';
import { expectCounted } from '../support/room-counts.js';
import type { Answer } from '../support/client.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { randomFrom } from '../support/random.js';

const THUMB = encodeURIComponent('👍');

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());
afterEach(() => expectCounted(app));

const givenUsers = (count: number): Promise<TestUser[]> =>
  Promise.all(Array.from({ length: count }, () => app.givenUser()));
const givenRooms = async (owner: TestUser, count: number, fields = {}): Promise<string[]> => {
  const rooms: string[] = [];
  while (rooms.length < count) rooms.push(await app.givenChat(owner, fields));
  return rooms;
};
const put = (by: TestUser, chatId: string, who: string): Promise<Answer> =>
  app.as(by).request('PUT', `/chat/${chatId}/members/${who}`);
const remove = (by: TestUser, chatId: string, who: string): Promise<Answer> =>
  app.as(by).request('DELETE', `/chat/${chatId}/members/${who}`);
const send = (by: TestUser, chatid: string, client_id?: string): Promise<Answer> =>
  app.as(by).post('/message/', { chatid, message: 'hello', client_id });
const read = (by: TestUser, chatId: string, seq: number): Promise<Answer> =>
  app.as(by).request('PUT', `/chat/${chatId}/read`, { seq });
const open = (by: TestUser, other: TestUser): Promise<Answer> =>
  app.as(by).post('/chat/direct', { user_id: other.id });

async function countsOf({ id }: TestUser): Promise<[rooms: number, invited: number]> {
  const [row] = await app.sql('SELECT room_count, invited_count FROM users WHERE id = ?', [id]);
  return [row.room_count as number, row.invited_count as number];
}

/** While `work` runs, the user is as if in so many rooms more. */
async function withMore<T>(
  { id }: TestUser,
  [rooms, invited]: [rooms: number, invited: number],
  work: () => Promise<T>,
): Promise<T> {
  const add = (by: number): Promise<unknown> =>
    app.sql(
      'UPDATE users SET room_count = room_count + ?, invited_count = invited_count + ? WHERE id = ?',
      [by * rooms, by * invited, id],
    );
  await add(1);
  try {
    return await work();
  } finally {
    await add(-1);
  }
}

/** That so many were let in, and the others told that these are too many rooms. */
function expectTaken(answers: Answer[], taken: number): void {
  const refused = answers.filter(({ status }) => status >= 300);
  expect(answers.length - refused.length).toBe(taken);
  for (const answer of refused) expectTooMany(answer);
}

function expectTooMany(answer: Answer): void {
  expectProblem(answer, 409);
  expect(answer.body.type).toBe('urn:conclave:problem:too-many-rooms');
}

describe('a user is in at most 5,000 rooms', () => {
  it('when they join, post to or react in a public one, or make one, all at once', async () => {
    const [owner, user] = await givenUsers(2);
    const rooms = await givenRooms(owner, 24);
    const ids = await Promise.all(rooms.map(async (id) => (await send(owner, id)).body.id));
    const answers = await withMore(user, [4990, 0], () =>
      Promise.all(
        rooms.map((id, n) => {
          if (n % 4 === 0) return put(user, id, 'me');
          if (n % 4 === 1) return send(user, id);
          if (n % 4 === 2)
            return app.as(user).request('PUT', `/message/${ids[n]}/reactions/${THUMB}`);
          return app.as(user).post('/chat/', { chat_name: 'own' });
        }),
      ),
    );
    expectTaken(answers, 10);
    expect(await countsOf(user)).toEqual([10, 0]);
    const { body } = await app.as(user).get('/chat/?joined=true&limit=200');
    expect(body.data).toHaveLength(10);
  });

  it('when others add them or open a direct room with them, or they do', async () => {
    const [user, ...others] = await givenUsers(8);
    const rooms = await Promise.all(others.map((it) => app.givenChat(it)));
    const answers = await withMore(user, [4997, 0], () =>
      Promise.all([
        ...others.map((by, n) => put(by, rooms[n], user.id)),
        ...others.map((by, n) => (n % 2 ? open(by, user) : open(user, by))),
      ]),
    );
    expectTaken(answers, 3);
    expect((await countsOf(user))[0]).toBe(3);
  });

  it('and still finds the direct room that is there, and posts where they are', async () => {
    const [user, other] = await givenUsers(2);
    await withMore(user, [4999, 0], async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => (n % 2 ? open(user, other) : open(other, user))),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([
        ...Array<number>(19).fill(200),
        201,
      ]);
      expect((await send(user, answers[0].body.id)).status).toBe(201);
    });
  });

  it('so that a post that would join one more writes nothing, and those beside it are taken', async () => {
    const [owner, user] = await givenUsers(2);
    const [first, second] = await givenRooms(owner, 2);
    await put(user, first, 'me');
    await withMore(user, [4999, 0], async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => send(n % 3 ? user : owner, n % 2 ? first : second)),
      );
      answers.forEach((answer, n) => {
        if (n % 3 && n % 2 === 0) expectTooMany(answer);
        else expect(answer.status).toBe(201);
      });
    });
    const { body } = await app.as(owner).get(`/chat/${second}`);
    expect(body).toMatchObject({ member_count: 1, last_seq: 4, last_change: 5 });
  });
});

describe('of rooms that others put them into and they have done nothing in', () => {
  it('100 may be by one person, however many are tried at once', async () => {
    const [owner, other, user] = await givenUsers(3);
    const rooms = await givenRooms(owner, 200, { visibility: 'private' });
    const add = async (id: string): Promise<Answer> => {
      const answer = await put(owner, id, user.id);
      // Where they are too many at once, or wait for too long, they are asked again.
      return [429, 503].includes(answer.status) ? add(id) : answer;
    };
    const answers = await Promise.all(rooms.map(add));
    expectTaken(answers, 100);
    expect(await countsOf(user)).toEqual([100, 100]);
    expectTooMany(await open(owner, user));
    expect((await put(other, await app.givenChat(other), user.id)).status).toBe(200);
    const joined = rooms.find((_, n) => answers[n].status === 200)!;
    const left = rooms.find((_, n) => answers[n].status === 409)!;
    expect((await send(user, joined)).status).toBe(201);
    expect((await put(owner, left, user.id)).status).toBe(200);
    expectTooMany(await open(owner, user));
  });

  it('500 may be', async () => {
    const [user, ...others] = await givenUsers(9);
    const rooms = await Promise.all(others.map((it) => app.givenChat(it)));
    await withMore(user, [495, 495], async () => {
      expectTaken(await Promise.all(others.map((by, n) => put(by, rooms[n], user.id))), 5);
      expectTooMany(await open(others[0], user));
      expect((await open(user, others[0])).status).toBe(201);
      expect((await put(user, await app.givenChat(others[0]), 'me')).status).toBe(200);
    });
    expect(await countsOf(user)).toEqual([7, 5]);
  });

  it('none is left once they write, react or mark as read, each counted once', async () => {
    const [owner, user] = await givenUsers(2);
    const rooms = await givenRooms(owner, 5, { visibility: 'private' });
    const ids = await Promise.all(rooms.map(async (id) => (await send(owner, id)).body.id));
    for (const id of rooms) await put(owner, id, user.id);
    const direct = (await open(owner, user)).body.id;
    expect(await countsOf(user)).toEqual([6, 6]);
    const deeds: (() => Promise<Answer>)[] = [
      () => send(user, rooms[0]),
      () => app.as(user).request('PUT', `/message/${ids[1]}/reactions/${THUMB}`),
      () => read(user, rooms[2], 1),
      () => read(user, rooms[3], 0), // where the marker does not move
      () => read(user, direct, 1e300),
    ];
    for (const [done, deed] of deeds.entries()) {
      const answers = await Promise.all(Array.from({ length: 8 }, deed));
      expect(Math.max(...answers.map(({ status }) => status))).toBeLessThan(300);
      expect(await countsOf(user)).toEqual([6, 5 - done]);
    }
    const all = [
      send(user, rooms[4]),
      read(user, rooms[4], 1),
      send(user, rooms[4]),
      read(user, rooms[4], 2),
    ];
    await Promise.all([
      ...all,
      app.as(user).request('PUT', `/message/${ids[4]}/reactions/${THUMB}`),
    ]);
    expect(await countsOf(user)).toEqual([6, 0]);
  });

  it('a repeat and a look are no deed', async () => {
    const [owner, user] = await givenUsers(2);
    const room = await app.givenChat(owner);
    await send(user, room, 'once');
    await remove(user, room, 'me');
    await put(owner, room, user.id);
    expect((await send(user, room, 'once')).status).toBe(200);
    await app.as(user).get(`/message/?chat_id=${room}`);
    await app.as(user).get(`/chat/${room}`);
    expect(await countsOf(user)).toEqual([1, 1]);
  });
});

describe('a room that is left', () => {
  it('is counted no more: left, removed from, deleted or erased', async () => {
    const [owner, user, admin] = await givenUsers(3);
    const rooms = await givenRooms(owner, 5);
    for (const id of rooms) for (const { id: who } of [user, admin]) await put(owner, id, who);
    expect(await countsOf(user)).toEqual([5, 5]);
    await remove(user, rooms[0], 'me');
    await remove(owner, rooms[1], user.id);
    expect(await countsOf(user)).toEqual([3, 3]);
    await app.as(owner).request('DELETE', `/chat/${rooms[2]}`);
    expect((await countsOf(owner))[0]).toBe(4); // at once
    await app.nest.get(RoomPurge).settle();
    expect(await countsOf(user)).toEqual([2, 2]);
    const direct = (await open(user, owner)).body.id;
    await app.as(user).request('DELETE', '/userauth/me', { password: PASSWORD });
    expect(await countsOf(user)).toEqual([1, 0]);
    expect((await app.as(owner).get(`/chat/${direct}`)).body.member_count).toBe(2);
  });

  it('makes room at once for another one of who deletes it, or leaves it alone', async () => {
    const [owner] = await givenUsers(1);
    const rooms = await givenRooms(owner, 2);
    await withMore(owner, [4998, 0], async () => {
      expectTooMany(await app.as(owner).post('/chat/', { chat_name: 'x' }));
      await app.as(owner).request('DELETE', `/chat/${rooms[0]}`);
      expect((await app.as(owner).post('/chat/', { chat_name: 'x' })).status).toBe(201);
      await remove(owner, rooms[1], 'me');
      expect((await app.as(owner).post('/chat/', { chat_name: 'x' })).status).toBe(201);
    });
  });
});

describe('the counters', () => {
  it('are those of the memberships, whatever happens at once', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    console.log(`seed ${seed} (set SEED to repeat)`);
    const random = randomFrom(seed);
    const pick = <T>(list: T[]): T => list[Math.floor(random() * list.length)];
    let users = await givenUsers(6);
    let rooms = await givenRooms(users[0], 4);
    const messages: string[] = [];
    const deed = async (): Promise<void> => {
      const [by, other, room] = [pick(users), pick(users), pick(rooms)];
      const chance = random();
      if (chance < 0.2) {
        const { status, body } = await send(by, room);
        if (status === 201) messages.push(body.id);
        return;
      }
      if (chance < 0.26)
        return void rooms.push(
          await app.givenChat(by, { visibility: pick(['public', 'private']) }),
        );
      const answer = await (chance < 0.3
        ? app.as(by).request('DELETE', `/chat/${room}`)
        : chance < 0.4
          ? put(by, room, 'me')
          : chance < 0.6
            ? put(by, room, other.id)
            : chance < 0.68
              ? remove(by, room, 'me')
              : chance < 0.74
                ? remove(by, room, other.id)
                : chance < 0.8
                  ? open(by, other)
                  : chance < 0.88
                    ? read(by, room, Math.floor(random() * 4))
                    : app.as(by).request('PUT', `/message/${pick(messages)}/reactions/${THUMB}`));
      expect(answer.status).toBeLessThan(500);
    };
    for (let round = 0; round < 40; round++) {
      await Promise.all(Array.from({ length: 12 }, deed));
      rooms = rooms.slice(-12);
      if (round % 10 === 9) {
        const [gone] = users;
        await Promise.all([
          app.as(gone).request('DELETE', '/userauth/me', { password: PASSWORD }),
          ...Array.from({ length: 8 }, deed),
        ]);
        users = [...users.slice(1), await app.givenUser()];
      }
      await expectCounted(app);
    }
    await app.nest.get(RoomPurge).settle();
  }, 180_000);
});
