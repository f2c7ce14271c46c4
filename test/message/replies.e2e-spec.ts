import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import type { Answer } from '../support/client.js';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

const NOWHERE = '01890000-0000-7000-8000-000000000000';

function send(user: TestUser, chatid: string, fields: object = {}): Promise<Answer> {
  return app.as(user).post('/message/', { chatid, message: 'hello', ...fields });
}

async function givenMessage(): Promise<{ user: TestUser; chatId: string; id: string }> {
  const { user, chatId } = await app.givenMember();
  return { user, chatId, id: (await send(user, chatId)).body.id };
}

describe('a reply', () => {
  it('names the message of its room that it answers', async () => {
    const { user, chatId, id } = await givenMessage();
    const guest = await app.givenUser();
    const reply = await send(guest, chatId, { reply_to: id });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ seq: 2, reply_to: id });
    expect((await app.as(user).get(`/message/${reply.body.id}`)).body).toEqual(reply.body);
    const list = await app.as(user).get(`/message/?chat_id=${chatId}`);
    expect(list.body.data[1]).toEqual(reply.body);
  });

  it('answers a reply, and a tombstone', async () => {
    const { user, chatId, id } = await givenMessage();
    await app.as(user).request('DELETE', `/message/${id}`);
    const reply = await send(user, chatId, { reply_to: id });
    const next = await send(user, chatId, { reply_to: reply.body.id });
    expect([reply.status, reply.body.reply_to]).toEqual([201, id]);
    expect([next.status, next.body.reply_to]).toEqual([201, reply.body.id]);
  });

  it('keeps what it answers when either is edited or deleted', async () => {
    const { user, chatId, id } = await givenMessage();
    const reply = (await send(user, chatId, { reply_to: id })).body;
    await app.as(user).patch(`/message/${id}`, { message: 'edited' });
    expect((await app.as(user).get(`/message/${reply.id}`)).body).toEqual(reply);
    const edited = await app.as(user).patch(`/message/${reply.id}`, { message: 'edited too' });
    expect(edited.body.reply_to).toBe(id);
    await app.as(user).request('DELETE', `/message/${reply.id}`);
    expect((await app.as(user).get(`/message/${reply.id}`)).body.reply_to).toBe(id);
  });

  it('cannot be given another message to answer', async () => {
    const { user, chatId, id } = await givenMessage();
    const reply = (await send(user, chatId, { reply_to: id })).body;
    const fields = { message: 'other', reply_to: null };
    expectInvalid(await app.as(user).patch(`/message/${reply.id}`, fields), 'reply_to');
  });

  it('to nothing is a message like others', async () => {
    const { user, chatId } = await givenMessage();
    const sent = await send(user, chatId, { reply_to: null });
    expect([sent.status, sent.body.reply_to]).toEqual([201, null]);
  });
});

describe('what cannot be answered', () => {
  it.each([
    ['unknown', NOWHERE],
    ['no id', 'first'],
    ['empty', ''],
    ['upper case', '0189ABCD-0000-7000-8000-000000000000'],
    ['a number', 1],
    ['a list', [NOWHERE]],
    ['an object', { id: NOWHERE }],
  ])('%s', async (_what, replyTo) => {
    const { user, chatId } = await givenMessage();
    expectInvalid(await send(user, chatId, { reply_to: replyTo, client_id: 'c' }), 'reply_to');
    await expectNothingStored(user, chatId);
    expect((await send(user, chatId, { client_id: 'c' })).status).toBe(201); // not used up
  });

  it('a message of another room', async () => {
    const { user, chatId } = await givenMessage();
    const elsewhere = await app.givenChat(user);
    const { body: other } = await send(user, elsewhere);
    expectInvalid(await send(user, chatId, { reply_to: other.id }), 'reply_to');
    await expectNothingStored(user, chatId);
  });

  it('a message of a private room, which is like one that is not there', async () => {
    const { user, chatId } = await givenMessage();
    const owner = await app.givenUser();
    const hidden = await send(owner, await app.givenChat(owner, { visibility: 'private' }));
    const answers = await Promise.all(
      [hidden.body.id, NOWHERE].map((reply_to) => send(user, chatId, { reply_to })),
    );
    const [one, other] = answers.map((answer) => expectInvalid(answer, 'reply_to'));
    expect({ ...one, request_id: '' }).toEqual({ ...other, request_id: '' });
  });

  it('anything, by one who only tried: a refused reply joins no room', async () => {
    const { chatId } = await givenMessage();
    const guest = await app.givenUser();
    expectInvalid(await send(guest, chatId, { reply_to: NOWHERE }), 'reply_to');
    expect((await app.as(guest).get(`/chat/${chatId}`)).body).toMatchObject({
      role: null,
      member_count: 1,
    });
  });

  it('does not hold up the others that are sent with it', async () => {
    const { user, chatId, id } = await givenMessage();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => send(user, chatId, { reply_to: n % 2 ? id : NOWHERE })),
    );
    answers.forEach((answer, n) => expect(answer.status).toBe(n % 2 ? 201 : 400));
    const list = await app.as(user).get(`/message/?chat_id=${chatId}`);
    const seqs = list.body.data.map(({ seq }: { seq: number }) => seq);
    expect(seqs).toEqual(Array.from({ length: 11 }, (_, n) => n + 1));
  });
});

describe('a repeated client_id', () => {
  it('is refused when it answers another message, and what answers none differs too', async () => {
    const { user, chatId, id } = await givenMessage();
    const other = (await send(user, chatId)).body.id;
    const first = await send(user, chatId, { client_id: 'c', reply_to: id });
    for (const replyTo of [other, null, undefined, NOWHERE]) {
      const answer = await send(user, chatId, { client_id: 'c', reply_to: replyTo });
      expectProblem(answer, 422, 'client-id-reused');
    }
    const again = await send(user, chatId, { client_id: 'c', reply_to: id });
    expect([again.status, again.body]).toEqual([200, first.body]);
  });

  it('takes null for none', async () => {
    const { user, chatId, id } = await givenMessage();
    const first = await send(user, chatId, { client_id: 'c' });
    const again = await send(user, chatId, { client_id: 'c', reply_to: null });
    expect([again.status, again.body]).toEqual([200, first.body]);
    const other = await send(user, chatId, { client_id: 'c', reply_to: id });
    expectProblem(other, 422, 'client-id-reused');
  });

  it('answers a retry after what it answers is gone', async () => {
    const { user, chatId, id } = await givenMessage();
    const first = await send(user, chatId, { client_id: 'c', reply_to: id });
    await app.as(user).request('DELETE', `/message/${id}`);
    const again = await send(user, chatId, { client_id: 'c', reply_to: id });
    expect([again.status, again.body]).toEqual([200, first.body]);
  });
});

async function expectNothingStored(user: TestUser, chatId: string): Promise<void> {
  expect((await app.as(user).get(`/message/?chat_id=${chatId}`)).body.data).toHaveLength(1);
  expect((await app.as(user).get(`/chat/${chatId}`)).body).toMatchObject({
    last_seq: 1,
    last_change: 2,
  });
}
