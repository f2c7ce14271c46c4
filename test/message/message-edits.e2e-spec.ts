import { setTimeout as sleep } from 'node:timers/promises';
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
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

interface Cast {
  owner: TestUser;
  admin: TestUser;
  member: TestUser;
  chatId: string;
}

async function givenCast(visibility: 'public' | 'private' = 'private'): Promise<Cast> {
  const [owner, admin, member] = await Promise.all([1, 2, 3].map(() => app.givenUser()));
  const chatId = await app.givenChat(owner, { visibility });
  await seat(owner, 'PUT', chatId, admin, { role: 'admin' });
  await seat(owner, 'PUT', chatId, member, {});
  return { owner, admin, member, chatId };
}

async function seat(
  by: TestUser,
  method: string,
  chatId: string,
  user: TestUser,
  body?: object,
): Promise<void> {
  const answer = await app.as(by).request(method, `/chat/${chatId}/members/${user.id}`, body);
  expect(answer.status).toBeLessThan(300);
}

async function send(user: TestUser, chatid: string, fields: object = {}): Promise<Answer['body']> {
  const body = { chatid, message: 'hello', ...fields };
  const sent = await app.as(user).post('/message/', body);
  expect([200, 201]).toContain(sent.status);
  return sent.body;
}

function edit(user: TestUser, id: string, message: string): Promise<Answer> {
  return app.as(user).patch(`/message/${id}`, { message });
}

function remove(user: TestUser, id: string): Promise<Answer> {
  return app.as(user).request('DELETE', `/message/${id}`);
}

async function read(user: TestUser, id: string): Promise<Answer['body']> {
  const { body } = await app.as(user).get(`/message/${id}`);
  const list = await app.as(user).get(`/message/?chat_id=${body.chat_id}`);
  expect(list.body.data.find((message: { id: string }) => message.id === id)).toEqual(body);
  return body;
}

async function room(user: TestUser, chatId: string): Promise<Answer['body']> {
  return (await app.as(user).get(`/chat/${chatId}`)).body;
}

async function ciphertext(id: string): Promise<unknown> {
  const [row] = await app.sql('SELECT ciphertext FROM message WHERE id = ?', [id]);
  return row.ciphertext;
}

