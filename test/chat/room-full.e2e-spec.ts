import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { RoomPurge } from '../../src/message/change/room-purge.js';
import { expectProblem } from '../support/expect-problem.js';
import type { Answer } from '../support/client.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

const THUMB = encodeURIComponent('👍');
const END = 2_147_483_647;

let app: TestApp;
let owner: TestUser;
let member: TestUser;
let stranger: TestUser;
let chatId: string;
let messageId: string;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

beforeEach(async () => {
  [owner, member, stranger] = await Promise.all([1, 2, 3].map(() => app.givenUser()));
  chatId = await app.givenChat(owner);
  messageId = (await send(member)).body.id;
  await app.as(owner).request('PUT', `/message/${messageId}/reactions/${THUMB}`);
});

const send = (by: TestUser): Promise<Answer> =>
  app.as(by).post('/message/', { chatid: chatId, message: 'hello' });
const set = (counter: 'last_seq' | 'last_change', value: number): Promise<unknown> =>
  app.sql(`UPDATE chat SET ${counter} = ? WHERE id = ?`, [value, chatId]);
const room = async (by = owner) => (await app.as(by).get(`/chat/${chatId}`)).body;

function expectFull(answer: Answer): void {
  expectProblem(answer, 409);
  expect(answer.body.type).toBe('urn:conclave:problem:room-full');
}

describe('a room that has counted as far as it can', () => {
  it('takes nothing in words, whatever would count further', async () => {
    await set('last_change', END);
    const before = await room();
    const members = `/chat/${chatId}/members`;
    const calls: [by: TestUser, method: string, path: string, body?: object][] = [
      [owner, 'POST', '/message/', { chatid: chatId, message: 'x' }],
      [stranger, 'POST', '/message/', { chatid: chatId, message: 'x' }],
      [member, 'PATCH', `/message/${messageId}`, { message: 'x' }],
      [member, 'PUT', `/message/${messageId}/reactions/${THUMB}`],
      [stranger, 'PUT', `/message/${messageId}/reactions/${THUMB}`],
      [owner, 'DELETE', `/message/${messageId}/reactions/${THUMB}`],
      [stranger, 'PUT', `${members}/me`],
      [owner, 'PUT', `${members}/${stranger.id}`],
      [owner, 'PUT', `${members}/${member.id}`, { role: 'admin' }],
      [owner, 'PUT', `${members}/${member.id}`, { role: 'owner' }],
      [owner, 'PATCH', `/chat/${chatId}`, { chat_name: 'x' }],
      [owner, 'PATCH', `/chat/${chatId}`, { visibility: 'private' }],
    ];
    for (const [by, method, path, body] of calls) {
      expectFull(await app.as(by).request(method, path, body));
    }
    expect(await room()).toEqual(before);
  });

  it('has no seq for another message, and lives on otherwise', async () => {
    await set('last_seq', END);
    for (const by of [owner, stranger]) expectFull(await send(by));
    const edited = await app.as(member).patch(`/message/${messageId}`, { message: 'x' });
    expect(edited.status).toBe(200);
    const read = await app.as(owner).request('PUT', `/chat/${chatId}/read`, { seq: 1e300 });
    expect(read.status).toBe(204);
    expect(await room()).toMatchObject({ last_seq: END, read_seq: END, unread_count: 0 });
  });

  it('takes what has its place still, and half of nothing', async () => {
    await set('last_change', END - 1);
    const answers = await Promise.all([send(stranger), send(stranger)]); // to join and to post
    for (const answer of answers) expectFull(answer);
    expect(await room()).toMatchObject({ member_count: 2, last_change: END - 1 });
    expect((await send(owner)).body).toMatchObject({ seq: 2, change: END });
    expectFull(await send(owner));
  });

  it('lets people go, and what they said', async () => {
    await set('last_change', END);
    expect((await room()).last_message).toMatchObject({ id: messageId, message: 'hello' });
    expect((await app.as(member).request('DELETE', `/message/${messageId}`)).status).toBe(204);
    expect((await app.as(owner).get(`/message/${messageId}`)).body).toMatchObject({
      message: null,
      change: END,
    });
    expect((await room()).last_message).toMatchObject({ id: messageId, message: null });
    const left = await app.as(member).request('DELETE', `/chat/${chatId}/members/me`);
    expect(left.status).toBe(204);
    expect(await room()).toMatchObject({ member_count: 1, last_change: END });
  });

  it('can be deleted', async () => {
    await set('last_change', END);
    expect((await app.as(owner).request('DELETE', `/chat/${chatId}`)).status).toBe(204);
    expectProblem(await app.as(owner).get(`/chat/${chatId}`), 404);
    await app.nest.get(RoomPurge).settle();
    expect(await app.sql('SELECT id FROM chat WHERE id = ?', [chatId])).toEqual([]);
  });

  it('is passed on, and loses what an erased member said and gave', async () => {
    const { id } = (await send(owner)).body;
    await app.as(member).request('PUT', `/message/${messageId}/reactions/${THUMB}`);
    await set('last_change', END);
    const { status } = await app
      .as(owner)
      .request('DELETE', '/userauth/me', { password: PASSWORD });
    expect(status).toBe(204);
    await app.nest.get(ErasureTask).settle();
    expect(await room(member)).toMatchObject({ role: 'owner', member_count: 1, last_change: END });
    const [row] = await app.sql('SELECT ciphertext, deleted_at FROM message WHERE id = ?', [id]);
    expect(row).toMatchObject({ ciphertext: null, deleted_at: expect.anything() });
    const { reactions } = (await app.as(member).get(`/message/${messageId}`)).body;
    expect(reactions).toEqual([{ emoji: '👍', count: 1, me: true }]);
  });
});
