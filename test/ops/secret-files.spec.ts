import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SettingsError } from '../../src/config/env-reader.js';
import { Settings } from '../../src/config/settings.js';

const folder = mkdtempSync(join(tmpdir(), 'conclave-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function givenFile(content: string): string {
  const path = join(folder, `secret-${++files}`);
  writeFileSync(path, content);
  return path;
}

function faultsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    new Settings(env);
    return [];
  } catch (error) {
    return (error as SettingsError).faults;
  }
}

const key = (): string => `${randomBytes(32).toString('base64url')}=`;
const [first, second] = [key(), key()];

describe('a setting whose value lies in a file', () => {
  it.each<[string, string, Partial<Settings>]>([
    ['MASTER_KEYS', `${first},${second}\n`, { masterKeys: [first, second] }],
    ['JWT_SECRET', first, { jwtSecrets: [first] }],
    ['EXCHANGE_SECRET', `${first},${second}`, { exchangeSecrets: [first, second] }],
    ['METRICS_TOKEN', `${first}\r\n`, { metricsToken: first }],
    ['DATABASE_URL', 'postgres://u:p@h/db\n', { databaseUrl: 'postgres://u:p@h/db' }],
    ['REDIS_URL', 'rediss://h\n', { redisUrl: 'rediss://h' }],
  ])('is read from there: %s', (name, content, expected) => {
    expect(new Settings({ [`${name}_FILE`]: givenFile(content) })).toMatchObject(expected);
  });

  it('counts in production too', () => {
    const env = { MASTER_KEYS_FILE: givenFile(first), JWT_SECRET_FILE: givenFile(second) };
    expect(faultsOf({ NODE_ENV: 'production', ...env })).toEqual([]);
  });

  it('is checked as any other, and nothing is told of what the file holds', () => {
    const [fault, ...more] = faultsOf({ DATABASE_URL_FILE: givenFile('mysql://hunter2@h/db') });
    expect(fault).toBe('DATABASE_URL must be a postgres:// URL, or unset for SQLite');
    expect(more).toEqual([]);
  });

  it('cannot be set beside it', () => {
    const env = { JWT_SECRET: first, JWT_SECRET_FILE: givenFile(second) };
    expect(faultsOf(env)).toEqual(['JWT_SECRET and JWT_SECRET_FILE are both set: set one of them']);
    expect(faultsOf({ ...env, JWT_SECRET: ' ' })).toEqual([]);
    expect(faultsOf({ ...env, JWT_SECRET_FILE: '' })).toEqual([]);
  });

  it.each([
    ['not there', () => join(folder, 'nowhere'), 'cannot be read (ENOENT)'],
    ['a folder', () => folder, 'cannot be read (EISDIR)'],
    ['empty', () => givenFile(''), 'is empty'],
    ['a newline', () => givenFile('\n'), 'is empty'],
    ['too large', () => givenFile('x'.repeat(65_537)), 'is larger than 64 KiB'],
  ])('is a fault where the file is %s', (_, file, fault) => {
    // Unset it would mean SQLite: nobody is to write there by mistake.
    expect(faultsOf({ DATABASE_URL_FILE: file() })).toEqual([
      `DATABASE_URL_FILE names a file that ${fault}`,
    ]);
  });
});
