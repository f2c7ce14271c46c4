import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RoomPurge } from '../../src/message/change/room-purge.js';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

interface Room {
  chatId: string;
  messageId: string;
  owner: TestUser;
  admin: TestUser;
  member: TestUser;
}

/** A room with three members, and a message with a reaction. */
async function givenRoom(fields: object = {}): Promise<Room> {
  const [owner, admin, member] = [
    await app.givenUser(),
    await app.givenUser(),
    await app.givenUser(),
  ];
  const chatId = await app.givenChat(owner, fields);
  for (const [{ id }, role] of [[admin, 'admin'] as const, [member, 'member'] as const]) {
    await app.as(owner).request('PUT', `/chat/${chatId}/members/${id}`, { role });
  }
  const { body } = await app.as(member).post('/message/', { chatid: chatId, message: 'hello' });
  await app.as(owner).request('PUT', `/message/${body.id}/reactions/%F0%9F%91%8D`);
  return { chatId, messageId: body.id, owner, admin, member };
}

const viewOf = async (by: TestUser, chatId: string): Promise<Record<string, unknown>> =>
  (await app.as(by).get(`/chat/${chatId}`)).body;

/** How many rows there are of a room, by table. */
async function rowsOf(of: TestApp, { chatId, messageId }: Room): Promise<Record<string, number>> {
  const where: [table: string, column: string, id: string][] = [
    ['chat', 'id', chatId],
    ['member', 'chat_id', chatId],
    ['message', 'chat_id', chatId],
    ['reaction', 'message_id', messageId],
    ['wrapped_key', 'owner_id', chatId],
  ];
  const counts: Record<string, number> = {};
  for (const [table, column, id] of where) {
    const rows = await of.sql(`SELECT ${column} FROM ${table} WHERE ${column} = ?`, [id]);
    counts[table] = rows.length;
  }
  return counts;
}

const NO_ROWS = { chat: 0, member: 0, message: 0, reaction: 0, wrapped_key: 0 };

/** That everything about the room is a 404, or not listed, for these users. */
async function expectGone({ chatId, messageId }: Room, users: TestUser[]): Promise<void> {
  const message = `/message/${messageId}`;
  const calls: [method: string, path: string, body?: object][] = [
    ['GET', `/chat/${chatId}`],
    ['PATCH', `/chat/${chatId}`, { chat_name: 'x' }],
    ['DELETE', `/chat/${chatId}`],
    ['GET', `/chat/${chatId}/members`],
    ['PUT', `/chat/${chatId}/members/me`, {}],
    ['PUT', `/chat/${chatId}/members/${users[0].id}`, { role: 'admin' }],
    ['DELETE', `/chat/${chatId}/members/me`],
    ['DELETE', `/chat/${chatId}/members/${users[0].id}`],
    ['PUT', `/chat/${chatId}/read`, { seq: 1 }],
    ['POST', '/message/', { chatid: chatId, message: 'x' }],
    ['GET', `/message/?chat_id=${chatId}`],
    ['GET', message],
    ['PATCH', message, { message: 'x' }],
    ['DELETE', message],
    ['PUT', `${message}/reactions/%F0%9F%91%8D`],
    ['DELETE', `${message}/reactions/%F0%9F%91%8D`],
  ];
  for (const { client } of users) {
    for (const [method, path, body] of calls) {
      expectProblem(await client.request(method, path, body), 404);
    }
    for (const query of ['?limit=200', '?joined=true&limit=200']) {
      const { body } = await client.get(`/chat/${query}`);
      expect(body.data.map(({ id }: { id: string }) => id)).not.toContain(chatId);
    }
  }
}

