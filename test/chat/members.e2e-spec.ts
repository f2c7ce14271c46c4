import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectProblem } from '../support/expect-problem.js';
import type { Answer } from '../support/client.js';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

type Who = TestUser | 'me';

const pathOf = (chatId: string, who: Who): string =>
  `/chat/${chatId}/members/${who === 'me' ? who : who.id}`;
const put = (by: TestUser, chatId: string, who: Who, role?: string): Promise<Answer> =>
  app.as(by).request('PUT', pathOf(chatId, who), { role });
const remove = (by: TestUser, chatId: string, who: Who): Promise<Answer> =>
  app.as(by).request('DELETE', pathOf(chatId, who));
const read = (by: TestUser, chatId: string, seq: number): Promise<Answer> =>
  app.as(by).request('PUT', `/chat/${chatId}/read`, { seq });
const send = (by: TestUser, chatId: string): Promise<Answer> =>
  app.as(by).post('/message/', { chatid: chatId, message: 'hello' });

/** A room with an owner, two admins and two members. */
async function givenRoom(fields: object = {}): Promise<Room> {
  const [owner, admin, admin2, member, member2, stranger] = await Promise.all(
    Array.from({ length: 6 }, () => app.givenUser()),
  );
  const chatId = await app.givenChat(owner, fields);
  for (const it of [admin, admin2, member, member2]) {
    const role = it === admin || it === admin2 ? 'admin' : 'member';
    expect((await put(owner, chatId, it, role)).status).toBe(200);
  }
  return { chatId, owner, admin, admin2, member, member2, stranger };
}

type Room = { chatId: string } & Record<
  'owner' | 'admin' | 'admin2' | 'member' | 'member2' | 'stranger',
  TestUser
>;

/** The room's members by role, as `by` lists them, once `member_count` is found right. */
async function rolesOf(by: TestUser, chatId: string): Promise<Record<string, string>> {
  const { body } = await app.as(by).get(`/chat/${chatId}/members`);
  const chat = await app.as(by).get(`/chat/${chatId}`);
  expect(chat.body.member_count).toBe(body.data.length);
  return Object.fromEntries(
    body.data.map((it: { user: { id: string }; role: string }) => [it.user.id, it.role]),
  );
}

/** That `work` answers `status` and takes so many of the room's changes. */
async function expectChanges(
  room: { chatId: string; owner: TestUser },
  changes: number,
  status: number,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const lastChange = async (): Promise<number> =>
    (await app.as(room.owner).get(`/chat/${room.chatId}`)).body.last_change;
  const before = await lastChange();
  const answer = await work();
  expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  expect((await lastChange()) - before).toBe(changes);
  return answer;
}

describe('the list of members', () => {
  it('goes by user id, page by page', async () => {
    const { chatId, owner, admin, admin2, member, member2 } = await givenRoom();
    const found: string[] = [];
    for (let after = ''; ; after = `&after=${found.at(-1)}`) {
      const { status, body } = await app.as(owner).get(`/chat/${chatId}/members?limit=2${after}`);
      expect(status).toBe(200);
      found.push(...body.data.map((it: { user: { id: string } }) => it.user.id));
      if (!body.has_more) break;
      expect(body.data).toHaveLength(2);
    }
    expect(found).toEqual([owner, admin, admin2, member, member2].map(({ id }) => id).sort());
  });

  it('shows of each what everybody sees of them', async () => {
    const user = await app.givenUser({ fname: 'Ada', lname: 'L', profile: 'x' });
    const chatId = await app.givenChat(user);
    const { body } = await app.as(user).get(`/chat/${chatId}/members`);
    expect(body).toEqual({
      data: [
        {
          user: { id: user.id, fname: 'Ada', lname: 'L', profile: 'x' },
          role: 'owner',
          joined_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/),
          read_seq: 0,
        },
      ],
      has_more: false,
    });
  });
});

describe('joining and adding', () => {
  it('joins a public room once, and once more without effect', async () => {
    const room = await givenRoom();
    const { chatId, stranger } = room;
    const first = await expectChanges(room, 1, 200, () => put(stranger, chatId, 'me'));
    const again = await expectChanges(room, 0, 200, () => put(stranger, chatId, 'me'));
    expect(first.body).toMatchObject({ user: { id: stranger.id }, role: 'member' });
    expect(again.body).toEqual(first.body);
    expect(await rolesOf(stranger, chatId)).toMatchObject({ [stranger.id]: 'member' });
  });

  it('is asked for without a body too', async () => {
    const { chatId, stranger } = await givenRoom();
    const { status } = await app.as(stranger).request('PUT', pathOf(chatId, 'me'));
    expect(status).toBe(200);
  });

  it.each(['owner', 'admin'] as const)('is for the %s to give to others', async (by) => {
    for (const visibility of ['public', 'private']) {
      const room = await givenRoom({ visibility });
      await expectChanges(room, 1, 200, () => put(room[by], room.chatId, room.stranger));
      await expectChanges(room, 0, 200, () => put(room[by], room.chatId, room.stranger));
      expect((await rolesOf(room.stranger, room.chatId))[room.stranger.id]).toBe('member');
    }
  });

  it('is refused to others, and nothing is changed', async () => {
    const room = await givenRoom();
    const newcomer = await app.givenUser();
    for (const by of [room.member, room.stranger]) {
      await expectChanges(room, 0, 403, () => put(by, room.chatId, newcomer));
    }
    for (const role of ['admin', 'owner']) {
      await expectChanges(room, 0, 403, () => put(room.stranger, room.chatId, 'me', role));
      await expectChanges(room, 0, 403, () => put(room.admin, room.chatId, newcomer, role));
    }
    expect(Object.keys(await rolesOf(room.owner, room.chatId))).toHaveLength(5);
  });

  it('of a user who does not exist is a 404', async () => {
    const room = await givenRoom();
    const path = `/chat/${room.chatId}/members/${randomUUID()}`;
    for (const method of ['PUT', 'DELETE']) {
      const body = method === 'PUT' ? {} : undefined;
      const answer = await expectChanges(room, 0, 404, () =>
        app.as(room.owner).request(method, path, body),
      );
      expectProblem(answer, 404);
    }
  });
});

