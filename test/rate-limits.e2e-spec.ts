import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from './support/client.js';
import { PASSWORD, TestApp } from './support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ RATE_LIMIT: 'on', TRUST_PROXY: '1', PASSWORD_BLOCKLIST: 'on' });
});
afterAll(() => app.stop());

/** Each caller comes from an address of its own unless a test says otherwise. */
let addresses = 0;
const newAddress = (): string => `198.51.${Math.floor(++addresses / 250)}.${addresses % 250}`;

function postFrom(ip: string, path: string, body: object): Promise<Answer> {
  return app.anonymous.request('POST', path, body, { 'x-forwarded-for': ip });
}

const logIn = (ip: string, email: string, password: string): Promise<Answer> =>
  postFrom(ip, '/userauth/userLogin', { email, password });

const signUp = (ip: string, email: string, password = PASSWORD): Promise<Answer> =>
  postFrom(ip, '/userauth/userSignup', { email, password });

function expectTooMany({ status, body, headers }: Answer): void {
  expect(status).toBe(429);
  expect(body.type).toBe('urn:conclave:problem:too-many-requests');
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
}

describe('failed log-ins', () => {
  it('are ten a minute for an account from an address, all at once too', async () => {
    const [ip, email] = [newAddress(), 'guessed@example.org'];
    await signUp(newAddress(), email);
    const answers = await Promise.all(
      Array.from({ length: 15 }, () => logIn(ip, email, 'wrong password')),
    );
    expect(answers.filter((answer) => answer.status === 401)).toHaveLength(10);
    for (const answer of answers.filter(({ status }) => status !== 401)) expectTooMany(answer);
    expectTooMany(await logIn(ip, email, PASSWORD));
  });

  it('count the same for an account that does not exist', async () => {
    const ip = newAddress();
    for (let n = 0; n < 10; n++) {
      expect((await logIn(ip, 'nobody@example.org', 'wrong password')).status).toBe(401);
    }
    expectTooMany(await logIn(ip, 'nobody@example.org', 'wrong password'));
  });

  it('of others keep nobody out of their account', async () => {
    const email = 'besieged@example.org';
    await signUp(newAddress(), email);
    for (let n = 0; n < 11; n++) {
      const ip = newAddress();
      await Promise.all(Array.from({ length: 10 }, () => logIn(ip, email, 'wrong password')));
    }
    const besieger = newAddress();
    expect((await logIn(besieger, email, 'wrong password')).status).toBe(401);
    expectTooMany(await logIn(besieger, email, 'wrong password')); // one guess a minute by now
    expect((await logIn(newAddress(), email, PASSWORD)).status).toBe(200);
  });

  it('are not made of log-ins that succeed', async () => {
    const [ip, email] = [newAddress(), 'busy@example.org'];
    await signUp(ip, email);
    for (let n = 0; n < 15; n++) expect((await logIn(ip, email, PASSWORD)).status).toBe(200);
  });
});

describe('sign-ups', () => {
  it('are 60 an hour for an address', async () => {
    const ip = newAddress();
    const answers: Answer[] = [];
    for (let n = 0; n < 61; n++) answers.push(await signUp(ip, `crowd${n}@example.org`));
    expect(answers.slice(0, 60).every((answer) => answer.status === 201)).toBe(true);
    expectTooMany(answers[60]);
    expect((await signUp(newAddress(), 'elsewhere@example.org')).status).toBe(201);
  });
});

describe('requests of a user', () => {
  it('are 1,200 a minute, and say how many are left', async () => {
    const { body } = await signUp(newAddress(), 'eager@example.org');
    const get = (): Promise<Answer> =>
      app.anonymous.request('GET', '/userauth/me', undefined, {
        authorization: `Bearer ${body.access_token}`,
      });
    const first = await get();
    expect(first.headers.get('ratelimit-limit')).toBe('1200');
    expect(first.headers.get('ratelimit-remaining')).toBe('1199');
    expect(Number(first.headers.get('ratelimit-reset'))).toBeGreaterThan(0);
    for (let n = 1; n < 1200; n += 50) {
      await Promise.all(Array.from({ length: Math.min(50, 1200 - n) }, get));
    }
    expectTooMany(await get());
  });
});

describe('looking people up by e-mail', () => {
  it('is possible 30 times a minute', async () => {
    const { body } = await signUp(newAddress(), 'curious@example.org');
    const find = (): Promise<Answer> =>
      app.anonymous.request('GET', '/users/?email=curious@example.org', undefined, {
        authorization: `Bearer ${body.access_token}`,
      });
    for (let n = 0; n < 30; n++) expect((await find()).status).toBe(200);
    expectTooMany(await find());
  });
});

describe('passwords', () => {
  it('are refused when they are among the commonest, or the own e-mail', async () => {
    for (const password of ['password1', 'iloveyou', 'Qwertyuiop', 'easy@example.org']) {
      const { status, body } = await signUp(newAddress(), 'easy@example.org', password);
      expect({ password, status }).toEqual({ password, status: 400 });
      expect(body.errors[0].field).toBe('password');
    }
    expect((await signUp(newAddress(), 'easy@example.org')).status).toBe(201);
  });
});
