import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, Client } from '../support/client.js';
import { exchange, EXCHANGE_SECRET, signToken } from '../support/exchange-token.js';
import { expectProblem } from '../support/expect-problem.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
afterAll(() => app.stop());

/** Word for word, and with the same headers, as where nothing is. */
async function expectUnknown(method: string, path: string, body: unknown): Promise<void> {
  const ask = (to: string): Promise<Answer> =>
    app.anonymous.request(method, to, body, {
      'x-request-id': 'same',
      origin: 'http://localhost:5173',
    });
  const [answer, unknown] = [await ask(path), await ask('/userauth/nowhere')];
  expectProblem(answer, 404, 'unknown-route');
  expect(answer.body).toEqual(unknown.body);
  expect([...answer.headers.keys()].sort()).toEqual([...unknown.headers.keys()].sort());
}

describe('PASSWORD_LOG_IN=off', () => {
  let user: TestUser;
  const changes = { current_password: PASSWORD, new_password: 'seven wax seals on a door' };
  const account = { email: 'ada@example.org', password: PASSWORD };

  beforeAll(async () => {
    app = await TestApp.start();
    user = await app.givenUser();
    await app.close();
    const environment = { EXCHANGE_SECRET, PASSWORD_LOG_IN: 'off' };
    app = await TestApp.start(environment, app.database);
  });

  it.each<[string, string, object]>([
    ['POST', '/userauth/userSignup', account],
    ['POST', '/userauth/userSignup/', account],
    ['POST', '/userauth/userLogin', account],
    ['PUT', '/userauth/me/password', changes],
  ])('takes %s %s away', async (method, path, body) => {
    await expectUnknown(method, path, body);
    await expectUnknown(method, path, {});
  });

  it('takes the change of a password away from who is signed in too', async () => {
    const client = new Client(app.url, user.accessToken);
    const answer = await client.request('PUT', '/userauth/me/password', changes);
    expectProblem(answer, 404, 'unknown-route');
  });

  it('leaves all else, also to those who have a password', async () => {
    const client = new Client(app.url, user.accessToken);
    const { refreshToken: refresh_token } = user;
    expect((await client.get('/userauth/me')).body.email).toBe(user.email);
    expect((await client.post('/userauth/refresh', { refresh_token })).status).toBe(200);
    const password = PASSWORD;
    expect((await client.request('DELETE', '/userauth/me', { password })).status).toBe(204);
    expect((await exchange(app)).status).toBe(201);
  });

  it('is told by GET /server', async () => {
    expect((await app.anonymous.get('/server')).body).toMatchObject({
      sign_up: 'closed',
      password_log_in: false,
      exchange: true,
    });
  });

  it('leaves the document of routes, which is one for every server', async () => {
    const { paths } = (await app.anonymous.get('/openapi.json')).body;
    expect(Object.keys(paths)).toContain('/userauth/userLogin');
  });
});

describe('without EXCHANGE_SECRET', () => {
  beforeAll(async () => {
    await app.close();
    app = await TestApp.start({}, app.database);
  });

  it('there is no exchange', async () => {
    await expectUnknown('POST', '/userauth/exchange', { token: signToken() });
    await expectUnknown('POST', '/userauth/exchange', {});
    const { body } = await app.anonymous.get('/server');
    expect(body).toMatchObject({ sign_up: 'open', password_log_in: true, exchange: false });
  });

  it('no token is the proof for an erasure', async () => {
    const { client } = await app.givenUser();
    for (const token of [signToken(), 'x']) {
      expectProblem(await client.request('DELETE', '/userauth/me', { token }), 403, 'wrong-token');
    }
  });
});