describe('editing a message', () => {
  it('gives it a new text and the next change, and nothing else', async () => {
    const { owner, member, chatId } = await givenCast();
    const sent = await send(member, chatId, { client_id: 'c' });
    await send(owner, chatId);
    const [before, sealed] = [await room(owner, chatId), await ciphertext(sent.id)];
    await sleep(5);
    const { status, body } = await edit(member, sent.id, 'other');
    expect(status).toBe(200);
    expect(body).toEqual({
      ...sent,
      message: 'other',
      change: before.last_change + 1,
      edited_at: TIME,
    });
    expect(body.edited_at > sent.created_at).toBe(true);
    expect(await read(member, sent.id)).toEqual(body);
    expect(await ciphertext(sent.id)).toMatch(/^gAAAA/);
    expect(await ciphertext(sent.id)).not.toBe(sealed);
    expect(await room(owner, chatId)).toEqual({ ...before, last_change: body.change });
  });

  it('to the same text changes nothing', async () => {
    const { member, chatId } = await givenCast();
    const sent = await send(member, chatId);
    const [before, sealed] = [await room(member, chatId), await ciphertext(sent.id)];
    const { status, body } = await edit(member, sent.id, 'hello');
    expect([status, body]).toEqual([200, sent]);
    expect(await ciphertext(sent.id)).toBe(sealed);
    expect(await room(member, chatId)).toEqual(before);
  });

  it('back to the first text is an edit too', async () => {
    const { member, chatId } = await givenCast();
    const sent = await send(member, chatId);
    await edit(member, sent.id, 'other');
    const { body } = await edit(member, sent.id, 'hello');
    expect(body).toEqual({ ...sent, change: sent.change + 2, edited_at: TIME });
  });

  it('is for its sender alone', async () => {
    const { owner, admin, member, chatId } = await givenCast('public');
    const guest = await app.givenUser();
    const sent = await send(member, chatId);
    for (const user of [owner, admin, guest]) {
      expectProblem(await edit(user, sent.id, 'other'), 403);
    }
    expect(await read(member, sent.id)).toEqual(sent);
    expect((await room(guest, chatId)).role).toBeNull();
  });

  it('is a 404 to those who may not see it, who were members or not', async () => {
    const { owner, member, chatId } = await givenCast();
    const sent = await send(member, chatId);
    const stranger = await app.givenUser();
    await seat(owner, 'DELETE', chatId, member);
    for (const user of [stranger, member]) {
      for (const act of [
        (id: string) => edit(user, id, 'other'),
        (id: string) => remove(user, id),
      ]) {
        const [hidden, missing] = [await act(sent.id), await act(NOWHERE)];
        expectProblem(hidden, 404);
        expect({ ...hidden.body, request_id: '' }).toEqual({ ...missing.body, request_id: '' });
      }
    }
    expect(await read(owner, sent.id)).toEqual(sent);
  });

  it('is a 409 once it is deleted', async () => {
    const { member, chatId } = await givenCast();
    const sent = await send(member, chatId);
    await remove(member, sent.id);
    const tombstone = await read(member, sent.id);
    expectProblem(await edit(member, sent.id, 'other'), 409);
    expect(await read(member, sent.id)).toEqual(tombstone);
  });

  it('holds the text to the rules of sending', async () => {
    const { member, chatId } = await givenCast();
    const sent = await send(member, chatId);
    for (const message of ['', ' \n\t', '😀'.repeat(16_385), 'half \ud83d', 7, null, undefined]) {
      expectInvalid(await app.as(member).patch(`/message/${sent.id}`, { message }), 'message');
    }
    expectInvalid(
      await app.as(member).patch(`/message/${sent.id}`, { message: 'a', seq: 9 }),
      'seq',
    );
    expect(await read(member, sent.id)).toEqual(sent);
    for (const message of ['😀'.repeat(16_384), 'a\0b\r\n', ' x ']) {
      expect((await edit(member, sent.id, message)).body.message).toBe(message);
      expect((await read(member, sent.id)).message).toBe(message);
    }
  });

  it('many times at once takes a change for each, and the last one stands', async () => {
    const { member, chatId } = await givenCast();
    const sent = await send(member, chatId);
    const texts = Array.from({ length: 20 }, (_, n) => `edit ${n}`);
    const answers = await Promise.all(texts.map((text) => edit(member, sent.id, text)));
    answers.forEach((answer, n) => {
      expect([answer.status, answer.body.message]).toEqual([200, texts[n]]);
    });
    const byChange = answers.map(({ body }) => body).sort((a, b) => a.change - b.change);
    expect(byChange.map(({ change }) => change)).toEqual(texts.map((_, n) => sent.change + n + 1));
    expect(await read(member, sent.id)).toEqual(byChange.at(-1));
    expect((await room(member, chatId)).last_change).toBe(sent.change + 20);
  });

  it('leaves its client_id to retries, with whatever text', async () => {
    const { member, chatId } = await givenCast();
    const sent = await send(member, chatId, { client_id: 'c' });
    const { body: edited } = await edit(member, sent.id, 'other');
    for (const message of ['hello', 'other', 'something else']) {
      const body = { chatid: chatId, message, client_id: 'c' };
      const again = await app.as(member).post('/message/', body);
      expect([again.status, again.body]).toEqual([200, edited]);
    }
  });
});

