import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, Client } from '../support/client.js';
import { exchange, EXCHANGE_SECRET, signToken } from '../support/exchange-token.js';
import { expectProblem } from '../support/expect-problem.js';
import { Listener } from '../support/socket.js';
import { PASSWORD, TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';

const NEW_PASSWORD = 'seven wax seals on a door';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ EXCHANGE_SECRET });
});
afterAll(() => app.stop());

const newEmail = (): string => `${randomUUID()}@example.org`;
const clientOf = ({ body }: Answer): Client => new Client(app.url, body.access_token);
const erase = (client: Client, proof: object): Promise<Answer> =>
  client.request('DELETE', '/userauth/me', proof);
const changePassword = (client: Client): Promise<Answer> =>
  client.request('PUT', '/userauth/me/password', {
    current_password: PASSWORD,
    new_password: NEW_PASSWORD,
  });

async function userOf(answer: Answer): Promise<Record<string, unknown>> {
  return (await clientOf(answer).get('/userauth/me')).body;
}

describe('an exchange', () => {
  it('makes a user on first sight, and knows them from then on', async () => {
    const [sub, email] = [randomUUID(), newEmail()];
    const first = await exchange(app, { sub, email, fname: 'Ada', lname: 'Lovelace' });
    expect([first.status, first.body]).toEqual([
      201,
      {
        message: 'Welcome to Conclave.',
        user: {
          id: expect.any(String),
          email,
          fname: 'Ada',
          lname: 'Lovelace',
          profile: null,
          created_at: expect.any(String),
        },
        access_token: expect.any(String),
        refresh_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 900,
      },
    ]);
    const second = await exchange(app, { sub });
    expect([second.status, second.body.message]).toEqual([200, 'Welcome back.']);
    expect(second.body.user).toEqual(first.body.user);
    expect(await userOf(second)).toEqual(first.body.user);
    expect((await clientOf(first).get('/userauth/sessions')).body.data).toHaveLength(2);
  });

  it('takes the same token again while it lives, for a session each', async () => {
    const token = signToken();
    const answers = [];
    for (let n = 0; n < 2; n++) {
      answers.push(await app.anonymous.post('/userauth/exchange', { token }));
    }
    expect(answers.map(({ status }) => status)).toEqual([201, 200]);
    expect(answers[0].body.user.id).toBe(answers[1].body.user.id);
    expect(answers[0].body.access_token).not.toBe(answers[1].body.access_token);
  });

  it('opens a session like any other: it refreshes, writes, and ends', async () => {
    const answer = await exchange(app);
    const { refresh_token } = answer.body;
    const { body } = await app.anonymous.post('/userauth/refresh', { refresh_token });
    const client = new Client(app.url, body.access_token);
    const chat = await client.post('/chat/', { chat_name: 'Room' });
    const sent = await client.post('/message/', { chatid: chat.body.id, message: 'hello' });
    expect([sent.status, sent.body.sender.id]).toEqual([201, answer.body.user.id]);
    expect((await client.post('/userauth/logout')).status).toBe(204);
    expect((await client.get('/userauth/me')).status).toBe(401);
  });

  it('tells subjects apart by their bytes', async () => {
    const subjects = ['ada', 'Ada', 'ada ', ' ada', 'zo\u00eb', 'zoe\u0308', 'ß', 'ss', 'ı', 'i'];
    const answers = await Promise.all(subjects.map((sub) => exchange(app, { sub })));
    expect(answers.map(({ status }) => status)).toEqual(subjects.map(() => 201));
    const again = await Promise.all(subjects.map((sub) => exchange(app, { sub })));
    expect(again.map(({ body }) => body.user.id)).toEqual(answers.map(({ body }) => body.user.id));
    expect(new Set(again.map(({ body }) => body.user.id)).size).toBe(subjects.length);
  });

  it('makes one user of fifty first ones at once', async () => {
    const claims = { sub: randomUUID(), email: newEmail(), fname: 'Ada' };
    const answers = await Promise.all(Array.from({ length: 50 }, () => exchange(app, claims)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array<number>(49).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body.user))).size).toBe(1);
    expect(await app.sql('SELECT id FROM users WHERE email = ?', [claims.email])).toHaveLength(1);
  });

  it('is open where sign-up is closed', async () => {
    await app.close();
    app = await TestApp.start({ EXCHANGE_SECRET, SIGN_UP: 'closed' }, app.database);
    expect((await exchange(app)).status).toBe(201);
    expect((await app.anonymous.get('/server')).body).toMatchObject({
      sign_up: 'closed',
      password_log_in: true,
      exchange: true,
    });
    await app.close();
    app = await TestApp.start({ EXCHANGE_SECRET }, app.database);
  });
});

