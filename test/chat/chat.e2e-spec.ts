import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

async function listAll(user: TestUser, limit: number): Promise<string[]> {
  const ids: string[] = [];
  for (let after = ''; ; after = `&after=${ids.at(-1)}`) {
    const { status, body } = await app.as(user).get(`/chat/?limit=${limit}${after}`);
    expect(status).toBe(200);
    ids.push(...body.data.map((chat: { id: string }) => chat.id));
    if (!body.has_more) return ids;
    expect(body.data).toHaveLength(limit);
  }
}

describe('making a room', () => {
  it('makes its maker the owner, and the room public unless asked otherwise', async () => {
    const user = await app.givenUser();
    const { status, body } = await app.as(user).post('/chat/', { chat_name: 'Engine room' });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      chat_name: 'Engine room',
      visibility: 'public',
      created_by: user.id,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      last_message_at: null,
      last_seq: 0,
      last_change: 1,
      member_count: 1,
      last_message: null,
      role: 'owner',
      read_seq: 0,
      unread_count: 0,
    });
    expect((await app.as(user).get(`/chat/${body.id}`)).body).toEqual(body);
    expect((await app.as(user).get(`/chat/${body.id}/`)).body).toEqual(body);
  });

  it('gives it a key of its own, which is stored wrapped', async () => {
    const user = await app.givenUser();
    const chatId = await app.givenChat(user);
    const keys = await app.sql('SELECT * FROM wrapped_key WHERE owner_id IN (?, ?)', [
      chatId,
      user.id,
    ]);
    expect(keys.map((key) => key.kind).sort()).toEqual(['author', 'chat']);
    expect(new Set(keys.map((key) => key.token)).size).toBe(2);
    for (const key of keys) expect(key.token).toMatch(/^gAAAA/);
  });
});

describe('listing rooms', () => {
  it('shows every public room and the own private ones, oldest first, page by page', async () => {
    const [user, other] = [await app.givenUser(), await app.givenUser()];
    const visible: string[] = [];
    for (let n = 0; n < 12; n++) {
      const visibility = n % 3 === 0 ? 'private' : 'public';
      visible.push(await app.givenChat(n % 2 ? user : other, { visibility }));
      if (visibility === 'private' && n % 2 === 0) visible.pop(); // the other's own
    }
    const everything = await listAll(user, 200);
    expect(everything.slice(-visible.length)).toEqual(visible);
    for (const limit of [1, 2, 5]) expect(await listAll(user, limit)).toEqual(everything);
    expect([...everything].sort()).toEqual(everything);
  });

  it("carries the caller's own fields, null where they are no member", async () => {
    const owner = await app.givenUser();
    const chatId = await app.givenChat(owner);
    await app.as(owner).post('/message/', { chatid: chatId, message: 'hello' });
    const visitor = await app.givenUser();
    const find = async (user: TestUser): Promise<unknown> => {
      const { body } = await app.as(user).get('/chat/?limit=200');
      return body.data.find((chat: { id: string }) => chat.id === chatId);
    };
    expect(await find(owner)).toMatchObject({ role: 'owner', read_seq: 1, unread_count: 0 });
    expect(await find(visitor)).toMatchObject({ role: null, read_seq: null, unread_count: null });
  });

  it('answers an empty page after the last room', async () => {
    const user = await app.givenUser();
    const { body } = await app.as(user).get('/chat/?after=ffffffff-ffff-7fff-bfff-ffffffffffff');
    expect(body).toEqual({ data: [], has_more: false });
  });
});
