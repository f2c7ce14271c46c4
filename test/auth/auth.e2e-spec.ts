import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, Client } from '../support/client.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const JWT = /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{43}$/;

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

const nothing = { fname: null, lname: null, profile: null };

let count = 0;
function newEmail(): string {
  return `Somebody${++count}.${process.pid}@Example.org`;
}

function signUp(fields: object): Promise<Answer> {
  return app.anonymous.post('/userauth/userSignup', { password: PASSWORD, ...fields });
}

function logIn(email: string, password = PASSWORD): Promise<Answer> {
  return app.anonymous.post('/userauth/userLogin', { email, password });
}

async function storedHash(user: TestUser): Promise<string> {
  const [row] = await app.sql<{ password_hash: string }>(
    'SELECT password_hash FROM users WHERE id = ?',
    [user.id],
  );
  return row.password_hash;
}

/** Everything that stands in the database, as JSON. */
async function dump(): Promise<string> {
  const tables = await app.sql<{ name: string }>(
    isPostgres
      ? "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
      : "SELECT name FROM sqlite_master WHERE type = 'table'",
  );
  const rows = await Promise.all(tables.map(({ name }) => app.sql(`SELECT * FROM ${name}`)));
  return JSON.stringify(rows);
}

function withoutRequestId({ body }: Answer): object {
  return { ...body, request_id: undefined };
}

/** What sign-up and log-in answer, to the last field. */
function signedIn(message: string, user: object): object {
  return {
    message,
    user: { id: expect.stringMatching(ID), created_at: expect.stringMatching(TIME), ...user },
    access_token: expect.stringMatching(JWT),
    refresh_token: expect.stringMatching(JWT),
    token_type: 'Bearer',
    expires_in: 900,
  };
}

describe('signing up', () => {
  it.each([{ fname: 'Ada', lname: 'Lovelace', profile: 'Countess\nof computing' }, {}])(
    'answers 201 with the user and the tokens of a session, and nothing else: %o',
    async (fields) => {
      const email = newEmail();
      const { status, body } = await signUp({ email, ...fields });
      expect(status).toBe(201);
      expect(body).toEqual(signedIn('Welcome to Conclave.', { email, ...nothing, ...fields }));
    },
  );

  it('refuses an e-mail that is taken, whatever its case', async () => {
    const email = newEmail();
    await signUp({ email });
    for (const same of [email, email.toUpperCase(), email.toLowerCase()]) {
      const { body } = await signUp({ email: same, password: 'another password' });
      expect(body).toMatchObject({ type: 'urn:conclave:problem:email-taken', status: 409 });
    }
    expect((await logIn(email)).status).toBe(200);
  });

  it('makes one account when ten race for an e-mail', async () => {
    const email = newEmail();
    const forms = [email, email.toUpperCase(), email.toLowerCase()];
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => signUp({ email: forms[index % 3] })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)]);
    const rows = await app.sql('SELECT id FROM users WHERE email_key = ?', [email.toLowerCase()]);
    expect(rows).toHaveLength(1);
  });

  it('takes whatever a browser and a proxy say of themselves', async () => {
    const proxied = await TestApp.start({ TRUST_PROXY: '1' });
    const headers = { 'user-agent': 'é'.repeat(2000), 'x-forwarded-for': 'unknown'.repeat(20) };
    const form = { email: newEmail(), password: PASSWORD };
    const path = '/userauth/userSignup';
    const { status } = await proxied.anonymous.request('POST', path, form, headers);
    const [{ ip }] = await proxied.sql('SELECT ip FROM session');
    await proxied.stop();
    expect([status, ip]).toEqual([201, '127.0.0.1']);
  });
});

