import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beside, conclaveJson } from '../support/command.js';
import { PASSWORD, TestApp } from '../support/test-app.js';

const CONTROL_C = '\u0003';
const CONTROL_D = '\u0004';
const canOpenTerminals = spawnSync('script', ['--version']).status === 0;
const lacking = canOpenTerminals ? '' : ', skipped: no `script` of util-linux';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

/** Runs the command at a terminal of its own, and types once it asks. @returns its exit code, and all that it showed */
async function atTerminal(
  args: string[],
  asked: string,
  typed: string,
): Promise<{ code: number; shown: string }> {
  const command = [process.execPath, resolve('dist/cli.js'), ...args].join(' ');
  const env = { PATH: process.env.PATH, SHELL: '/bin/sh', ...beside(app.database) };
  const child = spawn('script', ['-qec', command, '/dev/null'], { env });
  let shown = '';
  let isTyped = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    if (isTyped || !shown.includes(asked)) return;
    isTyped = true;
    child.stdin.write(typed);
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, shown };
}

const emails = async (): Promise<string[]> => {
  const { data } = await conclaveJson(beside(app.database), ['users', 'list']);
  return data.map(({ email }: { email: string }) => email);
};

describe.skipIf(!canOpenTerminals)(`at a terminal, conclave users${lacking}`, () => {
  it('asks for a password, and does not show it', async () => {
    const email = 'grace@example.org';
    const { code, shown } = await atTerminal(
      ['users', 'add', email],
      'Password: ',
      `${PASSWORD}\r`,
    );
    expect(code, shown).toBe(0);
    expect(shown).toContain(`Added ${email}`);
    expect(shown).not.toContain(PASSWORD.slice(0, 4));
    const { status } = await app.anonymous.post('/userauth/userLogin', {
      email,
      password: PASSWORD,
    });
    expect(status).toBe(200);
  });

  it('asks for the e-mail before it erases, and shows that', async () => {
    const { email } = await app.givenUser();
    const call = ['users', 'erase', email];
    const other = await atTerminal(call, 'to be sure: ', 'other@example.org\r');
    expect([other.code, await emails()]).toEqual([1, expect.arrayContaining([email])]);
    expect(other.shown).toContain('other@example.org');
    const { code, shown } = await atTerminal(call, 'to be sure: ', `${email}\r`);
    expect([code, await emails()], shown).toEqual([0, expect.not.arrayContaining([email])]);
  });

  it.each([
    ['^C', CONTROL_C, 130],
    ['the end of the input', CONTROL_D, 1],
  ])('leaves everything as it is at %s', async (_, typed, left) => {
    const { email } = await app.givenUser();
    const before = await emails();
    const calls: [string[], string][] = [
      [['users', 'add', 'new@example.org'], 'Password: '],
      [['users', 'set-password', email], 'Password: '],
      [['users', 'erase', email], 'to be sure: '],
    ];
    for (const [call, asked] of calls) {
      const { code, shown } = await atTerminal(call, asked, typed);
      expect(code, shown).toBe(left);
    }
    expect(await emails()).toEqual(before);
    const { status } = await app.anonymous.post('/userauth/userLogin', {
      email,
      password: PASSWORD,
    });
    expect(status).toBe(200);
  });
});
