import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PasswordHasher } from '../../src/auth/password-hasher.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { until } from '../support/until.js';

/** Node's pbkdf2 does the work, and while `held` is there keeps what came of it. */
const work = vi.hoisted(() => ({ begun: 0, held: undefined as (() => void)[] | undefined }));

/** Of two cores one hashes. */
vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  availableParallelism: () => 2,
}));

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  const pbkdf2: typeof crypto.pbkdf2 = (password, salt, iterations, length, digest, done) => {
    work.begun++;
    crypto.pbkdf2(password, salt, iterations, length, digest, (error, key) => {
      if (work.held) work.held.push(() => done(error, key));
      else done(error, key);
    });
  };
  return { ...crypto, pbkdf2 };
});

let app: TestApp;
let hasher: PasswordHasher;
let user: TestUser;
beforeAll(async () => {
  app = await TestApp.start({ TRUST_PROXY: '1' });
  hasher = app.nest.get(PasswordHasher);
  user = await app.givenUser();
});
afterAll(() => app.stop());

/** Log-ins that take every lane, and one that waits; none gets on before `letGo`. */
let running: Promise<number>[];
beforeEach(async () => {
  [work.held, running] = [[], []];
  while (hasher.queueLength === 0) {
    const asked = work.begun;
    running.push(logIn('203.0.113.1'));
    await until(() => work.begun > asked || hasher.queueLength === 1);
  }
});
afterEach(async () => {
  letGo();
  expect(new Set(await Promise.all(running))).toEqual(new Set([401]));
});

function letGo(): void {
  const held = work.held ?? [];
  work.held = undefined;
  for (const done of held) done();
}

/** A log-in of somebody who is not there, from an address. */
async function logIn(from: string): Promise<number> {
  const body = { email: 'nobody@example.org', password: 'x' };
  const headers = { 'x-forwarded-for': from };
  return (await app.anonymous.request('POST', '/userauth/userLogin', body, headers)).status;
}

describe('a client that has gone waits for no hash', () => {
  it.each<[string, string, string, object]>([
    ['log-in', 'POST', '/userauth/userLogin', { email: 'ada@example.org', password: 'x' }],
    ['sign-up', 'POST', '/userauth/userSignup', { email: 'ada@example.org', password: PASSWORD }],
    [
      'change of the password',
      'PUT',
      '/userauth/me/password',
      { current_password: PASSWORD, new_password: 'seven wax seals on a door' },
    ],
    ['erasure', 'DELETE', '/userauth/me', { password: PASSWORD }],
  ])('%s', async (_what, method, path, body) => {
    const text = JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${user.accessToken}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    };
    const sent = request(app.url + path, { method, headers });
    sent.on('error', () => undefined).end(text);
    await until(() => hasher.queueLength === 2);
    sent.destroy();
    await until(() => hasher.queueLength === 1);
    const { begun } = work;
    letGo();
    await Promise.all(running);
    expect(work.begun).toBe(begun + 1); // the one that waited from the beginning
    expect((await user.client.get('/userauth/me')).status).toBe(200);
  });
});

it('addresses take turns, as a proxy that is trusted tells them', async () => {
  const order: string[] = [];
  const answers: Promise<unknown>[] = [];
  for (const from of [...Array<string>(4).fill('203.0.113.1'), '203.0.113.2']) {
    answers.push(logIn(from).then(() => order.push(from)));
    await until(() => hasher.queueLength === answers.length + 1);
  }
  letGo();
  await Promise.all(answers);
  // After the one that waited from the beginning, and no later.
  expect(order.indexOf('203.0.113.2')).toBeLessThan(2);
});
