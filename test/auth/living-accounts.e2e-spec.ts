import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectProblem } from '../support/expect-problem.js';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

const THUMB = encodeURIComponent('👍');

/** Ends an account as an erasure does, for whoever looks; its session and its rooms stay. */
const end = ({ id }: TestUser) =>
  app.sql('UPDATE users SET erased_at = created_at WHERE id = ?', [id]);

/** Everything that a request may write of rooms. */
async function everything(): Promise<unknown> {
  const tables: [string, string][] = [
    ['chat', 'id'],
    ['member', 'chat_id, user_id'],
    ['message', 'id'],
    ['reaction', 'message_id, user_id'],
    ['users', 'id'],
  ];
  const rows = [];
  for (const [table, order] of tables) {
    rows.push(await app.sql(`SELECT * FROM ${table} ORDER BY ${order}`));
  }
  return rows;
}

describe('a request that the guard let in just before the account ended', () => {
  it('is a 401 and writes nothing, whatever it asks for', async () => {
    const [user, other, third] = await Promise.all([1, 2, 3].map(() => app.givenUser()));
    const own = await app.givenChat(user);
    const joined = await app.givenChat(other);
    const open = await app.givenChat(other);
    const direct = (await app.as(user).post('/chat/direct', { user_id: other.id })).body.id;
    const say = async (by: TestUser, chatid: string, client_id?: string): Promise<string> =>
      (await app.as(by).post('/message/', { chatid, message: 'hello', client_id })).body.id;
    const mine = await say(user, joined, 'known');
    const theirs = await say(other, joined);
    await say(other, direct);
    await app.as(user).request('PUT', `/message/${theirs}/reactions/${THUMB}`);
    await app.as(user).request('PUT', `/chat/${own}/members/${third.id}`, {});
    await end(user);

    const before = await everything();
    const calls: [method: string, path: string, body?: object][] = [
      ['POST', '/chat/', { chat_name: 'x' }],
      ['PATCH', `/chat/${own}`, { chat_name: 'x' }],
      ['DELETE', `/chat/${own}`],
      ['POST', '/chat/direct', { user_id: third.id }],
      ['PUT', `/chat/${own}/members/${other.id}`, {}],
      ['PUT', `/chat/${own}/members/${third.id}`, { role: 'admin' }],
      ['PUT', `/chat/${own}/members/${third.id}`, { role: 'owner' }],
      ['DELETE', `/chat/${own}/members/${third.id}`],
      ['PUT', `/chat/${open}/members/me`, {}],
      ['DELETE', `/chat/${joined}/members/me`],
      ['PUT', `/chat/${joined}/read`, { seq: 2 }],
      ['PUT', `/chat/${direct}/read`, { seq: 1 }],
      ['POST', '/message/', { chatid: joined, message: 'x' }],
      ['POST', '/message/', { chatid: open, message: 'x' }],
      ['POST', '/message/', { chatid: direct, message: 'x' }],
      ['POST', '/message/', { chatid: joined, message: 'hello', client_id: 'known' }],
      ['PATCH', `/message/${mine}`, { message: 'x' }],
      ['PATCH', `/message/${mine}`, { message: 'hello' }],
      ['DELETE', `/message/${mine}`],
      ['PUT', `/message/${mine}/reactions/${THUMB}`],
      ['PUT', `/message/${theirs}/reactions/${THUMB}`],
      ['DELETE', `/message/${theirs}/reactions/${THUMB}`],
      ['DELETE', `/message/${theirs}`],
    ];
    for (const [method, path, body] of calls) {
      const answer = await app.as(user).request(method, path, body);
      expect([method, path, answer.status]).toEqual([method, path, 401]);
      expectProblem(answer, 401);
    }
    expect(await everything()).toEqual(before);
  });

  it('is a 404 where it would add or write to one whose account has ended', async () => {
    const [user, gone] = await Promise.all([1, 2].map(() => app.givenUser()));
    const own = await app.givenChat(user);
    const direct = (await app.as(user).post('/chat/direct', { user_id: gone.id })).body.id;
    await end(gone);
    const before = await everything();
    const answers = [
      await app.as(user).request('PUT', `/chat/${own}/members/${gone.id}`, {}),
      await app.as(user).post('/chat/direct', { user_id: gone.id }),
      await app.as(user).post('/message/', { chatid: direct, message: 'x' }),
    ];
    for (const answer of answers) expectProblem(answer, 404);
    expect(await everything()).toEqual(before);
  });
});
