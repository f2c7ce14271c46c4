import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RateCounter } from '../../src/rate-limit/rate-counter.js';
import type { Answer } from '../support/client.js';
import { claimsOf, EXCHANGE_SECRET, signToken } from '../support/exchange-token.js';
import { askRaw } from '../support/raw-request.js';
import { Listener, type RefusedError } from '../support/socket.js';
import { PASSWORD, TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({
    RATE_LIMIT: 'on',
    TRUST_PROXY: '1',
    PASSWORD_BLOCKLIST: 'on',
    EXCHANGE_SECRET,
  });
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

describe('exchanges', () => {
  const exchange = (ip: string, token: string): Promise<Answer> =>
    postFrom(ip, '/userauth/exchange', { token });

  it('that fail are ten a minute for an address, and those that do not are none of them', async () => {
    const ip = newAddress();
    const failures = Array.from({ length: 15 }, () => exchange(ip, 'no token'));
    const answers = await Promise.all(failures);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    for (const answer of answers.filter(({ status }) => status !== 401)) expectTooMany(answer);
    expectTooMany(await exchange(ip, signToken(claimsOf({ aud: 'another' }))));
    expect((await exchange(ip, signToken())).status).toBe(201);
    expect((await exchange(newAddress(), 'no token')).status).toBe(401);
  });

  it('are 600 an hour for an address, log-ins among them', async () => {
    const ip = newAddress();
    const first = await exchange(ip, signToken());
    expect(first.headers.get('ratelimit-limit')).toBe('600');
    expect(first.headers.get('ratelimit-remaining')).toBe('599');
    const counter = app.nest.get(RateCounter);
    for (let n = 1; n < 600; n++) await counter.add(`logIn:${ip}`, 3600);
    expectTooMany(await exchange(ip, signToken()));
    expectTooMany(await logIn(ip, 'nobody@example.org', PASSWORD));
    expect((await exchange(newAddress(), signToken())).status).toBe(201);
  });

  it('as the proof for an erasure are ten guesses a minute', async () => {
    const [ip, sub] = [newAddress(), 'guessed'];
    const { body } = await exchange(ip, signToken(claimsOf({ sub })));
    const erase = (token: string): Promise<Answer> =>
      app.anonymous.request(
        'DELETE',
        '/userauth/me',
        { token },
        {
          'x-forwarded-for': ip,
          authorization: `Bearer ${body.access_token}`,
        },
      );
    for (let n = 0; n < 10; n++) expect((await erase('no token')).status).toBe(403);
    expectTooMany(await erase(signToken(claimsOf({ sub }))));
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

describe('refreshes', () => {
  const refresh = (ip: string, token: string): Promise<Answer> =>
    postFrom(ip, '/userauth/refresh', { refresh_token: token });

  it('are 1,200 a minute for an address, unless a token of ours says whose they are', async () => {
    const ip = newAddress();
    const { body } = await signUp(newAddress(), 'refreshed@example.org');
    const first = await refresh(ip, 'no token of ours');
    expect(first.status).toBe(401);
    expect(first.headers.get('ratelimit-limit')).toBe('1200');
    for (let n = 1; n < 1200; n += 50) {
      const tokens = Array.from({ length: Math.min(50, 1200 - n) }, (_, i) => `${n} ${i}`);
      await Promise.all(tokens.map((token) => refresh(ip, token)));
    }
    expectTooMany(await refresh(ip, 'another one'));
    expectTooMany(await refresh(ip, body.access_token)); // not one for this
    expect((await refresh(ip, body.refresh_token)).status).toBe(200);
    expect((await refresh(newAddress(), 'no token of ours')).status).toBe(401);
  });

  it('are 1,200 a minute for a session, wherever it asks from', async () => {
    const [busy, idle] = await Promise.all(
      ['busy', 'idle'].map(
        async (name) => (await signUp(newAddress(), `${name}.r@example.org`)).body,
      ),
    );
    await fill('refresh', busy.access_token);
    expectTooMany(await refresh(newAddress(), busy.refresh_token));
    expect((await refresh(newAddress(), idle.refresh_token)).status).toBe(200);
  });
});

describe('sockets', () => {
  const openFrom = (ip: string, token: string): Promise<Listener> =>
    Listener.connect(app.url, token, { extraHeaders: { 'x-forwarded-for': ip } });

  it('are opened 1,200 times a minute from an address', async () => {
    const { body } = await signUp(newAddress(), 'sockets@example.org');
    const ip = newAddress();
    const poll = (): Promise<Answer> =>
      app.anonymous.request('GET', '/socket.io/?EIO=4&transport=polling', undefined, {
        'x-forwarded-for': ip,
      });
    (await openFrom(ip, body.access_token)).close();
    for (let n = 1; n < 1200; n += 50) {
      await Promise.all(Array.from({ length: Math.min(50, 1200 - n) }, poll));
    }
    expectTooMany(await poll());
    const head = ['GET /socket.io/?EIO=4&transport=websocket HTTP/1.1', 'Host: localhost'];
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const own = ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', `X-Forwarded-For: ${ip}`];
    expectTooMany(await askRaw(app.url, [...head, ...upgrade, ...own, '', ''].join('\r\n')));
    (await openFrom(newAddress(), body.access_token)).close();
  });

  it('are connected 1,200 times a minute by a session, wherever from', async () => {
    const { body } = await signUp(newAddress(), 'connects@example.org');
    await fill('connect', body.access_token);
    const refusal = await openFrom(newAddress(), body.access_token).catch(
      (error: unknown) => error,
    );
    expect((refusal as RefusedError).problem).toMatchObject({
      type: 'urn:conclave:problem:too-many-requests',
      status: 429,
      retry_after: expect.any(Number),
    });
    const { body: other } = await signUp(newAddress(), 'connects2@example.org');
    (await openFrom(newAddress(), other.access_token)).close();
  });
});

/** Uses up what the session of a token may do in a minute. */
async function fill(name: string, accessToken: string): Promise<void> {
  const { sid } = JSON.parse(Buffer.from(accessToken.split('.')[1], 'base64url').toString());
  const counter = app.nest.get(RateCounter);
  for (let n = 0; n < 1200; n++) await counter.add(`${name}:${sid}`, 60);
}

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
    const headers = { authorization: `Bearer ${body.access_token}` };
    expectTooMany(await app.anonymous.request('GET', '/events', undefined, headers));
  });
});

describe('looking people up by e-mail', () => {
  it('is possible 30 times a minute', async () => {
    const { body } = await signUp(newAddress(), 'curious@example.org');
    const find = (query: string): Promise<Answer> =>
      app.anonymous.request('GET', `/users/?${query}`, undefined, {
        authorization: `Bearer ${body.access_token}`,
      });
    const byId = await find(`ids=${body.user.id}`);
    expect([byId.status, byId.headers.get('ratelimit-limit')]).toEqual([200, '1200']);
    for (let n = 0; n < 30; n++) {
      const { status, headers } = await find('email=curious@example.org');
      expect([status, headers.get('ratelimit-remaining')]).toEqual([200, String(29 - n)]);
    }
    for (const query of ['email=curious@example.org', `email=x&ids=${body.user.id}`, 'email']) {
      expectTooMany(await find(query));
    }
    expect((await find(`ids=${body.user.id}`)).status).toBe(200);
  });
});

describe('passwords', () => {
  it('are refused when they are easy to guess, or the own e-mail', async () => {
    for (const password of ['password1', 'iloveyou', 'Qwertyuiop', 'easy@example.org']) {
      const { status, body } = await signUp(newAddress(), 'easy@example.org', password);
      expect({ password, status }).toEqual({ password, status: 400 });
      expect(body.errors[0].field).toBe('password');
    }
    expect((await signUp(newAddress(), 'easy@example.org')).status).toBe(201);
  });
});
