import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { type Answer, Client } from '../support/client.js';
import { HeldRow } from '../support/held-row.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';

const NEW_PASSWORD = 'seven wax seals on a door';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

type Call = (user: TestUser, client: Client) => Promise<Answer>;

const erase: Call = (_user, client) =>
  client.request('DELETE', '/userauth/me', { password: PASSWORD });
const logIn: Call = ({ email }, client) =>
  client.request('POST', '/userauth/userLogin', { email, password: PASSWORD });
const refresh: Call = ({ refreshToken: refresh_token }, client) =>
  client.request('POST', '/userauth/refresh', { refresh_token });
const changePassword: Call = (_user, client) =>
  client.request('PUT', '/userauth/me/password', {
    current_password: PASSWORD,
    new_password: NEW_PASSWORD,
  });
const changeProfile: Call = (_user, client) =>
  client.patch('/userauth/me', { fname: 'Ada', lname: 'Lovelace', profile: 'me again' });

/** The first session of a new user. */
async function sessionOf({ id }: TestUser): Promise<string> {
  const [row] = await app.sql<{ id: string }>('SELECT id FROM session WHERE user_id = ?', [id]);
  return row.id;
}

/** Nothing of an erased user is left, whoever wrote when. */
async function expectNothingLeft({ id }: TestUser): Promise<void> {
  await app.nest.get(ErasureTask).settle();
  const [row] = await app.sql('SELECT * FROM users WHERE id = ?', [id]);
  const nothing = { email: null, email_key: null, fname: null, lname: null, profile: null };
  expect(row).toMatchObject({ ...nothing, password_hash: '!' });
  expect(row.erased_at).not.toBeNull();
  for (const table of ['session', 'whitelisted_token']) {
    expect(await app.sql(`SELECT * FROM ${table} WHERE user_id = ?`, [id]), table).toEqual([]);
  }
}

/** Two calls that both wait for a row, and are let go in this order. */
async function inTurn(
  user: TestUser,
  table: 'users' | 'session',
  calls: [Call, Call],
): Promise<Answer[]> {
  const id = table === 'users' ? user.id : await sessionOf(user);
  const row = await HeldRow.hold(app, table, id);
  const answers: Promise<Answer>[] = [];
  for (const call of calls) {
    answers.push(call(user, user.client));
    await row.untilWaiting(answers.length);
  }
  await row.release();
  return Promise.all(answers);
}

const gone = 'urn:conclave:problem:unauthenticated';
const wrong = 'urn:conclave:problem:wrong-credentials';
const dead = 'urn:conclave:problem:dead-refresh-token';

describe('an erasure that comes first', () => {
  it.each<[string, 'users' | 'session', Call, string]>([
    ['a change of the profile', 'users', changeProfile, gone],
    ['a change of the password', 'users', changePassword, gone],
    ['another erasure', 'users', erase, gone],
    ['a log-in', 'users', logIn, wrong],
    ['a refresh', 'session', refresh, dead],
  ])('leaves nothing to %s', async (_what, table, call, type) => {
    const user = await app.givenUser({ fname: 'Grace' });
    const [erased, late] = await inTurn(user, table, [erase, call]);
    expect(erased.status).toBe(204);
    expect([late.status, late.body.type]).toEqual([401, type]);
    await expectNothingLeft(user);
  });

  it('leaves nothing to a log-in that has a better hash for the password', async () => {
    const user = await app.givenUser();
    await app.close();
    app = await TestApp.start({ PBKDF2_ITERATIONS: '2000' }, app.database);
    const here = { ...user, client: new Client(app.url, user.accessToken) };
    const [erased, late] = await inTurn(here, 'users', [erase, logIn]);
    expect([erased.status, late.status]).toEqual([204, 401]);
    await expectNothingLeft(user);
    await app.close();
    app = await TestApp.start({}, app.database);
  });
});

describe('an erasure that comes last', () => {
  it.each<[string, 'users' | 'session', Call, number]>([
    ['a change of the profile', 'users', changeProfile, 200],
    ['a log-in', 'users', logIn, 200],
    ['a refresh', 'session', refresh, 200],
  ])('takes with it what %s wrote', async (_what, table, call, status) => {
    const user = await app.givenUser();
    const [early, erased] = await inTurn(user, table, [call, erase]);
    expect([early.status, erased.status]).toEqual([status, 204]);
    await expectNothingLeft(user);
    if (call === changeProfile) return;
    const again = await app.anonymous.post('/userauth/refresh', {
      refresh_token: early.body.refresh_token,
    });
    expect(again.status).toBe(401);
  });

  it('is refused when the password was changed meanwhile', async () => {
    const user = await app.givenUser();
    const [changed, refused] = await inTurn(user, 'users', [changePassword, erase]);
    expect([changed.status, refused.status]).toEqual([204, 403]);
    expect((await user.client.get('/userauth/me')).body.email).toBe(user.email);
  });
});

it('a log-in that finds its hash upgraded by another one at the same moment is one', async () => {
  const user = await app.givenUser();
  await app.close();
  app = await TestApp.start({ PBKDF2_ITERATIONS: '2000' }, app.database);
  const here = { ...user, client: new Client(app.url) };
  const answers = await inTurn(here, 'users', [logIn, logIn]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  await app.close();
  app = await TestApp.start({}, app.database);
});

it('two erasures at once are one', async () => {
  for (let round = 0; round < 5; round++) {
    const user = await app.givenUser();
    const answers = await Promise.all([1, 2, 3].map(() => erase(user, user.client)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401, 401]);
    await expectNothingLeft(user);
  }
});

const lacking = isPostgres ? '' : ' (needs PostgreSQL)';

/** Without Redis it believes for up to four seconds that the session is there. */
describe.skipIf(lacking)(`another process that remembers the token${lacking}`, () => {
  let there: TestApp;
  beforeAll(async () => {
    there = await TestApp.start({}, app.database);
  });
  afterAll(() => there.close());

  it.each<[string, Call, string]>([
    ['shows no account', (_user, client) => client.get('/userauth/me'), gone],
    ['changes no profile', changeProfile, gone],
    ['changes no password', changePassword, gone],
    ['erases nothing twice', erase, gone],
    ['opens no session', logIn, wrong],
    ['renews no token', refresh, dead],
  ])('%s', async (_what, call, type) => {
    const user = await app.givenUser();
    const elsewhere = new Client(there.url, user.accessToken);
    expect((await elsewhere.get('/userauth/sessions')).status).toBe(200);
    expect((await erase(user, user.client)).status).toBe(204);
    const list = await elsewhere.get('/userauth/sessions');
    expect(list.status, 'the token is remembered').toBe(200);
    const { status, body } = await call(user, elsewhere);
    expect([status, body.type]).toEqual([401, type]);
    await expectNothingLeft(user);
  });
});