describe('deleting a message', () => {
  it.each(['owner', 'admin', 'member'] as const)('is for its %s', async (role) => {
    const cast = await givenCast();
    const { owner, member, chatId } = cast;
    const answered = await send(owner, chatId);
    const sent = await send(member, chatId, { client_id: 'c', reply_to: answered.id });
    for (const user of [owner, member]) {
      await app.as(user).request('PUT', `/message/${sent.id}/reactions/%F0%9F%91%8D`);
    }
    const before = await room(owner, chatId);
    const { status, body } = await remove(cast[role], sent.id);
    expect([status, body]).toEqual([204, undefined]);
    expect(await read(owner, sent.id)).toEqual({
      ...sent,
      message: null,
      client_id: null,
      change: before.last_change + 1,
      deleted_at: TIME,
    });
    expect(await ciphertext(sent.id)).toBeNull();
    expect(await app.sql('SELECT * FROM reaction WHERE message_id = ?', [sent.id])).toEqual([]);
    expect(await room(owner, chatId)).toEqual({
      ...before,
      last_change: before.last_change + 1,
      last_message: await read(owner, sent.id),
      unread_count: before.unread_count - 1,
    });
  });

  it('again is done already', async () => {
    const { owner, member, chatId } = await givenCast();
    const sent = await send(member, chatId);
    await remove(owner, sent.id);
    const [tombstone, before] = [await read(member, sent.id), await room(member, chatId)];
    for (const user of [owner, member]) expect((await remove(user, sent.id)).status).toBe(204);
    expect(await read(member, sent.id)).toEqual(tombstone);
    expect(await room(member, chatId)).toEqual(before);
  });

  it('many times at once takes one change', async () => {
    const { owner, admin, member, chatId } = await givenCast();
    const sent = await send(member, chatId);
    const users = [owner, admin, member, owner, admin, member];
    const answers = await Promise.all(users.map((user) => remove(user, sent.id)));
    expect(answers.map(({ status }) => status)).toEqual(users.map(() => 204));
    expect(await read(member, sent.id)).toMatchObject({ change: sent.change + 1 });
  });

  it("is not for members, nor in a public room for guests, when it is another's", async () => {
    const { owner, member, chatId } = await givenCast('public');
    const guest = await app.givenUser();
    const sent = await send(owner, chatId);
    for (const user of [member, guest]) expectProblem(await remove(user, sent.id), 403);
    expect(await read(owner, sent.id)).toEqual(sent);
  });

  it('in a direct room is for its sender alone, as is editing', async () => {
    const [one, other] = [await app.givenUser(), await app.givenUser()];
    const { body: chat } = await app.as(one).post('/chat/direct', { user_id: other.id });
    for (const [sender, peer] of [
      [one, other],
      [other, one],
    ]) {
      const sent = await send(sender, chat.id);
      expectProblem(await remove(peer, sent.id), 403);
      expectProblem(await edit(peer, sent.id, 'other'), 403);
      expect((await edit(sender, sent.id, 'other')).body.message).toBe('other');
      expect((await remove(sender, sent.id)).status).toBe(204);
      expect((await read(peer, sent.id)).message).toBeNull();
    }
  });

  it('leaves its seq taken, and its client_id to retries', async () => {
    const { member, chatId } = await givenCast();
    const sent = await send(member, chatId, { client_id: 'c' });
    await remove(member, sent.id);
    const tombstone = await read(member, sent.id);
    for (const message of ['hello', 'something else']) {
      const body = { chatid: chatId, message, client_id: 'c' };
      const again = await app.as(member).post('/message/', body);
      expect([again.status, again.body]).toEqual([200, tombstone]);
    }
    expect((await send(member, chatId)).seq).toBe(sent.seq + 1);
  });

  it('works where the text cannot be read any more, and so does editing', async () => {
    const { member, chatId } = await givenCast();
    const [one, other] = [await send(member, chatId), await send(member, chatId)];
    await app.sql('UPDATE message SET ciphertext = ? WHERE chat_id = ?', ['broken', chatId]);
    expect(await read(member, one.id)).toMatchObject({ message: null, unreadable: true });
    expect((await edit(member, one.id, 'anew')).body).not.toHaveProperty('unreadable');
    expect(await read(member, one.id)).toMatchObject({ message: 'anew' });
    expect((await remove(member, other.id)).status).toBe(204);
    expect(await read(member, other.id)).not.toHaveProperty('unreadable');
    expect(await ciphertext(other.id)).toBeNull();
  });
});
