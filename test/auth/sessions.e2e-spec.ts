import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SessionActivity } from '../../src/auth/session-activity.js';
import { SessionPurge } from '../../src/auth/session-purge.js';
import { Database } from '../../src/database/database.js';
import { Client } from '../support/client.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

/** Another log-in of the same user. */
async function logInAgain({ email }: TestUser, userAgent = 'test'): Promise<Client> {
  const { status, body } = await app.anonymous.request(
    'POST',
    '/userauth/userLogin',
    { email, password: PASSWORD },
    { 'user-agent': userAgent },
  );
  expect(status).toBe(200);
  return new Client(app.url, body.access_token);
}

const statusOf = async (client: Client): Promise<number> =>
  (await client.get('/userauth/me')).status;

describe('the list of sessions', () => {
  it('names each with its device, the own one as current', async () => {
    const user = await app.givenUser();
    await logInAgain(user, 'Phone/1.0');
    const { status, body } = await app.as(user).get('/userauth/sessions');
    expect(status).toBe(200);
    expect(body.has_more).toBe(false);
    expect(body.data).toHaveLength(2);
    const phone = body.data.find((session: { user_agent: string }) =>
      session.user_agent.includes('Phone'),
    );
    expect(phone).toEqual({
      id: expect.any(String),
      created_at: expect.stringMatching(/Z$/),
      last_used_at: expect.stringMatching(/Z$/),
      ip: '127.0.0.1',
      user_agent: 'Phone/1.0',
      current: false,
    });
    const current = body.data.filter((session: { current: boolean }) => session.current);
    expect(current).toHaveLength(1);
    expect(current[0].id).not.toBe(phone.id);
  });

  it('tells when each was last used, though not every request is written', async () => {
    const user = await app.givenUser();
    await app.sql('UPDATE session SET last_used_at = 0 WHERE user_id = ?', [user.id]);
    const before = Date.now();
    const { body } = await app.as(user).get('/userauth/sessions');
    expect(new Date(body.data[0].last_used_at).getTime()).toBeGreaterThanOrEqual(before - 5000);
    await app.nest.get(SessionActivity).settle();
    const [row] = await app.sql('SELECT last_used_at FROM session WHERE user_id = ?', [user.id]);
    expect(Number(row.last_used_at)).toBeGreaterThanOrEqual(before - 5000);
  });

  it('never moves back to before what another process has written', async () => {
    const user = await app.givenUser();
    await app.as(user).get('/userauth/me');
    const later = Date.now() + 60_000;
    await app.sql('UPDATE session SET last_used_at = ? WHERE user_id = ?', [later, user.id]);
    await app.nest.get(SessionActivity).settle();
    const [row] = await app.sql('SELECT last_used_at FROM session WHERE user_id = ?', [user.id]);
    expect(Number(row.last_used_at)).toBe(later);
  });

  it('keeps what the database did not take, and writes it the next time', async () => {
    const user = await app.givenUser();
    await app.sql('UPDATE session SET last_used_at = 0 WHERE user_id = ?', [user.id]);
    await app.as(user).get('/userauth/me');
    const activity = app.nest.get(SessionActivity);
    const write = vi
      .spyOn(app.nest.get(Database), 'write')
      .mockRejectedValueOnce(new Error('away'));
    await expect(activity.settle()).rejects.toThrow('away');
    const { body } = await app.as(user).get('/userauth/sessions');
    expect(body.data[0].last_used_at).not.toMatch(/^1970/);
    await activity.settle();
    write.mockRestore();
    const [row] = await app.sql('SELECT last_used_at FROM session WHERE user_id = ?', [user.id]);
    expect(Number(row.last_used_at)).toBeGreaterThan(0);
  });
});