describe('changing a room', () => {
  it('renames it, for owner and admins', async () => {
    const { chatId, owner, admin, member } = await givenRoom();
    for (const [by, chat_name] of [[owner, 'A'] as const, [admin, 'Ünï 🚪'] as const]) {
      const before = await viewOf(by, chatId);
      const { status, body } = await app.as(by).patch(`/chat/${chatId}`, { chat_name });
      const last_change = (before.last_change as number) + 1;
      expect([status, body]).toEqual([200, { ...before, chat_name, last_change }]);
      expect(await viewOf(by, chatId)).toEqual(body);
    }
    const stranger = await app.givenUser();
    for (const by of [member, stranger]) {
      expectProblem(await app.as(by).patch(`/chat/${chatId}`, { chat_name: 'x' }), 403);
    }
  });

  it('changes who sees it, for the owner alone', async () => {
    const { chatId, owner, admin, member } = await givenRoom();
    const stranger = await app.givenUser();
    const see = async (): Promise<number> => (await app.as(stranger).get(`/chat/${chatId}`)).status;
    for (const by of [admin, member]) {
      const both = { chat_name: 'x', visibility: 'private' };
      expectProblem(await app.as(by).patch(`/chat/${chatId}`, { visibility: 'private' }), 403);
      expectProblem(await app.as(by).patch(`/chat/${chatId}`, both), 403);
    }
    expect(await viewOf(owner, chatId)).toMatchObject({ chat_name: 'Room', visibility: 'public' });
    for (const [visibility, status] of [['private', 404] as const, ['public', 200] as const]) {
      const { body } = await app.as(owner).patch(`/chat/${chatId}`, { visibility });
      expect(body.visibility).toBe(visibility);
      expect(await see()).toBe(status);
    }
  });

  it('takes no change for what is so already', async () => {
    const { chatId, owner } = await givenRoom();
    const before = await viewOf(owner, chatId);
    for (const body of [{ chat_name: 'Room' }, { chat_name: 'Room', visibility: 'public' }]) {
      const answer = await app.as(owner).patch(`/chat/${chatId}`, body);
      expect([answer.status, answer.body]).toEqual([200, before]);
    }
  });

  it('refuses nothing, null, and what no room has', async () => {
    const { chatId, owner } = await givenRoom();
    const before = await viewOf(owner, chatId);
    const patch = (body: object): ReturnType<typeof owner.client.patch> =>
      app.as(owner).patch(`/chat/${chatId}`, body);
    expectInvalid(await patch({}), 'body');
    for (const chat_name of [null, '', '  ', 'a\nb', 'x'.repeat(201), 7]) {
      expectInvalid(await patch({ chat_name }), 'chat_name');
    }
    for (const visibility of [null, 'direct', 'secret', '']) {
      expectInvalid(await patch({ visibility }), 'visibility');
    }
    expectInvalid(await patch({ created_by: randomUUID() }), 'created_by');
    expect(await viewOf(owner, chatId)).toEqual(before);
  });
});

describe('deleting a room', () => {
  it('is for its owner alone', async () => {
    const { chatId, admin, member } = await givenRoom();
    for (const by of [admin, member, await app.givenUser()]) {
      expectProblem(await app.as(by).request('DELETE', `/chat/${chatId}`), 403);
    }
    expect((await viewOf(member, chatId)).last_seq).toBe(1);
  });

  it.each(['public', 'private'])('ends a %s room for everyone, at once', async (visibility) => {
    const room = await givenRoom({ visibility });
    const keep = await givenRoom({ visibility });
    const { owner, admin, member } = room;
    const before = await rowsOf(app, keep);
    const { status } = await app.as(owner).request('DELETE', `/chat/${room.chatId}`);
    const { wrapped_key } = await rowsOf(app, room);
    expect([status, wrapped_key]).toEqual([204, 0]);
    const users = [owner, admin, member, await app.givenUser()];
    await expectGone(room, users);
    await app.nest.get(RoomPurge).settle();
    expect(await rowsOf(app, room)).toEqual(NO_ROWS);
    expect(await rowsOf(app, keep)).toEqual(before);
    await expectGone(room, users);
  });

  it('clears away more than one batch of messages', async () => {
    const room = await givenRoom();
    for (let round = 0; round < 6; round++) {
      await Promise.all(
        Array.from({ length: 100 }, () =>
          app.as(room.owner).post('/message/', { chatid: room.chatId, message: 'x' }),
        ),
      );
    }
    expect((await rowsOf(app, room)).message).toBe(601);
    await app.as(room.owner).request('DELETE', `/chat/${room.chatId}`);
    await app.nest.get(RoomPurge).settle();
    expect(await rowsOf(app, room)).toEqual(NO_ROWS);
  });

  it('is gone on with at the next start', async () => {
    const room = await givenRoom();
    const keep = await givenRoom();
    const before = await rowsOf(app, keep);
    await app.sql('DELETE FROM wrapped_key WHERE owner_id = ?', [room.chatId]);
    await app.sql('UPDATE chat SET deleted_at = ? WHERE id = ?', [Date.now(), room.chatId]);
    await app.close();
    const again = await TestApp.start({}, app.database);
    app = again;
    await again.nest.get(RoomPurge).settle();
    expect(await rowsOf(again, room)).toEqual(NO_ROWS);
    expect(await rowsOf(again, keep)).toEqual(before);
  });
});

