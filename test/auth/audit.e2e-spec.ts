import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { until } from '../support/until.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ LOG_LEVEL: 'info' });
});
afterAll(() => app.stop());

const events = (user: TestUser): unknown[] =>
  app.log
    .filter((line) => line.context === 'audit' && line.user_id === user.id)
    .map((line) => line.event);

describe('the audit trail', () => {
  it('tells of everything that a session goes through', async () => {
    const user = await app.givenUser();
    const logIn = (password: string) =>
      app.anonymous.post('/userauth/userLogin', { email: user.email, password });
    const put = (current_password: string) =>
      app.as(user).request('PUT', '/userauth/me/password', {
        current_password,
        new_password: 'another good one',
      });
    await logIn('wrong password');
    const { body: other } = await logIn(PASSWORD);
    await put('wrong password');
    await put(PASSWORD);
    const { body: tokens } = await logIn('another good one');
    await app.anonymous.post('/userauth/refresh', { refresh_token: tokens.refresh_token });
    await app.sql('UPDATE whitelisted_token SET expires_at = 1 WHERE user_id = ? AND pair = 1', [
      user.id,
    ]);
    await app.anonymous.post('/userauth/refresh', { refresh_token: tokens.refresh_token });
    await until(() => events(user).length >= 7);
    expect(events(user)).toEqual([
      'user.signed_up',
      'user.log_in_failed',
      'user.logged_in',
      'user.password_change_failed',
      'user.password_changed',
      'user.logged_in',
      'session.refresh_reused',
    ]);
    const log = JSON.stringify(app.log);
    for (const secret of [PASSWORD, 'another good one', 'wrong password', user.email]) {
      expect(log).not.toContain(secret);
    }
    for (const token of [user.accessToken, other.access_token, tokens.refresh_token]) {
      expect(log).not.toContain(token.split('.')[2]);
    }
  });

  it('tells who ended which sessions', async () => {
    const user = await app.givenUser();
    await app.as(user).request('DELETE', '/userauth/sessions');
    await app.as(user).post('/userauth/logout');
    await until(() => events(user).length >= 3);
    expect(events(user)).toEqual(['user.signed_up', 'session.others_revoked', 'session.revoked']);
    const ended = app.log.find((line) => line.event === 'session.revoked');
    expect(ended).toMatchObject({ level: 30, session_id: expect.any(String) });
  });
});
