import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimsOf, EXCHANGE_SECRET, signToken } from '../support/exchange-token.js';
import { beside, conclave, conclaveJson } from '../support/command.js';
import { expectProblem } from '../support/expect-problem.js';
import { Listener } from '../support/socket.js';
import { PASSWORD, TestApp } from '../support/test-app.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';

const email = 'grace@example.org';
const OTHER = 'seven wax seals on a door';
const SECOND_MS = 1000;

let database: TestDatabase;
let app: TestApp | undefined;
beforeEach(async () => {
  database = await TestDatabase.create();
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  await database.drop();
});

const start = async (environment: NodeJS.ProcessEnv = {}): Promise<TestApp> =>
  (app = await TestApp.start({ LOG_LEVEL: 'info', ...environment }, database));
const logIn = (from: TestApp, password = PASSWORD): Promise<{ status: number }> =>
  from.anonymous.post('/userauth/userLogin', { email, password });
/** Lines of the audit log that tell of the command. */
const told = ({ log }: TestApp): unknown[] =>
  log.filter(({ via }) => via === 'command').map(({ event }) => event);

describe('conclave users, beside a server that does the work', () => {
  it('adds an account while nobody can sign up, with nothing set but DATA_DIR', async () => {
    const { anonymous } = await start({ SIGN_UP: 'closed' });
    const added = await conclaveJson(beside(database), ['users', 'add', email], `${PASSWORD}\n`);
    expect(added).toMatchObject({ email });
    const account = { email: 'ada@example.org', password: PASSWORD };
    expectProblem(await anonymous.post('/userauth/userSignup', account), 403, 'sign-up-closed');
    expect((await logIn(app!)).status).toBe(200);
    expect((await anonymous.get('/server')).body.sign_up).toBe('closed');
    expect(told(app!)).toEqual(['user.added']);
  });

  it('lists in pages, and shows by e-mail, id and subject', async () => {
    const { anonymous } = await start({ EXCHANGE_SECRET });
    const ids = [(await app!.givenUser()).id, (await app!.givenUser()).id];
    const exchanged = await anonymous.post('/userauth/exchange', {
      token: signToken(claimsOf({ sub: 's1' })),
    });
    ids.push(exchanged.body.user.id);
    const list = (...args: string[]) => conclaveJson(beside(database), ['users', 'list', ...args]);
    const first = await list('--limit', '2');
    expect(first).toMatchObject({ has_more: true, data: [{ id: ids[0] }, { id: ids[1] }] });
    expect(await list('--after', ids[1])).toMatchObject({
      has_more: false,
      data: [{ id: ids[2] }],
    });
    const show = (user: string) => conclaveJson(beside(database), ['users', 'show', user]);
    expect(await show(first.data[0].email.toUpperCase())).toMatchObject({
      id: ids[0],
      sessions: 1,
      has_password: true,
    });
    expect(await show(ids[1])).toMatchObject({ id: ids[1], subject: null });
    expect(await show('subject:s1')).toMatchObject({ id: ids[2], has_password: false });
    const { code, errors } = await conclave(beside(database), ['users', 'show', 'x@example.org']);
    expect([code, errors]).toEqual([1, expect.stringContaining("is nobody's e-mail")]);
  });

  it('ends sessions, whose sockets close within a second', async () => {
    const { url } = await start();
    const user = await app!.givenUser();
    const socket = await Listener.connect(url, user.accessToken);
    const args = ['users', 'end-sessions', user.email];
    expect(await conclaveJson(beside(database), args)).toMatchObject({ sessions_ended: 1 });
    const begun = performance.now();
    await socket.ended;
    expect(performance.now() - begun).toBeLessThan(SECOND_MS);
    expect((await user.client.get('/userauth/me')).status).toBe(401);
    expect(told(app!)).toEqual(['session.all_revoked']);
  });

  it('sets a password from standard input, after which no session is left', async () => {
    await start();
    await app!.anonymous.post('/userauth/userSignup', { email, password: PASSWORD });
    const args = ['users', 'set-password', email];
    expect(await conclaveJson(beside(database), args, `${OTHER}\n`)).toMatchObject({
      sessions_ended: 1,
    });
    expect((await logIn(app!)).status).toBe(401);
    expect((await logIn(app!, OTHER)).status).toBe(200);
    const short = await conclave(beside(database), args, 'short');
    expect([short.code, short.errors]).toEqual([1, expect.stringContaining('8 to 128')]);
    const texts = JSON.stringify(app!.log) + short.out + short.errors;
    for (const secret of [OTHER, 'short']) expect(texts).not.toContain(secret);
    expect(told(app!)).toEqual(['user.password_changed']);
  });

  it('erases once the e-mail was given again, and not before', async () => {
    const { url } = await start();
    const { user, chatId } = await app!.givenMember();
    const other = await app!.givenUser();
    await other.client.post('/message/', { chatid: chatId, message: 'here' });
    const { body: sent } = await user.client.post('/message/', { chatid: chatId, message: 'gone' });
    const socket = await Listener.connect(url, user.accessToken);
    const args = ['users', 'erase', user.id];
    const doubtful = await conclave(beside(database), args, other.email);
    expect([doubtful.code, doubtful.errors]).toEqual([
      1,
      expect.stringContaining('is not the e-mail'),
    ]);
    expect((await user.client.get('/userauth/me')).status).toBe(200);
    expect(await conclaveJson(beside(database), args, user.email.toUpperCase())).toMatchObject({
      id: user.id,
    });
    await socket.ended;
    expect((await other.client.get(`/message/${sent.id}`)).body.message).toBeNull();
    expect(told(app!)).toEqual(['user.erased']);
  });
});

