import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fastify from 'fastify';
import { afterAll, describe, expect, it } from 'vitest';
import { SettingsError } from '../../src/config/env-reader.js';
import { Secrets } from '../../src/config/secrets.js';
import { Settings } from '../../src/config/settings.js';
import { masterKeyTexts } from '../support/master-key-text.js';

const masterKey = (): string => `${randomBytes(32).toString('base64url')}=`;
const jwtSecret = (): string => randomBytes(48).toString('base64url');

/** What an operator must give in production. */
const PRODUCTION = { NODE_ENV: 'production', MASTER_KEYS: masterKey(), JWT_SECRET: jwtSecret() };

/** What is said of an environment; nothing when it is sound. */
function faultsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    new Settings(env);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    for (const fault of error.faults) expect(error.message).toContain(fault);
    return error.faults;
  }
}

describe('defaults', () => {
  it.each([
    [{}, { nodeEnv: 'development', host: '127.0.0.1', logLevel: 'warn' }],
    [{ NODE_ENV: 'development' }, { nodeEnv: 'development', host: '127.0.0.1' }],
    [PRODUCTION, { nodeEnv: 'production', host: '0.0.0.0', logLevel: 'info' }],
  ])('with %o', (env, expected) => {
    expect(new Settings(env)).toMatchObject({
      ...expected,
      port: 3000,
      dataDir: resolve('data'),
      databaseUrl: undefined,
      corsOrigins: [],
      trustProxy: 0,
      pbkdf2Iterations: 600_000,
      accessTokenTtlSeconds: 900,
      refreshTokenTtlSeconds: 30 * 86_400,
      exchangeSecrets: [],
      isPasswordLogInOn: true,
    });
  });

  it('hold for what is empty or white space too', () => {
    const names = ['NODE_ENV', 'HOST', 'PORT', 'DATA_DIR', 'DATABASE_URL', 'MASTER_KEYS'];
    names.push('JWT_SECRET', 'CORS_ORIGINS', 'LOG_LEVEL', 'TRUST_PROXY', 'ACCESS_TOKEN_TTL');
    for (const empty of ['', '  ']) {
      const env = Object.fromEntries(names.map((name) => [name, empty]));
      expect(new Settings(env)).toEqual(new Settings({}));
    }
  });

  it('know production by its one name', () => {
    expect(new Settings(PRODUCTION).isProduction).toBe(true);
    expect(new Settings({}).isProduction).toBe(false);
    for (const NODE_ENV of ['Production', 'prod', 'staging']) {
      expect(faultsOf({ NODE_ENV })).toEqual([
        'NODE_ENV must be one of development, production, test',
      ]);
    }
  });
});

describe('what is given', () => {
  const [first, second] = [masterKey(), masterKey()];
  it.each<[NodeJS.ProcessEnv, Partial<Settings>]>([
    [{ PORT: '0' }, { port: 0 }],
    [{ PORT: ' 65535 ' }, { port: 65_535 }],
    [{ HOST: '::' }, { host: '::' }],
    [{ DATA_DIR: '/var/lib/conclave' }, { dataDir: '/var/lib/conclave' }],
    [{ DATA_DIR: 'here' }, { dataDir: resolve('here') }],
    [{ DATABASE_URL: 'postgres://u:p@h/db' }, { databaseUrl: 'postgres://u:p@h/db' }],
    [{ DATABASE_URL: 'postgresql://h/db?a=b' }, { databaseUrl: 'postgresql://h/db?a=b' }],
    [{ MASTER_KEYS: `${first},${second}` }, { masterKeys: [first, second] }],
    [{ MASTER_KEYS: ` ${second} , ${first} ,` }, { masterKeys: [second, first] }],
    [{ JWT_SECRET: `${first},${second}` }, { jwtSecrets: [first, second] }],
    [{ EXCHANGE_SECRET: `${first},${second}` }, { exchangeSecrets: [first, second] }],
    [
      { PASSWORD_LOG_IN: 'off', EXCHANGE_SECRET: first },
      { isPasswordLogInOn: false, exchangeSecrets: [first] },
    ],
    [{ LOG_LEVEL: 'silent' }, { logLevel: 'silent' }],
    [{ CORS_ORIGINS: 'https://a.example' }, { corsOrigins: ['https://a.example'] }],
    [
      { CORS_ORIGINS: 'https://a.example, http://localhost:5173,http://[::1]:8080' },
      { corsOrigins: ['https://a.example', 'http://localhost:5173', 'http://[::1]:8080'] },
    ],
    [{ ALLOWED_HOSTS: 'Chat.example.org,b_1' }, { allowedHosts: ['chat.example.org', 'b_1'] }],
    [{ PBKDF2_ITERATIONS: '10000000' }, { pbkdf2Iterations: 10_000_000 }],
    [{ PBKDF2_ITERATIONS: '1', NODE_ENV: 'test' }, { pbkdf2Iterations: 1 }],
    [{ ACCESS_TOKEN_TTL: '10s' }, { accessTokenTtlSeconds: 10 }],
    [{ ACCESS_TOKEN_TTL: '2m' }, { accessTokenTtlSeconds: 120 }],
    [{ ACCESS_TOKEN_TTL: '24h' }, { accessTokenTtlSeconds: 86_400 }],
    [{ REFRESH_TOKEN_TTL: '365d' }, { refreshTokenTtlSeconds: 31_536_000 }],
  ])('is taken: %o', (env, expected) => {
    expect(new Settings(env)).toMatchObject(expected);
  });
});

