import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

interface Tokens {
  access_token: string;
  refresh_token: string;
  expires_in: number;
}

async function refresh(token: string): Promise<Tokens> {
  const { status, body } = await app.anonymous.post('/userauth/refresh', { refresh_token: token });
  expect(status).toBe(200);
  return body;
}

const refusal = async (token: string): Promise<number> =>
  (await app.anonymous.post('/userauth/refresh', { refresh_token: token })).status;

const isLive = async (accessToken: string): Promise<boolean> =>
  (await new Client(app.url, accessToken).get('/userauth/me')).status === 200;

/** As if the leeway were over: the tests do not wait for it. */
const passLeeway = ({ id }: TestUser): Promise<unknown> =>
  app.sql(
    `UPDATE whitelisted_token SET expires_at = ? WHERE user_id = ? AND pair <
      (SELECT max(pair) FROM session WHERE session.user_id = whitelisted_token.user_id)`,
    [Date.now() - 1, id],
  );

describe('refreshing', () => {
  it('answers a new pair, in the shape of a log-in without the user', async () => {
    const user = await app.givenUser();
    const { status, body } = await app.anonymous.post('/userauth/refresh', {
      refresh_token: user.refreshToken,
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
    });
    expect(body.expires_in).toBeGreaterThan(890);
    expect(body.access_token).not.toBe(user.accessToken);
    expect(body.refresh_token).not.toBe(user.refreshToken);
    expect(await isLive(body.access_token)).toBe(true);
  });

  it('keeps a session going from pair to pair', async () => {
    const user = await app.givenUser();
    let tokens: Tokens = await refresh(user.refreshToken);
    for (let n = 0; n < 5; n++) tokens = await refresh(tokens.refresh_token);
    expect(await isLive(tokens.access_token)).toBe(true);
  });

  it('answers the same pair to a retry, as long as nobody has used it', async () => {
    const user = await app.givenUser();
    const first = await refresh(user.refreshToken);
    const again = await refresh(user.refreshToken);
    expect(again.access_token).toBe(first.access_token);
    expect(again.refresh_token).toBe(first.refresh_token);
    expect(await isLive(user.accessToken)).toBe(true); // the answer may have been lost
  });

  it('answers the same pair to 50 at once', async () => {
    const user = await app.givenUser();
    const all = await Promise.all(Array.from({ length: 50 }, () => refresh(user.refreshToken)));
    expect(new Set(all.map((tokens) => tokens.access_token)).size).toBe(1);
    expect(new Set(all.map((tokens) => tokens.refresh_token)).size).toBe(1);
    expect(await isLive(all[0].access_token)).toBe(true);
  });

  it('goes on answering two tabs within the leeway after the new pair is used', async () => {
    const user = await app.givenUser();
    const { access_token } = await refresh(user.refreshToken);
    expect(await isLive(access_token)).toBe(true);
    expect((await refresh(user.refreshToken)).access_token).toBe(access_token);
    expect(await isLive(user.accessToken)).toBe(true);
  });

  it('renews an access token that has expired meanwhile', async () => {
    const user = await app.givenUser();
    const first = await refresh(user.refreshToken);
    await app.sql(
      `UPDATE whitelisted_token SET expires_at = ? WHERE user_id = ? AND "use" = 'access'`,
      [Date.now() - 1, user.id],
    );
    const again = await refresh(user.refreshToken);
    expect(again.refresh_token).toBe(first.refresh_token);
    expect(again.access_token).not.toBe(first.access_token);
    expect(await isLive(again.access_token)).toBe(true);
  });
});

describe('the leeway', () => {
  it('begins with the first use of the new pair, not with its making', async () => {
    const user = await app.givenUser();
    const ends = async (): Promise<number> => {
      const [row] = await app.sql(
        `SELECT expires_at FROM whitelisted_token WHERE user_id = ? AND pair = 1 AND "use" = 'refresh'`,
        [user.id],
      );
      return Number(row.expires_at) - Date.now();
    };
    const { access_token } = await refresh(user.refreshToken);
    expect(await ends()).toBeGreaterThan(86_400_000);
    expect(await isLive(access_token)).toBe(true);
    expect(await ends()).toBeLessThanOrEqual(30_000);
    expect(await ends()).toBeGreaterThan(20_000);
  });

  it('over, a use of the old refresh token is theft and ends the whole session', async () => {
    const user = await app.givenUser();
    const tokens = await refresh(user.refreshToken);
    expect(await isLive(tokens.access_token)).toBe(true);
    await passLeeway(user);
    expect(await refusal(user.refreshToken)).toBe(401);
    expect(await isLive(tokens.access_token)).toBe(false);
    expect(await refusal(tokens.refresh_token)).toBe(401);
    expect(await app.sql('SELECT id FROM session WHERE user_id = ?', [user.id])).toEqual([]);
  });

  it('theft is noticed also after the old rows were cleared away', async () => {
    const user = await app.givenUser();
    const tokens = await refresh(user.refreshToken);
    await app.sql('DELETE FROM whitelisted_token WHERE user_id = ? AND pair = 1', [user.id]);
    expect(await refusal(user.refreshToken)).toBe(401);
    expect(await isLive(tokens.access_token)).toBe(false);
  });

  it('over, the old access token is dead and the session lives', async () => {
    const user = await app.givenUser();
    const { access_token } = await refresh(user.refreshToken);
    await passLeeway(user);
    expect(await isLive(user.accessToken)).toBe(false);
    expect(await isLive(access_token)).toBe(true);
  });
});

describe('a refresh token', () => {
  it.each(['', 'x', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.'])('is not %j', async (token) => {
    expect([400, 401]).toContain(await refusal(token));
  });

  it('is no access token, and an access token is none', async () => {
    const user = await app.givenUser();
    expect(await refusal(user.accessToken)).toBe(401);
    expect(await isLive(user.refreshToken)).toBe(false);
    expect(await isLive(user.accessToken)).toBe(true);
  });

  it('ends with its session', async () => {
    const user = await app.givenUser();
    await app.as(user).post('/userauth/logout');
    expect(await refusal(user.refreshToken)).toBe(401);
  });

  it('that has expired signs out without ado', async () => {
    const user = await app.givenUser();
    await app.sql('UPDATE whitelisted_token SET expires_at = ? WHERE user_id = ?', [1, user.id]);
    expect(await refusal(user.refreshToken)).toBe(401);
    expect(await app.sql('SELECT id FROM session WHERE user_id = ?', [user.id])).toHaveLength(1);
  });
});
