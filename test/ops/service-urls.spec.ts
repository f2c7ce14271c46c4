import { describe, expect, it } from 'vitest';
import { SettingsError } from '../../src/config/env-reader.js';
import { Settings } from '../../src/config/settings.js';

/** What is said of these settings; nothing when they are sound. */
function faultsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    new Settings(env);
    return [];
  } catch (error) {
    return (error as SettingsError).faults;
  }
}

const UNENCODED =
  /^\w+ holds one of .* percent-encoded, most likely in its password: write \/ as %2F/;
const SEVERAL = /^\w+ names several hosts, and has to name one/;

describe('DATABASE_URL and REDIS_URL', () => {
  it.each([
    'postgres://u:s3cret/w0rd@h/db',
    'postgres://u:4711/w0rd@h:5432/db', // a port and a database, to a parser
    'postgres://u:4711?w0rd@h/db',
    'postgres://u:4711#w0rd@h/db',
    'postgres://u:100%secret@h/db',
    'postgres://u:%FF@h/db',
    'redis://u:4711/w0rd@h:6379',
    'redis://:s3cret#w0rd@h',
    'rediss://u:4711?w0rd@h',
  ])('say of a password that is not encoded how to write it, and nothing of it: %s', (url) => {
    const name = url.startsWith('redis') ? 'REDIS_URL' : 'DATABASE_URL';
    const [fault, ...more] = faultsOf({ [name]: url });
    expect(fault).toMatch(UNENCODED);
    expect(fault).not.toMatch(/s3cret|4711|w0rd|secret/);
    expect(more).toEqual([]);
  });

  it.each([
    'postgres://u:p@one:5432,two:5432/db',
    'postgres://u:p@one,two/db',
    'postgres://u:p@/db?host=one,two',
    'postgres://u:p@one%2Ctwo/db',
    'redis://one:6379,two:6379',
    'rediss://u:p@one,two:6379/0',
  ])('take one host, and say so of several: %s', (url) => {
    const name = url.startsWith('redis') ? 'REDIS_URL' : 'DATABASE_URL';
    expect(faultsOf({ [name]: url })).toEqual([expect.stringMatching(SEVERAL)]);
  });

  it.each([
    { DATABASE_URL: 'postgres://u:p%2F%3F%23%40%25,q:r@h:5432/db?sslmode=verify-full' },
    { DATABASE_URL: 'postgres://u:p@q@h/db' },
    { DATABASE_URL: 'postgres://%2Fvar%2Frun%2Fpostgresql/db' },
    { DATABASE_URL: 'postgres:///db?host=/var/run/postgresql' },
    { DATABASE_URL: 'postgres://u:p@[::1]:5432/db' },
    { REDIS_URL: 'redis://:p%2Fq@h:6379/2' },
    { REDIS_URL: 'rediss://u:p@h/' },
  ])('are taken as they should be: %o', (env) => {
    expect(faultsOf(env)).toEqual([]);
  });

  it('name a database of Redis by its number', () => {
    expect(faultsOf({ REDIS_URL: 'redis://h/chat' })).toEqual([
      expect.stringMatching(/^REDIS_URL may name a database by its number alone/),
    ]);
  });
});
