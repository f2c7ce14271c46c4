import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import type { Answer } from '../support/client.js';
import { PASSWORD, TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

const signUp = (email: unknown, password: unknown = PASSWORD): Promise<Answer> =>
  app.anonymous.post('/userauth/userSignup', { email, password });
const logIn = (email: string, password: string): Promise<Answer> =>
  app.anonymous.post('/userauth/userLogin', { email, password });
const newEmail = (): string => `${randomUUID()}@example.org`;

async function accounts(): Promise<unknown> {
  const [row] = await app.sql(
    'SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM session) AS sessions',
  );
  return row;
}

describe('an e-mail address', () => {
  const domain = `${'d'.repeat(61)}.${'d'.repeat(61)}.${'d'.repeat(61)}.co`; // 188 characters
  const local = (length: number): string => randomUUID().padEnd(length, 'x');

  it('has at most 254 characters', async () => {
    const longest = `${local(64)}@x${domain}`;
    expect(longest).toHaveLength(254);
    const { status, body } = await signUp(longest);
    expect([status, body.user.email]).toEqual([201, longest]);
    expectInvalid(await signUp(`${local(64)}@xx${domain}`), 'email');
    expectInvalid(await logIn(`${local(64)}@xx${domain}`, PASSWORD), 'email');
  });

  const sound = [
    'a+tag@example.org',
    "o'neill@example.org",
    'ünï@example.org',
    'A.B@Bücher.example',
  ];
  it.each(sound)('is kept as it was written: %s', async (email) => {
    const { status, body } = await signUp(email);
    expect([status, body.user?.email]).toEqual([201, email]);
  });

  const unsound = [
    '',
    ' ',
    'ada',
    'ada@',
    '@example.org',
    'ada@example',
    'ada@localhost',
    'ada@@example.org',
    'ada@example..org',
    'ada@-example.org',
    'ada@example.org.',
    '.ada@example.org',
    'ada.@example.org',
    'a da@example.org',
    ' ada@example.org',
    'ada@example.org ',
    'ada@example.org\n',
    'ada\0@example.org',
    'ada@example.org, bob@example.org',
    'Ada <ada@example.org>',
    'ada@[127.0.0.1]',
    '\ud800@example.org',
    `${'x'.repeat(65)}@example.org`,
    `${'x'.repeat(200_000)}@example.org`,
  ];
  it('is refused when it is none', async () => {
    const before = await accounts();
    for (const email of unsound) {
      const [{ messages }] = expectInvalid(await signUp(email), 'email').errors!;
      expect(messages).toEqual(['email must be an e-mail address of at most 254 characters']);
    }
    expect(await accounts()).toEqual(before);
  });

  it('has one account, whatever its case and its normal form', async () => {
    const given = `zo\u00eb.${newEmail()}`;
    expect((await signUp(given)).status).toBe(201);
    const before = await accounts();
    for (const email of [
      given,
      given.toUpperCase(),
      given.normalize('NFD'),
      `Z${given.slice(1)}`,
    ]) {
      expectProblem(await signUp(email), 409, 'email-taken');
      expectProblem(await signUp(email, 'another password'), 409, 'email-taken');
    }
    expect(await accounts()).toEqual(before);
    expect((await logIn(given.toUpperCase(), PASSWORD)).status).toBe(200);
  });

  it('has one account when many ask for it at once', async () => {
    const email = newEmail();
    const emails = [email, email.toUpperCase(), email, email.toUpperCase(), email];
    const answers = await Promise.all(emails.map((asked) => signUp(asked)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
  });
});

describe('a password', () => {
  it.each(['x', 'é', '😀'])('has 8 to 128 code points, whatever their size: %s', async (char) => {
    for (const length of [8, 128]) {
      const [email, password] = [newEmail(), char.repeat(length)];
      expect((await signUp(email, password)).status, String(length)).toBe(201);
      expect((await logIn(email, password)).status).toBe(200);
    }
    const before = await accounts();
    for (const length of [0, 1, 7, 129, 10_000]) {
      const [{ messages }] = expectInvalid(
        await signUp(newEmail(), char.repeat(length)),
        'password',
      ).errors!;
      expect(messages).toEqual(['password must be 8 to 128 characters long']);
    }
    expect(await accounts()).toEqual(before);
  });

  it('may be any text, and is refused with half a surrogate pair', async () => {
    for (const password of [
      '        ',
      '\0\0\0\0\0\0\0\0',
      '\n\t\r\x1b\x7f\u0085xx',
      '\ufeff'.repeat(8),
    ]) {
      const email = newEmail();
      expect((await signUp(email, password)).status).toBe(201);
      expect((await logIn(email, password)).status).toBe(200);
    }
    expectInvalid(await signUp(newEmail(), 'long enough \ud800'), 'password');
  });

  const pairs: [string, string, string][] = [
    ['a space before it', ' long enough', 'long enough'],
    ['a space after it', 'long enough ', 'long enough'],
    ['a line break after it', 'long enough\n', 'long enough'],
    ['its case', 'Long enough', 'long enough'],
    ['its normal form', 'caf\u00e9 au lait', 'cafe\u0301 au lait'],
    ['its compatibility form', '\uff4cong enough', 'long enough'],
    ['what follows a NUL', 'long enough\0x', 'long enough\0y'],
    ['its 73rd byte', `${'x'.repeat(72)}a`, `${'x'.repeat(72)}b`],
    ['its last character', `${'x'.repeat(127)}a`, `${'x'.repeat(127)}b`],
  ];
  it.each(pairs)('is taken exactly as it is: %s counts', async (_, password, other) => {
    const email = newEmail();
    expect((await signUp(email, password)).status).toBe(201);
    expectProblem(await logIn(email, other), 401, 'wrong-credentials');
    expect((await logIn(email, password)).status).toBe(200);
  });

  it('is in no answer', async () => {
    const email = newEmail();
    const answers = [
      await signUp(email, 'a very secret one'),
      await logIn(email, 'a very secret one'),
      await signUp(email, 'a very secret one'),
      await signUp('none', 'a very secret one'),
      await logIn(email, 'a very secret one!'),
    ];
    expect(JSON.stringify(answers)).not.toMatch(/secret one|pbkdf2/);
  });
});
