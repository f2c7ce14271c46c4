import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectProblem } from '../support/expect-problem.js';
import { PASSWORD, TestApp } from '../support/test-app.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';

const CLOSED = { SIGN_UP: 'closed' };
const email = 'grace@example.org';

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

/** What `npm run user:add` runs, with this on its standard input. */
async function addUser(
  args: string[],
  input: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<{ code: number; output: string }> {
  const env = { PATH: process.env.PATH, ...database.environment, ...environment };
  const child = spawn(process.execPath, ['dist/cli/add-user.js', ...args], { env });
  child.stdin.end(input);
  const [out, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { code, output: out + errors };
}

const logIn = (from: TestApp, password = PASSWORD): Promise<{ status: number }> =>
  from.anonymous.post('/userauth/userLogin', { email, password });

describe('SIGN_UP=closed', () => {
  it('refuses who signs up, and lets in who was added', async () => {
    if (isPostgres) app = await TestApp.start(CLOSED, database); // it runs meanwhile
    expect(await addUser([email], `${PASSWORD}\n`)).toMatchObject({ code: 0 });
    app ??= await TestApp.start(CLOSED, database);
    const account = { email: 'ada@example.org', password: PASSWORD };
    expectProblem(await app.anonymous.post('/userauth/userSignup', account), 403, 'sign-up-closed');
    expect((await logIn(app)).status).toBe(200);
    expect((await app.anonymous.get('/server')).body.sign_up).toBe('closed');
  });
});

/** Each run starts what an account needs of the application. */
const LONG = { timeout: 120_000 };

describe('npm run user:add', () => {
  it.runIf(!isPostgres)('says on SQLite that a server owns the folder', async () => {
    app = await TestApp.start({}, database);
    const { code, output } = await addUser([email], PASSWORD);
    expect(code).toBe(1);
    expect(output).toContain(`No account was made.`);
    expect(output).toContain(`Another process serves ${database.dataDir}`);
  });

  it('goes by the rules of sign-up, and shows no password', LONG, async () => {
    const refused = [
      await addUser(['no address'], 'short\n'),
      await addUser([email], 'password1', { PASSWORD_BLOCKLIST: 'on' }),
      await addUser([email], email),
    ];
    expect(refused.map(({ code }) => code)).toEqual([1, 1, 1]);
    const output = refused.map((each) => each.output).join('');
    for (const word of [/e-mail address/, /8 to 128/, /easy to guess/, /not be your e-mail/]) {
      expect(output).toMatch(word);
    }
    for (const secret of ['short', 'password1']) expect(output).not.toContain(secret);
    expect((await addUser([email], ' a word, and a space \n')).code).toBe(0);
    const again = await addUser([email.toUpperCase()], PASSWORD);
    expect([again.code, again.output]).toEqual([1, expect.stringContaining('already an account')]);
    app = await TestApp.start({}, database);
    expect((await logIn(app, ' a word, and a space ')).status).toBe(200);
  });

  it('tells how it is used', async () => {
    for (const args of [['--help'], [email, PASSWORD]]) {
      const { code, output } = await addUser(args, PASSWORD);
      expect([code, output]).toEqual([2, expect.stringContaining('Usage: npm run user:add')]);
    }
  });
});