describe('roles', () => {
  it('are given and taken by the owner alone', async () => {
    const room = await givenRoom();
    const { chatId, owner, admin, member, member2 } = room;
    await expectChanges(room, 1, 200, () => put(owner, chatId, member, 'admin'));
    await expectChanges(room, 0, 200, () => put(owner, chatId, member, 'admin'));
    await expectChanges(room, 0, 200, () => put(owner, chatId, member)); // says nothing of a role
    expect((await rolesOf(owner, chatId))[member.id]).toBe('admin');
    await expectChanges(room, 1, 200, () => put(owner, chatId, member, 'member'));
    for (const by of [admin, member]) {
      await expectChanges(room, 0, 403, () => put(by, chatId, member2, 'admin'));
      await expectChanges(room, 0, 403, () => put(by, chatId, admin, 'member'));
      await expectChanges(room, 0, 403, () => put(by, chatId, 'me', 'owner'));
      await expectChanges(room, 0, 403, () => put(by, chatId, owner, 'member'));
    }
  });

  it('make the old owner an admin when the room is handed over', async () => {
    const room = await givenRoom();
    const { chatId, owner, member, admin2 } = room;
    await expectChanges(room, 2, 200, () => put(owner, chatId, member, 'owner'));
    expect(await rolesOf(owner, chatId)).toMatchObject({
      [owner.id]: 'admin',
      [member.id]: 'owner',
    });
    await expectChanges(room, 0, 403, () => put(owner, chatId, admin2, 'owner'));
    await expectChanges(room, 1, 200, () => put(member, chatId, owner, 'member'));
  });

  it('leave a room its owner', async () => {
    const room = await givenRoom();
    for (const role of ['admin', 'member']) {
      const answer = await expectChanges(room, 0, 409, () =>
        put(room.owner, room.chatId, 'me', role),
      );
      expectProblem(answer, 409);
    }
  });
});

describe('leaving and removing', () => {
  it('lets members and admins go when they like', async () => {
    const room = await givenRoom();
    for (const it of [room.member, room.admin]) {
      await expectChanges(room, 1, 204, () => remove(it, room.chatId, 'me'));
      await expectChanges(room, 0, 404, () => remove(it, room.chatId, 'me'));
    }
    expect(Object.keys(await rolesOf(room.owner, room.chatId))).toHaveLength(3);
  });

  it('lets an admin remove members, and neither owner nor admin', async () => {
    const room = await givenRoom();
    const { chatId, owner, admin, admin2, member, member2, stranger } = room;
    for (const by of [member, stranger]) {
      for (const it of [owner, admin, member2]) {
        await expectChanges(room, 0, 403, () => remove(by, chatId, it));
      }
    }
    await expectChanges(room, 0, 403, () => remove(admin, chatId, owner));
    await expectChanges(room, 0, 403, () => remove(admin, chatId, admin2));
    await expectChanges(room, 1, 204, () => remove(admin, chatId, member));
    await expectChanges(room, 0, 404, () => remove(admin, chatId, member));
    await expectChanges(room, 1, 204, () => remove(owner, chatId, admin2));
    expect(Object.keys(await rolesOf(owner, chatId)).sort()).toEqual(
      [owner, admin, member2].map(({ id }) => id).sort(),
    );
  });

  it('keeps an owner who is not alone, and ends the room of one who is', async () => {
    const { user: owner, chatId } = await app.givenMember();
    const other = await app.givenUser();
    await put(other, chatId, 'me');
    expectProblem(await remove(owner, chatId, 'me'), 409);
    await remove(other, chatId, 'me');
    expect((await remove(owner, chatId, 'me')).status).toBe(204);
    expectProblem(await app.as(owner).get(`/chat/${chatId}`), 404);
  });

  it('shuts a private room to strangers and to those removed', async () => {
    const { chatId, owner, member, stranger } = await givenRoom({ visibility: 'private' });
    const message = (await send(member, chatId)).body.id;
    expect((await remove(owner, chatId, member)).status).toBe(204);
    for (const by of [member, stranger]) {
      for (const path of [`/chat/${chatId}`, `/chat/${chatId}/members`, `/message/${message}`]) {
        expectProblem(await app.as(by).get(path), 404);
      }
      expectProblem(await app.as(by).get(`/message/?chat_id=${chatId}`), 404);
      expectProblem(await send(by, chatId), 404);
      expectProblem(await read(by, chatId, 1), 404);
      expectProblem(await put(by, chatId, 'me'), 404);
      const { body } = await app.as(by).get('/chat/?limit=200');
      expect(body.data.map((chat: { id: string }) => chat.id)).not.toContain(chatId);
    }
  });

  it('lets one who was removed from a public room come back', async () => {
    const room = await givenRoom();
    const { chatId, owner, member } = room;
    await expectChanges(room, 1, 204, () => remove(owner, chatId, member));
    expect((await app.as(member).get(`/chat/${chatId}`)).body.role).toBeNull();
    await expectChanges(room, 1, 200, () => put(member, chatId, 'me'));
    await expectChanges(room, 1, 204, () => remove(owner, chatId, member));
    await expectChanges(room, 2, 201, () => send(member, chatId)); // joins, and posts
  });
});