describe('ending sessions', () => {
  it('ends one, for its next request', async () => {
    const user = await app.givenUser();
    const other = await logInAgain(user);
    expect(await statusOf(other)).toBe(200); // remembered by the process
    const { body } = await app.as(user).get('/userauth/sessions');
    const { id } = body.data.find((session: { current: boolean }) => !session.current);
    const ended = await app.as(user).request('DELETE', `/userauth/sessions/${id}`);
    expect(ended.status).toBe(204);
    expect(await statusOf(other)).toBe(401);
    expect(await statusOf(user.client)).toBe(200);
    const again = await app.as(user).request('DELETE', `/userauth/sessions/${id}`);
    expect(again.status).toBe(404);
  });

  it("does not touch other people's", async () => {
    const [user, other] = [await app.givenUser(), await app.givenUser()];
    const { body } = await app.as(other).get('/userauth/sessions');
    const path = `/userauth/sessions/${body.data[0].id}`;
    expect((await app.as(user).request('DELETE', path)).status).toBe(404);
    expect(await statusOf(other.client)).toBe(200);
  });

  it('ends all but the own one', async () => {
    const user = await app.givenUser();
    const others = [await logInAgain(user), await logInAgain(user)];
    for (const other of others) expect(await statusOf(other)).toBe(200);
    expect((await app.as(user).request('DELETE', '/userauth/sessions')).status).toBe(204);
    for (const other of others) expect(await statusOf(other)).toBe(401);
    expect(await statusOf(user.client)).toBe(200);
  });

  it('is felt by requests that are under way at that moment no later than by the next', async () => {
    for (let round = 0; round < 20; round++) {
      const user = await app.givenUser();
      const other = await logInAgain(user);
      const racing = Promise.all(Array.from({ length: 5 }, () => statusOf(other)));
      await app.as(user).request('DELETE', '/userauth/sessions');
      expect(await statusOf(other)).toBe(401);
      await racing;
      expect(await statusOf(other)).toBe(401); // none of them was remembered too late
    }
  });
});

describe('changing the password', () => {
  const change = (user: TestUser, current: string, next: string) =>
    app.as(user).request('PUT', '/userauth/me/password', {
      current_password: current,
      new_password: next,
    });

  it('sets it and ends every other session', async () => {
    const user = await app.givenUser();
    const other = await logInAgain(user);
    expect((await change(user, PASSWORD, 'another good one')).status).toBe(204);
    expect(await statusOf(other)).toBe(401);
    expect(await statusOf(user.client)).toBe(200);
    const logIn = (password: string) =>
      app.anonymous.post('/userauth/userLogin', { email: user.email, password });
    expect((await logIn(PASSWORD)).status).toBe(401);
    expect((await logIn('another good one')).status).toBe(200);
  });

  it('wants the current one, and a new one that is not the e-mail', async () => {
    const user = await app.givenUser();
    expect((await change(user, 'wrong password', 'another good one')).status).toBe(403);
    const same = await change(user, PASSWORD, user.email.toUpperCase());
    expect(same.status).toBe(400);
    expect(same.body.errors[0].field).toBe('new_password');
    expect((await change(user, PASSWORD, 'short')).status).toBe(400);
  });

  it('at twice at once succeeds once', async () => {
    const user = await app.givenUser();
    const answers = await Promise.all(
      ['first good one', 'second good one'].map((next) => change(user, PASSWORD, next)),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([204, 403]);
  });
});

describe('clearing away', () => {
  it('deletes what has expired and nothing else', async () => {
    const [gone, kept] = [await app.givenUser(), await app.givenUser()];
    await app.sql('UPDATE session SET expires_at = 1 WHERE user_id = ?', [gone.id]);
    await app.sql(
      `UPDATE whitelisted_token SET expires_at = 1 WHERE user_id = ? AND "use" = 'access'`,
      [kept.id],
    );
    await app.nest.get(SessionPurge).settle();
    const rows = async (table: string, id: string): Promise<number> =>
      (await app.sql(`SELECT user_id FROM ${table} WHERE user_id = ?`, [id])).length;
    expect(await rows('session', gone.id)).toBe(0);
    expect(await rows('whitelisted_token', gone.id)).toBe(0);
    expect(await rows('session', kept.id)).toBe(1);
    expect(await rows('whitelisted_token', kept.id)).toBe(1);
  });
});
