import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SettingsError } from '../../src/config/env-reader.js';
import { readMasterKeysAgain } from '../../src/config/master-key-source.js';
import { Settings } from '../../src/config/settings.js';

const folder = mkdtempSync(join(tmpdir(), 'conclave-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const key = (): string => `${randomBytes(32).toString('base64url')}=`;
const [first, second] = [key(), key()];
const node = (code: string): string => JSON.stringify([process.execPath, '-e', code]);

function given(env: NodeJS.ProcessEnv): string[] {
  try {
    return new Settings(env).masterKeys;
  } catch (error) {
    return (error as SettingsError).faults;
  }
}

function file(content: string): string {
  const path = join(folder, randomBytes(4).toString('hex'));
  writeFileSync(path, content);
  return path;
}

describe('the source of the master keys', () => {
  it.each([
    ['lines', `${first}\n${second}\n`],
    ['a list', `${first}, ${second}`],
    ['lines of Windows, and none at the end', `${first}\r\n${second}`],
    ['comments', `# of November\n${first} # the one that wraps\n\n  # of May:\n${second}\n`],
  ])('has keys by %s', (_, text) => {
    expect(given({ MASTER_KEYS_FILE: file(text) })).toEqual([first, second]);
    expect(given({ MASTER_KEYS: text })).toEqual([first, second]);
    const command = node(`process.stdout.write(${JSON.stringify(text)})`);
    expect(given({ MASTER_KEYS_COMMAND: command })).toEqual([first, second]);
  });

  it('is one', () => {
    const fault = 'MASTER_KEYS, MASTER_KEYS_FILE and MASTER_KEYS_COMMAND: set one of them';
    const all = {
      MASTER_KEYS: first,
      MASTER_KEYS_FILE: file(first),
      MASTER_KEYS_COMMAND: node(''),
    };
    for (const name of Object.keys(all)) expect(given({ ...all, [name]: '' })).toEqual([fault]);
  });

  it.each([
    ['exits otherwise', 'process.exit(3)', 'ended with exit code 3'],
    ['writes nothing', '', undefined],
    ['writes too much', 'process.stdout.write("x".repeat(1e5))', 'wrote more than 64 KiB'],
    ['is killed', 'process.kill(process.pid, "SIGKILL")', 'was ended by a signal'],
  ])('is no command that %s, at the start or later', async (_, code, fault) => {
    const expected = fault
      ? `MASTER_KEYS_COMMAND names a program that ${fault}`
      : 'MASTER_KEYS_COMMAND holds no key';
    expect(given({ MASTER_KEYS_COMMAND: node(code) })).toEqual([expected]);
    const command = JSON.parse(node(code)) as string[];
    await expect(readMasterKeysAgain({ kind: 'command', command })).rejects.toMatchObject({
      faults: [expected],
    });
  });

  it('is no command that is not there, nor what is no array', () => {
    const nowhere = join(folder, 'nowhere');
    expect(given({ MASTER_KEYS_COMMAND: JSON.stringify([nowhere]) })).toEqual([
      'MASTER_KEYS_COMMAND names a program that cannot be run (ENOENT)',
    ]);
    const rule = expect.stringMatching(/^MASTER_KEYS_COMMAND must be a JSON array of texts/);
    for (const text of ['cat keys', '[]', '[1]', '{}', '"cat"', '[""]', '["cat", "a\\u0000b"]'])
      expect(given({ MASTER_KEYS_COMMAND: text })).toEqual([rule]);
  });

  it('hangs the start for no longer than ten seconds', { timeout: 30_000 }, () => {
    const hangs = node('setInterval(() => undefined, 1e6)');
    expect(given({ MASTER_KEYS_COMMAND: hangs })).toEqual([
      'MASTER_KEYS_COMMAND names a program that took longer than 10 s',
    ]);
  });

  it('gives away nothing of what it holds, and none of our secrets to the command', () => {
    const shown = given({ MASTER_KEYS_COMMAND: node('console.log("hunter2")') });
    expect(shown.join()).not.toContain('hunter2');
    process.env.JWT_SECRET = 'ours alone';
    const told = node(`process.exit(process.env.JWT_SECRET ? 1 : 7)`);
    expect(given({ MASTER_KEYS_COMMAND: told }).join()).toMatch(/exit code 7/);
    delete process.env.JWT_SECRET;
  });

  it('has to be there in production', () => {
    const production = { NODE_ENV: 'production', JWT_SECRET: randomBytes(40).toString('hex') };
    expect(given(production)).toEqual([expect.stringMatching(/^MASTER_KEYS must be set/)]);
    expect(given({ ...production, MASTER_KEYS_FILE: file('# none\n') })).toEqual([
      'MASTER_KEYS_FILE holds no key',
    ]);
    expect(given({ ...production, MASTER_KEYS_FILE: file(first) })).toEqual([first]);
  });
});
