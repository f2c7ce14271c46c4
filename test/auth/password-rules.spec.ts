import { describe, expect, it } from 'vitest';
import { PasswordRules } from '../../src/auth/password-rules.js';
import { InvalidInputError } from '../../src/common/errors.js';
import { Settings } from '../../src/config/settings.js';

const OWNER = {
  email: 'ada.byron@example.org',
  fname: 'Augusta',
  lname: 'King Lovelace',
};

const rules = new PasswordRules(new Settings({ NODE_ENV: 'test', PASSWORD_BLOCKLIST: 'on' }));

/** What is said of a password; nothing of one that will do. */
async function faults(password: string): Promise<string[]> {
  try {
    await rules.require(password, OWNER, 'new_password');
    return [];
  } catch (error) {
    return (error as InvalidInputError).fields.flatMap(({ messages }) => messages);
  }
}

describe('a password is refused', () => {
  it.each([
    ...['password1', 'iloveyou', 'Qwertyuiop', 'trustno1', 'liverpool1', '1qaz2wsx'],
    ...['aaaaaaaa', '        ', '12341234', 'abcabcabc', 'testtest', 'lalalalalala', 'xyzxyzxyz'],
    ...['87654321', 'abcdefgh', 'ABCDEFGHIJK', '123456789012', 'zyxwvuts'],
    ...['asdfghjkl', 'poiuytrewq', 'zxcvbnm,.', 'qwertzuiop'],
    ...['19900101', '01011990', '2026-11-29', '24.12.1985', '12/31/1999'],
    ...['summer2026', 'Summer2026!', 'london2024', 'hunter22', 'monkey123456', 'football7'],
    ...['conclave', 'Conclave1', 'conclave2026', 'conclaveconclave', 'CONCLAVE!!'],
    ...[
      'augusta1',
      'lovelace',
      'Lovelace99',
      'kinglovelace',
      'byron2026',
      'example.org',
      'adabyron',
    ],
    ...['a'.repeat(128), 'ab'.repeat(64), '12345678'.repeat(16)],
  ])('%s', async (password) => {
    expect(await faults(password)).toEqual([
      'new_password is easy to guess, since all or most of it is made of common words, rows, dates, ' +
        'repeats, your name or your e-mail',
      'Take three or four words that do not belong together, or let a password manager make one',
    ]);
  });

  it.each([OWNER.email, OWNER.email.toUpperCase(), 'ada.byron'])(
    'the e-mail: %s',
    async (password) => {
      expect(await faults(password)).toEqual(['new_password must not be your e-mail']);
    },
  );
});

describe('a password will do', () => {
  it.each([
    ...['correct horse battery staple', 'seven wax seals on a door', 'another good one'],
    ...['my dog ate my homework', 'winter is coming soon', 'correct-horse', 'a new password'],
    ...['Grüße aus Köln', '私のパスワードは長いです', 'пароль мой секрет', '😀🐎🔋📎😀🐎🔋📎'],
    ...['Xk29fqPz', 'l8kQ!z7p', 'tr0ub4dor&3', 's3cr3t-Gardén', 'vN4-pQ7-xZ2', 'zqjxkvbw'],
    ...['Lovelace wrote the first program', 'conclave of seven old men'],
  ])('%s', async (password) => expect(await faults(password)).toEqual([]));

  it('that was made at random, of eight letters and digits', async () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
    let [state, refused] = [1, 0];
    const next = (): string => letters[(state = (state * 48_271) % 2_147_483_647) % 62];
    for (let n = 0; n < 2000; n++)
      refused += (await faults(Array.from({ length: 8 }, next).join(''))).length;
    expect(refused / 2).toBeLessThan(10);
  });
});

it.each(['a', 'ab', '0123456789', 'p4$$w0rd@1!', '1.1.2020 ', 'correct horse ', 'qwertyuiop'])(
  'a long one is judged at once: %s, again and again',
  async (piece) => {
    await faults('loads the common ones');
    const begun = process.cpuUsage();
    await faults(piece.repeat(128).slice(0, 128));
    const { user, system } = process.cpuUsage(begun);
    expect((user + system) / 1000).toBeLessThan(250);
  },
);
