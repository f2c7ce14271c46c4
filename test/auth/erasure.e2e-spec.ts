import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { Client } from '../support/client.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

const erase = (user: TestUser, password = PASSWORD) =>
  app.as(user).request('DELETE', '/userauth/me', { password });

const settled = (): Promise<void> => app.nest.get(ErasureTask).settle();

async function send(user: TestUser, chatid: string, message: string): Promise<string> {
  const { status, body } = await app.as(user).post('/message/', { chatid, message });
  expect(status).toBe(201);
  return body.id;
}

describe('erasing an account', () => {
  it('wants the password', async () => {
    const user = await app.givenUser();
    expect((await erase(user, 'wrong password')).status).toBe(403);
    expect((await app.as(user).get('/userauth/me')).status).toBe(200);
  });

  it('is a 401 to what was let in just before', async () => {
    const [user, other] = [await app.givenUser(), await app.givenUser()];
    const chatId = await app.givenChat(other);
    const id = await send(other, chatId, 'hello');
    await app.sql('UPDATE users SET erased_at = created_at WHERE id = ?', [user.id]);
    const answers = await Promise.all([
      app.as(user).post('/chat/', { chat_name: 'Room' }),
      app.as(user).post('/chat/direct', { user_id: other.id }),
      app.as(user).post('/message/', { chatid: chatId, message: 'hello' }),
      app.as(user).request('PUT', `/chat/${chatId}/members/me`, {}),
      app.as(user).request('PUT', `/message/${id}/reactions/${encodeURIComponent('👍')}`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
  });

  it('ends it for everyone at once', async () => {
    const user = await app.givenUser({ fname: 'Ada', profile: 'secret' });
    const other = await app.givenUser();
    const chatId = await app.givenChat(other);
    const id = await send(user, chatId, 'hello');
    expect((await erase(user)).status).toBe(204);

    expect((await app.as(user).get('/userauth/me')).status).toBe(401);
    const { body: message } = await app.as(other).get(`/message/${id}`);
    expect(message).toMatchObject({
      message: null,
      sender: { id: user.id, fname: null, lname: null, profile: null },
      deleted_at: expect.stringMatching(/Z$/),
    });
    expect(message).not.toHaveProperty('unreadable');
    expect((await app.as(other).get(`/users/${user.id}`)).status).toBe(404);
    expect((await app.as(other).get(`/users/?email=${user.email}`)).body.data).toEqual([]);
    const logIn = { email: user.email, password: PASSWORD };
    expect((await app.anonymous.post('/userauth/userLogin', logIn)).status).toBe(401);
    const put = await app.as(other).request('PUT', `/chat/${chatId}/members/${user.id}`, {});
    expect(put.status).toBe(404);
    const direct = await app.as(other).post('/chat/direct', { user_id: user.id });
    expect(direct.status).toBe(404);
    const rows = await app.sql('SELECT owner_id FROM wrapped_key WHERE owner_id = ?', [user.id]);
    expect(rows).toEqual([]);
    await settled();
  });

  it('writes every tombstone, takes reactions back, and tells each room by a change', async () => {
    const [user, other] = [await app.givenUser(), await app.givenUser()];
    const chatId = await app.givenChat(other);
    const ids = [await send(user, chatId, 'one'), await send(user, chatId, 'two')];
    const theirs = await send(other, chatId, 'mine');
    const thumb = encodeURIComponent('👍');
    for (const id of [ids[0], theirs]) {
      await app.as(user).request('PUT', `/message/${id}/reactions/${thumb}`);
      await app.as(other).request('PUT', `/message/${id}/reactions/${thumb}`);
    }
    const before = (await app.as(other).get(`/chat/${chatId}`)).body.last_change;
    await erase(user);
    await settled();
    const { body } = await app.as(other).get(`/message/?chat_id=${chatId}&changed_after=${before}`);
    expect(body.data).toHaveLength(3);
    expect(body.data.find((one: { id: string }) => one.id === theirs).reactions).toEqual([
      { emoji: '👍', count: 1, me: true },
    ]);
    const rows = await app.sql(
      'SELECT ciphertext, deleted_at FROM message WHERE sender_id = ? ORDER BY seq',
      [user.id],
    );
    for (const row of rows) {
      expect(row.ciphertext).toBeNull();
      expect(row.deleted_at).not.toBeNull();
    }
    expect(await app.sql('SELECT emoji FROM reaction WHERE user_id = ?', [user.id])).toEqual([]);
    const [row] = await app.sql('SELECT * FROM users WHERE id = ?', [user.id]);
    expect(row).toMatchObject({ email: null, email_key: null, fname: null, password_hash: '!' });
    expect(row.cleared_at).not.toBeNull();
    expect((await app.givenUser({ email: user.email })).email).toBe(user.email); // free again
  });

  it('writes more tombstones than one step does, of one user after the other', async () => {
    const other = await app.givenUser();
    const chatIds = [await app.givenChat(other), await app.givenChat(other)];
    const users = [await app.givenUser(), await app.givenUser()];
    for (const user of users) {
      const sends = Array.from({ length: 150 }, (_, n) => send(user, chatIds[n % 2], `${n}`));
      await Promise.all(sends);
    }
    for (const user of users) {
      expect((await erase(user)).status).toBe(204);
      await settled();
      const left = await app.sql(
        'SELECT id FROM message WHERE sender_id = ? AND deleted_at IS NULL',
        [user.id],
      );
      expect(left).toEqual([]);
    }
  });

  it('passes rooms on to the longest-standing admin, else member, else deletes them', async () => {
    const [user, member, admin] = [
      await app.givenUser(),
      await app.givenUser(),
      await app.givenUser(),
    ];
    const [withAdmin, withMember, alone] = [
      await app.givenChat(user),
      await app.givenChat(user),
      await app.givenChat(user),
    ];
    for (const chatId of [withAdmin, withMember]) {
      await app.as(member).request('PUT', `/chat/${chatId}/members/me`, {});
    }
    await app.as(admin).request('PUT', `/chat/${withAdmin}/members/me`, {});
    const path = `/chat/${withAdmin}/members/${admin.id}`;
    expect((await app.as(user).request('PUT', path, { role: 'admin' })).status).toBe(200);
    await erase(user);
    const role = async (who: TestUser, chatId: string): Promise<string> =>
      (await app.as(who).get(`/chat/${chatId}`)).body.role;
    expect(await role(admin, withAdmin)).toBe('owner');
    expect(await role(member, withMember)).toBe('owner');
    expect((await app.as(member).get(`/chat/${alone}`)).status).toBe(404);
    expect((await app.as(member).get(`/chat/${withMember}`)).body.member_count).toBe(1);
  });

  it('leaves direct rooms to the other one', async () => {
    const [user, other] = [await app.givenUser(), await app.givenUser()];
    const { body: chat } = await app.as(user).post('/chat/direct', { user_id: other.id });
    await send(user, chat.id, 'hello');
    await erase(user);
    await settled();
    const { status, body } = await app.as(other).get(`/message/?chat_id=${chat.id}`);
    expect(status).toBe(200);
    expect(body.data[0].message).toBeNull();
  });

  it('lets nothing through that races it', async () => {
    for (let round = 0; round < 5; round++) {
      const [user, other] = [await app.givenUser(), await app.givenUser()];
      const chatIds = [await app.givenChat(other), await app.givenChat(other)];
      const racing = [...Array(20).keys()].map((n) =>
        app.as(user).post('/message/', { chatid: chatIds[n % 2], message: `${n}` }),
      );
      const erased = erase(user);
      const answers = await Promise.all(racing);
      expect((await erased).status).toBe(204);
      for (const { status } of answers) expect([201, 401]).toContain(status);
      await settled();
      const members = await app.sql('SELECT chat_id FROM member WHERE user_id = ?', [user.id]);
      expect(members).toEqual([]);
      const plain = await app.sql(
        'SELECT id FROM message WHERE sender_id = ? AND deleted_at IS NULL',
        [user.id],
      );
      expect(plain).toEqual([]);
    }
  });

  it('is finished after a restart', async () => {
    const [user, other] = [await app.givenUser(), await app.givenUser()];
    const chatId = await app.givenChat(other);
    const id = await send(user, chatId, 'hello');
    // As after a crash between the transaction and the background task.
    await app.sql('UPDATE users SET erased_at = ? WHERE id = ?', [Date.now(), user.id]);
    await app.close();
    app = await TestApp.start({}, app.database);
    await settled();
    const [row] = await app.sql('SELECT ciphertext FROM message WHERE id = ?', [id]);
    expect(row.ciphertext).toBeNull();
    const reader = new Client(app.url, other.accessToken);
    expect((await reader.get(`/message/${id}`)).body.message).toBeNull();
  });
});
