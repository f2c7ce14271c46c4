import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import type { Answer } from '../support/client.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

const open = (by: TestUser, userId: string): Promise<Answer> =>
  app.as(by).post('/chat/direct', { user_id: userId });

const givenPair = async (): Promise<[TestUser, TestUser]> => [
  await app.givenUser({ fname: 'Ada' }),
  await app.givenUser({ fname: 'Bob' }),
];

describe('opening a direct room', () => {
  it('makes one room for the two, whoever asks', async () => {
    const [ada, bob] = await givenPair();
    const first = await open(ada, bob.id);
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({
      chat_name: null,
      visibility: 'direct',
      created_by: ada.id,
      member_count: 2,
      last_change: 1,
      role: 'member',
      unread_count: 0,
    });
    for (const [by, other] of [
      [ada, bob],
      [bob, ada],
    ]) {
      const { status, body } = await open(by, other.id);
      expect([status, body.id]).toEqual([200, first.body.id]);
    }
  });

  it('shows each of them the other one', async () => {
    const [ada, bob] = await givenPair();
    const { id } = (await open(ada, bob.id)).body;
    const profile = ({ id }: TestUser, fname: string): object => ({
      id,
      fname,
      lname: null,
      profile: null,
    });
    for (const [by, other, peer] of [
      [ada, bob, profile(bob, 'Bob')],
      [bob, ada, profile(ada, 'Ada')],
    ] as const) {
      const list = await app.as(by).get('/chat/?joined=true');
      const views = [(await open(by, other.id)).body, (await app.as(by).get(`/chat/${id}`)).body];
      for (const chat of [...views, ...list.body.data]) {
        expect(chat).toMatchObject({ id, chat_name: null, peer });
      }
      expect(list.body.data).toHaveLength(1);
    }
  });

  it('is refused with oneself and with nobody', async () => {
    const user = await app.givenUser();
    expectInvalid(await open(user, user.id), 'user_id');
    expectInvalid(await open(user, 'me'), 'user_id');
    expectProblem(await open(user, randomUUID()), 404);
  });

  it('makes one room when both ask 50 times at once', async () => {
    const [ada, bob] = await givenPair();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 ? open(ada, bob.id) : open(bob, ada.id))),
    );
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array<number>(49).fill(200), 201]);
    const rows = await app.sql('SELECT * FROM chat WHERE direct_key IS NOT NULL AND id = ?', [
      answers[0].body.id,
    ]);
    const keys = await app.sql("SELECT owner_id FROM wrapped_key WHERE kind = 'chat'");
    const chats = await app.sql('SELECT id FROM chat');
    expect([rows.length, keys.length]).toEqual([1, chats.length]);
  });
});

describe('a direct room', () => {
  it('is the two who are in it, and theirs to write and to read', async () => {
    const [ada, bob] = await givenPair();
    const { id } = (await open(ada, bob.id)).body;
    const { status } = await app.as(bob).post('/message/', { chatid: id, message: 'hi' });
    expect(status).toBe(201);
    const { body } = await app.as(ada).get(`/message/?chat_id=${id}`);
    expect(body.data.map((it: { message: string }) => it.message)).toEqual(['hi']);
    expect((await app.as(ada).get(`/chat/${id}`)).body.unread_count).toBe(1);
  });

  it('is changed by nobody', async () => {
    const [ada, bob] = await givenPair();
    const third = await app.givenUser();
    const path = `/chat/${(await open(ada, bob.id)).body.id}`;
    const before = await app.as(ada).get(path);
    for (const { client } of [ada, bob]) {
      for (const body of [{ chat_name: 'x' }, { visibility: 'public' }]) {
        expectProblem(await client.patch(path, body), 403);
      }
      expectProblem(await client.request('DELETE', path), 403);
      for (const who of ['me', ada.id, bob.id]) {
        expectProblem(await client.request('DELETE', `${path}/members/${who}`), 403);
        expectProblem(
          await client.request('PUT', `${path}/members/${who}`, { role: 'owner' }),
          403,
        );
      }
      expectProblem(await client.request('PUT', `${path}/members/${third.id}`, {}), 403);
    }
    expect((await app.as(ada).get(path)).body).toEqual(before.body);
  });

  it('is nothing that a third one knows of', async () => {
    const [ada, bob] = await givenPair();
    const { client } = await app.givenUser();
    const { id } = (await open(ada, bob.id)).body;
    const message = await app.as(ada).post('/message/', { chatid: id, message: 'psst' });
    const calls: [string, string, object?][] = [
      ['GET', `/chat/${id}`],
      ['PATCH', `/chat/${id}`, { chat_name: 'x' }],
      ['DELETE', `/chat/${id}`],
      ['GET', `/chat/${id}/members`],
      ['PUT', `/chat/${id}/members/me`, {}],
      ['PUT', `/chat/${id}/read`, { seq: 1 }],
      ['GET', `/message/?chat_id=${id}`],
      ['POST', '/message/', { chatid: id, message: 'x' }],
      ['GET', `/message/${message.body.id}`],
      ['DELETE', `/message/${message.body.id}`],
    ];
    for (const [method, path, body] of calls) {
      expectProblem(await client.request(method, path, body), 404);
    }
    expect((await client.get('/chat/?joined=true')).body.data).toEqual([]);
  });
});

describe('with someone who erased their account', () => {
  it('can be read, and neither opened nor written to', async () => {
    const [user, other] = [await app.givenUser(), await app.givenUser()];
    const { body: chat } = await app.as(user).post('/chat/direct', { user_id: other.id });
    const text = { chatid: chat.id, message: 'hello' };
    expect((await app.as(user).post('/message/', text)).status).toBe(201);
    await app.as(other).request('DELETE', '/userauth/me', { password: PASSWORD });
    expect((await app.as(user).get(`/message/?chat_id=${chat.id}`)).status).toBe(200);
    expect((await app.as(user).post('/message/', text)).status).toBe(404);
    expect((await app.as(user).post('/chat/direct', { user_id: other.id })).status).toBe(404);
  });
});