/** Each run starts what an account needs of the application. */
const LONG = { timeout: 120_000 };

describe('conclave users, where no server answers', () => {
  const add = (input: string, environment: NodeJS.ProcessEnv = {}, address = email) =>
    conclave({ ...database.environment, ...environment }, ['users', 'add', address], input);

  it('goes by the rules of sign-up, and shows no password', LONG, async () => {
    const refused = [
      await add('short\n', {}, 'no address'),
      await add('password1', { PASSWORD_BLOCKLIST: 'on' }),
      await add(email),
    ];
    expect(refused.map(({ code }) => code)).toEqual([1, 1, 1]);
    const output = refused.map(({ out, errors }) => out + errors).join('');
    for (const word of [/e-mail address/, /8 to 128/, /easy to guess/, /not be your e-mail/]) {
      expect(output).toMatch(word);
    }
    for (const secret of ['short', 'password1']) expect(output).not.toContain(secret);
    const added = await add(' a word, and a space \n');
    expect(added.code).toBe(0);
    expect(JSON.parse(added.errors)).toMatchObject({ event: 'user.added', via: 'command' });
    const again = await add(PASSWORD, {}, email.toUpperCase());
    expect([again.code, again.errors]).toEqual([1, expect.stringContaining('already an account')]);
    await start();
    expect((await logIn(app!, ' a word, and a space ')).status).toBe(200);
  });

  it.runIf(isPostgres)(
    'works beside servers of another folder, which hear of it',
    LONG,
    async () => {
      const MASTER_KEYS = `${randomBytes(32).toString('base64url')}=`;
      const { url } = await start({ MASTER_KEYS });
      const user = await app!.givenUser();
      const socket = await Listener.connect(url, user.accessToken);
      const elsewhere = await TestDatabase.create();
      const environment = { ...elsewhere.environment, DATABASE_URL: database.url, MASTER_KEYS };
      await conclaveJson(environment, ['users', 'end-sessions', user.email]);
      await socket.ended; // without Redis they look again every four seconds
      const other = `${randomBytes(32).toString('base64url')}=`;
      const swapped = { ...environment, MASTER_KEYS: `${other},${MASTER_KEYS}` };
      const refused = await conclave(swapped, ['users', 'add', email], PASSWORD);
      expect([refused.code, refused.errors]).toEqual([1, expect.stringContaining('master key')]);
      expect((await logIn(app!)).status).toBe(401);
      await elsewhere.drop();
    },
  );
});