describe('logging in', () => {
  it('answers 200 in the same shape, whatever the case of the e-mail', async () => {
    const { id, email } = await app.givenUser({ fname: 'Ada' });
    for (const form of [email, email.toUpperCase()]) {
      const { status, body } = await logIn(form);
      expect(status).toBe(200);
      expect(body).toEqual(signedIn('Welcome back.', { ...nothing, id, email, fname: 'Ada' }));
    }
  });

  it('says the same 401 to an unknown e-mail and a wrong password', async () => {
    const { email } = await app.givenUser();
    const wrong = await logIn(email, 'wrong horse battery staple');
    expect(wrong.body.detail).toBe('The e-mail or the password is wrong.');
    for (const answer of [
      wrong,
      await logIn(newEmail()),
      await logIn(email, `${PASSWORD} `),
      await logIn(email, PASSWORD.toUpperCase()),
      await logIn('no e-mail at all', 'x'),
      await logIn("' OR 1=1 --", "' OR 1=1 --"),
    ]) {
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="conclave"');
      expect(withoutRequestId(answer)).toEqual(withoutRequestId(wrong));
    }
  });

  it("takes a hash of Django's and leaves one that cannot be used shut", async () => {
    const user = await app.givenUser();
    const setHash = (hash: string): Promise<unknown> =>
      app.sql('UPDATE users SET password_hash = ? WHERE id = ?', [hash, user.id]);
    await setHash('pbkdf2_sha256$1000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=');
    expect((await logIn(user.email, 'lètmein')).status).toBe(200);
    expect((await logIn(user.email)).status).toBe(401);
    for (const hash of ['', '!unusable', 'pbkdf2_sha256$999999999$salt$aGFzaA==']) {
      await setHash(hash);
      expect((await logIn(user.email)).status).toBe(401);
    }
  });

  it('upgrades a hash of fewer iterations than the setting, and never back', async () => {
    const user = await app.givenUser();
    const old = await storedHash(user);
    for (const iterations of ['3000', '2000']) {
      await app.close();
      app = await TestApp.start({ PBKDF2_ITERATIONS: iterations }, app.database);
      expect((await logIn(user.email, 'wrong password')).status).toBe(401);
      if (iterations === '3000') expect(await storedHash(user)).toBe(old);
      expect((await logIn(user.email)).status).toBe(200);
      expect(await storedHash(user)).toMatch(/^pbkdf2_sha256\$3000\$/);
    }
    const upgraded = await storedHash(user);
    expect((await logIn(user.email)).status).toBe(200);
    expect(await storedHash(user)).toBe(upgraded);
    await app.close();
    app = await TestApp.start({}, app.database);
  });
});