describe('what is faulty', () => {
  const rule = {
    port: 'PORT must be a whole number from 0 to 65535',
    database: 'DATABASE_URL must be a postgres:// URL, or unset for SQLite',
    level: 'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent',
    iterations: 'PBKDF2_ITERATIONS must be a whole number from 600000 to 10000000',
    access: 'ACCESS_TOKEN_TTL must be a time such as 30s, 15m, 12h or 30d, from 10 s to 86400 s',
    refresh:
      'REFRESH_TOKEN_TTL must be a time such as 30s, 15m, 12h or 30d, from 60 s to 31536000 s',
    proxy:
      'TRUST_PROXY must be a number of proxies, or their addresses, such as 10.0.0.1 or 10.0.0.0/8',
  };

  it.each([
    [rule.port, 'PORT', ['-1', '65536', 'http', '80.0', '0x50', '1e3', '٣', 'NaN', '9'.repeat(40)]],
    [rule.database, 'DATABASE_URL', ['mysql://h/db', 'sqlite', 'postgres', 'h/db', 'postgres://[']],
    [rule.level, 'LOG_LEVEL', ['INFO', 'verbose', 'info,warn', 'toString']],
    [rule.iterations, 'PBKDF2_ITERATIONS', ['599999', '10000001', '600_000', '6e5']],
    [rule.access, 'ACCESS_TOKEN_TTL', ['9s', '25h', '15', 'm', '15 m', '15M', '-1m', '1.5h', '1w']],
    [rule.refresh, 'REFRESH_TOKEN_TTL', ['59s', '366d', '0d', `${'9'.repeat(400)}s`, '30days']],
  ])('is refused: %s', (fault, name, values) => {
    for (const value of values) expect(faultsOf({ [name]: value }), value).toEqual([fault]);
  });

  it('is all told at once, by name and without a word of any value', () => {
    const env = {
      NODE_ENV: 'weird-1',
      PORT: 'weird-2',
      DATABASE_URL: 'mysql://weird-3',
      MASTER_KEYS: 'weird-4,weird-5',
      JWT_SECRET: 'weird-6,weird-6',
      EXCHANGE_SECRET: 'weird-13',
      PASSWORD_LOG_IN: 'weird-14',
      CORS_ORIGINS: 'https://weird.example/,https://two.example,weird-7',
      LOG_LEVEL: 'weird-8',
      TRUST_PROXY: 'weird-9',
      PBKDF2_ITERATIONS: 'weird-10',
      ACCESS_TOKEN_TTL: 'weird-11',
      REFRESH_TOKEN_TTL: 'weird-12',
    };
    const faults = faultsOf(env);
    const again = ['MASTER_KEYS', 'JWT_SECRET', 'JWT_SECRET', 'CORS_ORIGINS'];
    expect(faults.map((fault) => /^\w+/.exec(fault)![0]).sort()).toEqual(
      [...Object.keys(env), ...again].sort(),
    );
    expect(new SettingsError(faults).message).not.toContain('weird');
  });
});