describe('a name', () => {
  it('fills an empty field, and overwrites nothing', async () => {
    const sub = randomUUID();
    await exchange(app, { sub, fname: 'Ada' });
    const later = await exchange(app, { sub, fname: 'Augusta', lname: 'King' });
    expect(later.body.user).toMatchObject({ fname: 'Ada', lname: 'King' });
    await clientOf(later).patch('/userauth/me', { lname: 'Lovelace' });
    const last = await exchange(app, { sub, fname: 'Augusta', lname: 'Byron' });
    expect(await userOf(last)).toMatchObject({ fname: 'Ada', lname: 'Lovelace' });
  });

  it('is told of when it fills a field of a user who is there', async () => {
    const sub = randomUUID();
    const { body } = await exchange(app, { sub });
    const socket = await Listener.connect(app.url, body.access_token);
    await exchange(app, { sub, fname: 'Ada' });
    const heard = () => socket.events.find(({ name }) => name === 'user.updated');
    await until(() => heard() !== undefined);
    expect(heard()!.payload).toMatchObject({ user: { id: body.user.id, fname: 'Ada' } });
    socket.close();
  });

  it('fills it once: what its user clears stays so', async () => {
    const claims = { sub: randomUUID(), fname: 'Ada', lname: 'Lovelace' };
    await clientOf(await exchange(app, claims)).patch('/userauth/me', { fname: null });
    const answer = await exchange(app, claims);
    expect(answer.body.user).toMatchObject({ fname: null, lname: 'Lovelace' });
    expect(await userOf(answer)).toEqual(answer.body.user);
  });
});

describe('an e-mail', () => {
  it('never leads to the account that has it, whatever its case and form', async () => {
    const user = await app.givenUser({ email: `zo\u00eb.${newEmail()}` });
    const forms = [user.email, user.email.toUpperCase(), user.email.normalize('NFD')];
    for (const email of forms) {
      const { status, body } = await exchange(app, { email });
      expect([status, body.user.email]).toEqual([201, null]);
      expect(body.user.id).not.toBe(user.id);
    }
    const { body } = await app.as(user).get(`/users/?email=${encodeURIComponent(user.email)}`);
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual([user.id]);
    const logIn = { email: user.email, password: PASSWORD };
    expect((await app.anonymous.post('/userauth/userLogin', logIn)).body.user.id).toBe(user.id);
  });

  it('is had by one of two subjects who bring it at once', async () => {
    for (let round = 0; round < 5; round++) {
      const email = newEmail();
      const emails = [email, email.toUpperCase(), email, email.toUpperCase()];
      const answers = await Promise.all(emails.map((each) => exchange(app, { email: each })));
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
      const had = answers.map(({ body }) => body.user.email).filter((each) => each !== null);
      expect(had.map((each) => each.toLowerCase())).toEqual([email]);
    }
  });

  it('is had by one of a sign-up and an exchange at once', async () => {
    for (let round = 0; round < 5; round++) {
      const email = newEmail();
      const account = { email, password: PASSWORD };
      const [signedUp, exchanged] = await Promise.all([
        app.anonymous.post('/userauth/userSignup', account),
        exchange(app, { email: email.toUpperCase() }),
      ]);
      expect(exchanged.status).toBe(201);
      const hasIt = exchanged.body.user.email !== null;
      expect(signedUp.status).toBe(hasIt ? 409 : 201);
    }
  });

  it('keeps others from signing up with it', async () => {
    const email = newEmail();
    await exchange(app, { email });
    const account = { email: email.toUpperCase(), password: PASSWORD };
    expectProblem(await app.anonymous.post('/userauth/userSignup', account), 409, 'email-taken');
  });

  it('is taken later by who had none, once it is free, and never another one', async () => {
    const [sub, other] = [randomUUID(), await app.givenUser()];
    const { email } = other;
    expect((await exchange(app, { sub, email })).body.user.email).toBeNull();
    expect((await exchange(app, { sub, email })).body.user.email).toBeNull();
    expect((await erase(other.client, { password: PASSWORD })).status).toBe(204);
    expect((await exchange(app, { sub, email })).body.user.email).toBe(email);
    expect((await exchange(app, { sub, email: newEmail() })).body.user.email).toBe(email);
    expect((await exchange(app, { email })).body.user.email).toBeNull();
  });
});

describe('a user of the exchange', () => {
  it('without an e-mail is shown and found like any other', async () => {
    const { body } = await exchange(app, { fname: 'Grace' });
    const { id } = body.user;
    const someone = await app.givenUser();
    expect((await app.as(someone).get(`/users/${id}`)).body).toMatchObject({ id, fname: 'Grace' });
    const direct = await app.as(someone).post('/chat/direct', { user_id: id });
    expect(direct.body.peer).toEqual({ id, fname: 'Grace', lname: null, profile: null });
  });

  it('has no password that one could log in with', async () => {
    const email = newEmail();
    await exchange(app, { email });
    for (const password of ['!', ' ', PASSWORD]) {
      const refused = await app.anonymous.post('/userauth/userLogin', { email, password });
      const unknown = await app.anonymous.post('/userauth/userLogin', {
        email: newEmail(),
        password,
      });
      expectProblem(refused, 401, 'wrong-credentials');
      expect({ ...refused.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
    }
  });

  it('is told so where a password is asked for', async () => {
    const client = clientOf(await exchange(app));
    expectProblem(await changePassword(client), 409, 'no-password');
    expectProblem(await erase(client, { password: '!' }), 409, 'no-password');
    expect((await client.get('/userauth/me')).status).toBe(200);
  });
});