describe('listing rooms with joined=true', () => {
  it('shows those one is in, page by page', async () => {
    const [user, other] = [await app.givenUser(), await app.givenUser()];
    const own: string[] = [];
    for (let index = 0; index < 5; index++) {
      const visibility = index % 2 ? 'private' : 'public';
      own.push(await app.givenChat(user, { visibility }));
      await app.givenChat(other, { visibility });
    }
    const joined = await app.givenChat(other);
    await app.as(user).request('PUT', `/chat/${joined}/members/me`, {});
    own.push((await app.as(other).post('/chat/direct', { user_id: user.id })).body.id, joined);
    const found: string[] = [];
    for (let after = ''; ; after = `&after=${found.at(-1)}`) {
      const { body } = await app.as(user).get(`/chat/?joined=true&limit=3${after}`);
      found.push(...body.data.map(({ id }: { id: string }) => id));
      if (!body.has_more) break;
      expect(body.data).toHaveLength(3);
    }
    expect(found).toEqual([...own].sort());
    expectInvalid(await app.as(user).get('/chat/?joined=false'), 'joined');
  });
});

describe('finding users', () => {
  it('shows what everybody sees of them, and nothing more', async () => {
    const ada = await app.givenUser({ fname: 'Ada', lname: 'Lovelace', profile: 'x' });
    const other = await app.givenUser();
    const profile = { id: ada.id, fname: 'Ada', lname: 'Lovelace', profile: 'x' };
    const one = await app.as(other).get(`/users/${ada.id}`);
    expect([one.status, one.body]).toEqual([200, profile]);
    for (const email of [ada.email, ada.email.toUpperCase()]) {
      const { status, body } = await app.as(other).get(`/users/?email=${email}`);
      expect([status, body]).toEqual([200, { data: [profile], has_more: false }]);
    }
  });

  it('finds none by anything but the whole e-mail', async () => {
    const ada = await app.givenUser();
    const [name, host] = ada.email.split('@');
    for (const email of [`x${ada.email}`, `${ada.email}.org`, `_${ada.email.slice(1)}`]) {
      const { status, body } = await app.as(ada).get(`/users/?email=${email}`);
      expect([status, body]).toEqual([200, { data: [], has_more: false }]);
    }
    for (const email of [name, `${name}@`, `@${host}`, `${name}%25`, '%25']) {
      expectInvalid(await app.as(ada).get(`/users/?email=${email}`), 'email');
    }
    expectInvalid(await app.as(ada).get('/users/'), 'email');
    expectProblem(await app.as(ada).get(`/users/${randomUUID()}`), 404);
    expectInvalid(await app.as(ada).get('/users/x'), 'user_id');
  });

  it('shows up to 100 at once, in the order asked for, but for those who are not there', async () => {
    const [ada, bob, gone] = [
      await app.givenUser({ fname: 'Ada' }),
      await app.givenUser({ fname: 'Bob', profile: 'y' }),
      await app.givenUser({ fname: 'Eve' }),
    ];
    await app.as(gone).request('DELETE', '/userauth/me', { password: PASSWORD });
    const shown = [
      { id: bob.id, fname: 'Bob', lname: null, profile: 'y' },
      { id: ada.id, fname: 'Ada', lname: null, profile: null },
    ];
    const ids = [bob.id, randomUUID(), gone.id, ada.id, bob.id];
    const some = await app.as(ada).get(`/users/?ids=${ids.join()}`);
    expect([some.status, some.body]).toEqual([200, { data: shown, has_more: false }]);
    const none = await app.as(ada).get(`/users/?ids=${gone.id}`);
    expect([none.status, none.body]).toEqual([200, { data: [], has_more: false }]);

    const many = Array.from({ length: 100 }, () => randomUUID());
    expect((await app.as(ada).get(`/users/?ids=${many.join()}`)).status).toBe(200);
    const faulty = ['', ',', 'x', `${ada.id},`, `${ada.id};${bob.id}`, ada.id.toUpperCase()];
    for (const text of [...faulty, [...many, ada.id].join()]) {
      const { errors } = expectInvalid(await app.as(ada).get(`/users/?ids=${text}`), 'ids');
      expect(errors![0].messages).toEqual([
        'ids must be 1 to 100 ids as this API gives them (lower-case UUIDs), with commas between them',
      ]);
    }
  });

  it('is asked for either by e-mail or by ids', async () => {
    const ada = await app.givenUser();
    for (const query of ['', `?email=${ada.email}&ids=${ada.id}`]) {
      const { errors } = expectInvalid(await app.as(ada).get(`/users/${query}`), 'email');
      expect(errors![0].messages).toEqual(['Give either email or ids']);
    }
  });
});