describe('MASTER_KEYS, JWT_SECRET and EXCHANGE_SECRET', () => {
  const key = masterKey();
  const noKey = 'must be a Fernet key: 32 bytes in URL-safe base64, 44 characters';
  const regularKey = 'is too regular for a random key';
  const short = 'must be at least 32 characters long';
  const regular = 'is too regular for a random secret';

  it('have to be given in production, and say how to make them', () => {
    const how = '`npm run keys` makes one in .env, which `node --env-file=.env dist/main.js` reads';
    for (const empty of [undefined, '', ' , ,']) {
      const env = { NODE_ENV: 'production', MASTER_KEYS: empty ?? '', JWT_SECRET: empty ?? '' };
      expect(faultsOf(empty === undefined ? { NODE_ENV: 'production' } : env)).toEqual([
        `MASTER_KEYS must be set in production; ${how}`,
        `JWT_SECRET must be set in production; ${how}`,
      ]);
    }
  });

  it.each([
    ['MASTER_KEYS', 'words', 'correct horse battery staple', noKey],
    ['MASTER_KEYS', 'no padding', key.slice(0, -1), noKey],
    ['MASTER_KEYS', 'standard base64', Buffer.alloc(32, '???>').toString('base64'), noKey],
    ['MASTER_KEYS', 'hex', randomBytes(32).toString('hex'), noKey],
    ['MASTER_KEYS', '16 bytes', `${randomBytes(16).toString('base64url')}==`, noKey],
    ['MASTER_KEYS', 'trailing bits', `${'A'.repeat(42)}B=`, noKey],
    ['MASTER_KEYS', 'zeros', `${'A'.repeat(43)}=`, regularKey],
    ['MASTER_KEYS', 'a phrase', `${Buffer.alloc(32, 'secret').toString('base64url')}=`, regularKey],
    ['JWT_SECRET', 'a word', 'secret', short],
    ['JWT_SECRET', '31 characters', randomBytes(32).toString('base64url').slice(0, 31), short],
    ['JWT_SECRET', 'one letter', 'x'.repeat(64), regular],
    ['JWT_SECRET', 'a word repeated', 'changeme'.repeat(8), regular],
    ['EXCHANGE_SECRET', 'a word', 'secret', short],
    ['EXCHANGE_SECRET', 'a word repeated', 'changeme'.repeat(8), regular],
  ])('refuse in %s: %s', (name, _what, value, fault) => {
    for (const NODE_ENV of ['development', 'production']) {
      const env = { ...PRODUCTION, NODE_ENV };
      expect(faultsOf({ ...env, [name]: value })).toEqual([`${name}, value 1 of 1, ${fault}`]);
      const list = `${masterKey()},${masterKey()},${value}`;
      expect(faultsOf({ ...env, [name]: list })).toEqual([`${name}, value 3 of 3, ${fault}`]);
    }
  });

  it('refuse one value twice', () => {
    const list = `${key},${masterKey()},${key}`;
    expect(faultsOf({ MASTER_KEYS: list })).toEqual(['MASTER_KEYS lists one value twice']);
    expect(faultsOf({ JWT_SECRET: list })).toEqual(['JWT_SECRET lists one value twice']);
    expect(faultsOf({ EXCHANGE_SECRET: list })).toEqual(['EXCHANGE_SECRET lists one value twice']);
  });

  it('refuse to hand out to another backend what signs our own tokens', () => {
    const env = { JWT_SECRET: `${jwtSecret()},${key}`, EXCHANGE_SECRET: `${jwtSecret()},${key}` };
    expect(faultsOf(env)).toEqual([
      'EXCHANGE_SECRET shares a value with JWT_SECRET, which nobody else may know',
    ]);
  });
});

describe('PASSWORD_LOG_IN', () => {
  it('cannot be off where there is no other way in', () => {
    expect(faultsOf({ PASSWORD_LOG_IN: 'off' })).toEqual([
      'PASSWORD_LOG_IN is off and EXCHANGE_SECRET is not set: nobody could log in',
    ]);
    expect(faultsOf({ PASSWORD_LOG_IN: 'off', EXCHANGE_SECRET: jwtSecret() })).toEqual([]);
  });
});