describe('the password', () => {
  it("is stored in Django's form only, and shown to nobody", async () => {
    const user = await app.givenUser();
    const hash = await storedHash(user);
    expect(hash).toMatch(/^pbkdf2_sha256\$1000\$[A-Za-z0-9]{22}\$[A-Za-z0-9+/]{43}=$/);
    expect(await dump()).not.toContain(PASSWORD);
    const me = app.as(user);
    const answers = [
      await logIn(user.email),
      await signUp({ email: user.email }),
      await me.get('/userauth/me'),
      await me.patch('/userauth/me', { fname: 'Ada' }),
      await me.post('/chat/', { chat_name: 'Room' }),
    ];
    const text = JSON.stringify(answers.map(({ body }) => body));
    for (const secret of ['pbkdf2', hash.split('$')[2], hash.split('$')[3], PASSWORD]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe('logging out', () => {
  it('ends this session at once, and no other one', async () => {
    const user = await app.givenUser();
    const other = await app.givenUser();
    const second = (await logIn(user.email)).body;
    const asSecond = new Client(app.url, second.access_token);
    expect((await asSecond.get('/userauth/me')).status).toBe(200);
    expect((await app.as(user).post('/userauth/logout')).status).toBe(204);
    expect((await app.as(user).get('/userauth/me')).status).toBe(401);
    expect((await app.as(user).post('/userauth/logout')).status).toBe(401);
    expect((await asSecond.get('/userauth/me')).status).toBe(200);
    expect((await app.as(other).get('/userauth/me')).status).toBe(200);
    expect((await logIn(user.email)).status).toBe(200);
  });

  it('may be asked for twice at once', async () => {
    const user = await app.givenUser();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => app.as(user).post('/userauth/logout')),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toContain(204);
    expect(statuses.filter((status) => status !== 204 && status !== 401)).toEqual([]);
  });
});

describe('the own profile', () => {
  it('changes in the fields that are given, and null clears one', async () => {
    const { id, email, client } = await app.givenUser({ fname: 'Ada', lname: 'Byron' });
    const before = (await client.get('/userauth/me')).body;
    const user = { id, email, fname: 'Ada', lname: 'Byron', profile: null };
    expect(before).toEqual({ ...user, created_at: expect.stringMatching(TIME) });
    const changed = await client.patch('/userauth/me', { lname: 'Lovelace', profile: 'x' });
    expect(changed.status).toBe(200);
    expect(changed.body).toEqual({ ...before, lname: 'Lovelace', profile: 'x' });
    const cleared = await client.patch('/userauth/me/', { fname: null, profile: null });
    expect(cleared.body).toEqual({ ...before, fname: null, lname: 'Lovelace' });
    expect((await client.get('/userauth/me')).body).toEqual(cleared.body);
  });

  it.each([
    {},
    { email: 'other@example.org' },
    { password: 'another password' },
    { password_hash: 'x' },
    { fname: 'Ada', is_admin: true },
    { fname: 'x'.repeat(101) },
    { lname: 'a\u0000b' },
    { profile: 'x'.repeat(2049) },
  ])('does not change by %o', async (fields) => {
    const { client } = await app.givenUser({ fname: 'Ada' });
    const before = (await client.get('/userauth/me')).body;
    const { status, body } = await client.patch('/userauth/me', fields);
    expect(status).toBe(400);
    expect(body.errors.length).toBeGreaterThan(0);
    expect((await client.get('/userauth/me')).body).toEqual(before);
  });
});

describe('the whitelist', () => {
  const me = '/userauth/me';

  it('holds the claims of the two tokens of each session', async () => {
    const { id } = await app.givenUser();
    const rows = await app.sql('SELECT * FROM whitelisted_token WHERE user_id = ?', [id]);
    const lifetimes = rows.map(({ use, issued_at, expires_at }) => [
      use,
      (Number(expires_at) - Number(issued_at)) / 1000,
    ]);
    expect(Object.fromEntries(lifetimes)).toEqual({ access: 900, refresh: 30 * 86_400 });
    expect(new Set(rows.map((row) => row.session_id)).size).toBe(1);
  });

  // The token was not used before, so that no cache of the whitelist can know it.
  it.each([
    ['its row is gone', 'DELETE FROM whitelisted_token WHERE user_id = ?'],
    ['its row has expired', 'UPDATE whitelisted_token SET expires_at = 1 WHERE user_id = ?'],
    ['its session is gone', 'DELETE FROM session WHERE user_id = ?'],
  ])('makes a token worth nothing once %s', async (_what, statement) => {
    const user = await app.givenUser();
    const other = await app.givenUser();
    await app.sql(statement, [user.id]);
    const { status, headers } = await app.as(user).get(me);
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="conclave"']);
    expect((await app.as(other).get(me)).status).toBe(200);
    expect((await logIn(user.email)).status).toBe(200);
  });

  it('holds no token, nor any signature of one', async () => {
    const user = await app.givenUser();
    const again = (await logIn(user.email)).body;
    await app.as(user).get(me);
    const tokens = [user.accessToken, user.refreshToken, again.access_token, again.refresh_token];
    const text = await dump();
    expect(text).toContain(user.id);
    for (const token of tokens)
      for (const part of token.split('.')) expect(text).not.toContain(part);
  });
});