describe('ALLOWED_HOSTS', () => {
  it.each([
    'https://chat.example.org',
    'chat.example.org:443',
    '*.example.org',
    '-chat.example.org',
    'chat..example.org',
    'chat.example.org.',
    'chät.example.org',
    'two words',
    '[::1]',
  ])('refuses %s and says what a name looks like', (host) => {
    expect(faultsOf({ ALLOWED_HOSTS: `fine.example,${host}` })).toEqual([
      'ALLOWED_HOSTS, value 2 of 2, must be a name such as chat.example.org: no scheme, port or *',
    ]);
  });
});

describe('CORS_ORIGINS', () => {
  const rule = 'in lower case, without a path, a slash at the end, the usual port or a *';
  it.each([
    'https://chat.example.org/',
    'https://chat.example.org/app',
    'https://chat.example.org?a=b',
    'https://Chat.Example.org',
    'https://chat.example.org:443',
    'https://user:word@chat.example.org',
    'https://*.example.org',
    'chat.example.org',
    'localhost:5173',
    'null',
    '*',
  ])('refuses %s and says what an origin looks like', (origin) => {
    expect(faultsOf({ CORS_ORIGINS: `https://fine.example,${origin}` })).toEqual([
      `CORS_ORIGINS, value 2 of 2, must be an origin such as https://chat.example.org: ${rule}`,
    ]);
  });
});

describe('TRUST_PROXY', () => {
  it.each([
    ['0', 0],
    ['2', 2],
    ['10.0.0.1', ['10.0.0.1']],
    ['10.0.0.0/8, ::1,fd00::/8', ['10.0.0.0/8', '::1', 'fd00::/8']],
    ['loopback,uniquelocal', ['loopback', 'uniquelocal']],
  ])('takes %s', (text, expected) => {
    const { trustProxy } = new Settings({ TRUST_PROXY: text });
    expect(trustProxy).toEqual(expected);
    if (typeof trustProxy === 'object') expect(() => fastify({ trustProxy })).not.toThrow();
  });

  it.each([
    ...['true', 'all', '-1', '100', '1.5', '...', '::::', '300.1.1.1', '10.0.0.1/33', 'LOOPBACK'],
    ...['10.0.0.0/0', '10.0.0.0/', '10.0.0.0/8/8', '::1/129', 'proxy.example', '10.0.0.1;::1'],
  ])('refuses %s, with which the server could not start', (text) => {
    expect(faultsOf({ TRUST_PROXY: `10.0.0.1,${text}` })).toHaveLength(1);
  });
});

describe('the secrets kept in DATA_DIR', () => {
  const DATA_DIR = mkdtempSync(join(tmpdir(), 'conclave-test-'));
  afterAll(() => rmSync(DATA_DIR, { recursive: true }));
  const files = ['master.key', 'jwt.secret'].map((name) => join(DATA_DIR, name));

  it('are not made where the environment gives them', () => {
    const given = new Secrets(new Settings({ ...PRODUCTION, DATA_DIR }));
    expect(masterKeyTexts(given)).toEqual([PRODUCTION.MASTER_KEYS]);
    expect(given.jwtSecrets).toEqual([PRODUCTION.JWT_SECRET]);
    expect(given.files).toEqual([]);
  });

  it('are made once, sound, for their owner only, and told of', () => {
    const secrets = new Secrets(new Settings({ DATA_DIR }));
    const masterKeys = masterKeyTexts(secrets);
    const { jwtSecrets, files: told } = secrets;
    expect(told).toEqual(files);
    for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(files.map((file) => readFileSync(file, 'utf8').trim())).toEqual(
      [masterKeys, jwtSecrets].flat(),
    );
    const env = { MASTER_KEYS: masterKeys.join(), JWT_SECRET: jwtSecrets.join() };
    expect(faultsOf({ ...env, NODE_ENV: 'production' })).toEqual([]);
    const again = new Secrets(new Settings({ DATA_DIR }));
    expect([masterKeyTexts(again), again.jwtSecrets]).toEqual([masterKeys, jwtSecrets]);
  });

  it.each(files)('are refused once emptied or cut: %s', (file) => {
    const sound = readFileSync(file, 'utf8');
    for (const broken of ['', '\n', sound.slice(0, 20)]) {
      writeFileSync(file, broken);
      expect(() => new Secrets(new Settings({ DATA_DIR }))).toThrow(/DATA_DIR.* must be/);
    }
    writeFileSync(file, sound);
  });
});
