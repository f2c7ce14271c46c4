import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.js';
import { examine } from '../../src/cli/doctor/examine.js';
import { missingPostgres, PostgresProcess } from '../faults/support/postgres-process.js';
import { Tmpfs } from '../faults/support/tmpfs.js';
import { conclave } from '../support/command.js';
import { missingPgBouncer, PgBouncerProcess } from '../support/pgbouncer-process.js';
import { hasRedisServer, RedisProcess } from '../support/redis-process.js';
import { postgresUrl } from '../support/services.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';

const STRICT = 0o077;
const DAY_MS = 86_400_000;
const newKey = (): string => `${randomBytes(32).toString('base64url')}=`;
/** What the tests themselves are: no production, on whatever Node, as PostgreSQL's superuser. */
const EXPECTED = ['settings', 'versions', 'backup'];

let database: TestDatabase;
let environment: NodeJS.ProcessEnv;
beforeEach(async () => {
  database = await TestDatabase.create();
  environment = { ...database.environment, MASTER_KEYS: newKey() };
});
afterEach(() => database.drop());

/** With an account, and closed again. */
async function givenData(): Promise<void> {
  const app = await TestApp.start(environment, database);
  const { user, chatId } = await app.givenMember();
  await user.client.post('/message/', { chatid: chatId, message: 'hello' });
  await app.close();
}

async function found(
  changes: NodeJS.ProcessEnv = {},
  umask = STRICT,
  clock: () => number = Date.now,
): Promise<Finding[]> {
  return examine({ ...environment, ...changes }, umask, clock);
}

const dangers = async (...args: Parameters<typeof found>): Promise<string[]> =>
  (await found(...args))
    .filter(({ severity }) => severity === 'danger')
    .map(({ part, what }) => `${part}: ${what}`);
const advice = async (...args: Parameters<typeof found>): Promise<string[]> =>
  (await found(...args))
    .filter(({ severity, part }) => severity === 'advice' && !EXPECTED.includes(part))
    .filter(({ what }) => !what.includes('superuser'))
    .map(({ part, what }) => `${part}: ${what}`);

describe('conclave doctor', () => {
  it('finds no danger in a sound installation, beside its server and without', async () => {
    const app = await TestApp.start(environment, database);
    await app.givenMember();
    expect(await dangers()).toEqual([]);
    const run = await conclave(environment, ['doctor', '--json']);
    expect([run.code, JSON.parse(run.out).dangers]).toEqual([0, 0]);
    await app.close();
    expect(await dangers()).toEqual([]);
  });

  it('tells the most dangerous first, what to do, and ends with 1', async () => {
    await givenData();
    const faulty = { ...environment, PORT: 'seven', BACKUP_DIR: join(database.dataDir, 'none') };
    const run = await conclave(faulty, ['doctor', '--json']);
    const { findings } = JSON.parse(run.out) as { findings: Finding[] };
    expect(run.code).toBe(1);
    expect(findings[0]).toMatchObject({ severity: 'danger', part: 'settings' });
    expect(findings[1]).toMatchObject({ severity: 'danger', part: 'backup' });
    expect(findings.every((finding) => finding.advice !== '')).toBe(true);
    const text = await conclave(faulty, ['doctor']);
    expect(text.out).toMatch(/^danger {2}settings: PORT must be/);
  });

  it('finds a master key that is missing, and one that is left over', async () => {
    await givenData();
    const other = newKey();
    expect(await dangers({ MASTER_KEYS: other })).toEqual([
      expect.stringMatching(/^keys: The master key [0-9a-f]{16} is missing/),
    ]);
    expect(await advice({ MASTER_KEYS: `${environment.MASTER_KEYS},${other}` })).toEqual([
      expect.stringMatching(/^keys: Nothing is under the master key/),
    ]);
    expect(await advice({ MASTER_KEYS: `${other},${environment.MASTER_KEYS}` })).toEqual([
      expect.stringMatching(/^keys: Keys are left under/),
    ]);
  });

  it('finds a clock that is six minutes off', async () => {
    await givenData();
    expect(await dangers({}, STRICT, () => Date.now() - 360_000)).toEqual([
      expect.stringMatching(/^clock: The clock of this machine is (359|36\d) s behind/),
    ]);
  });

  it('finds files that others may read, an open umask, and advises on keys that are', async () => {
    await givenData();
    const open = join(database.dataDir, 'copy.sqlite');
    writeFileSync(open, '');
    chmodSync(open, 0o644);
    expect(await dangers()).toEqual([`files: ${open} has mode 0644: others may read or write it.`]);
    rmSync(open);
    const keys = join(database.dataDir, 'master.key');
    writeFileSync(keys, '');
    chmodSync(keys, 0o644);
    expect(await dangers()).toEqual([]);
    expect(await advice({}, 0o022)).toEqual([
      `files: ${keys} has mode 0644: everybody on this machine may read the secret.`,
      expect.stringContaining('files: The umask is 0022'),
    ]);
    rmSync(keys);
    chmodSync(database.dataDir, 0o777);
    expect(await dangers()).toEqual([expect.stringContaining('Everybody may put files into')]);
  });

  it('finds a backup that is late, lost or not there', async () => {
    const BACKUP_DIR = join(database.dataDir, 'backups');
    mkdirSync(BACKUP_DIR);
    expect(await dangers({ BACKUP_DIR })).toEqual([`backup: There is no backup in ${BACKUP_DIR}.`]);
    const file = join(BACKUP_DIR, 'one.dump');
    writeFileSync(file, '', { mode: 0o600 });
    expect((await found({ BACKUP_DIR })).filter(({ part }) => part === 'backup')).toEqual([]);
    const old = (days: number): void => {
      const time = new Date(statSync(file).ctimeMs - days * DAY_MS);
      utimesSync(file, time, time);
    };
    old(3);
    expect(await found({ BACKUP_DIR })).toContainEqual(
      expect.objectContaining({ severity: 'advice', part: 'backup' }),
    );
    old(8);
    expect(await dangers({ BACKUP_DIR })).toEqual([expect.stringContaining('8.0 days old')]);
  });

  it('finds work in the background that stands still', async () => {
    const app = await TestApp.start(environment, database);
    const { chatId } = await app.givenMember();
    expect(await dangers()).toEqual([]);
    await app.sql('UPDATE chat SET deleted_at = ? WHERE id = ?', [
      Date.now() - 2 * 3_600_000,
      chatId,
    ]);
    expect(await dangers()).toEqual([expect.stringContaining('A room that was deleted 2 h ago')]);
    await app.close();
  });

  const refusal = isPostgres ? 'is of SQLite' : Tmpfs.refusal();
  it.skipIf(refusal)(`finds a full disk ${refusal ? `(${refusal})` : ''}`, async () => {
    const disk = Tmpfs.mount(4);
    chmodSync(disk.path, 0o700);
    expect(await dangers({ DATA_DIR: disk.path })).toEqual([
      expect.stringMatching(/^disk: .* has [0-4] MiB free of 4/),
    ]);
    disk.remove();
  });

  it.runIf(hasRedisServer)(
    'finds a Redis that is away, and a user of it without channels',
    async () => {
      const options = ['--user', 'half', 'on', '>secret', '~conclave:*', 'resetchannels', '+@all'];
      const redis = await RedisProcess.start(...options);
      expect(await dangers({ REDIS_URL: redis.url })).toEqual([]);
      const REDIS_URL = redis.url.replace('//', '//half:secret@');
      expect(await dangers({ REDIS_URL })).toEqual([expect.stringMatching(/^redis: .*NOPERM/)]);
      await redis.stop();
      expect(await dangers({ REDIS_URL: redis.url })).toEqual([
        expect.stringContaining('redis: The Redis at REDIS_URL does not answer'),
      ]);
    },
  );
});

describe.runIf(isPostgres)('conclave doctor on PostgreSQL', () => {
  it('finds a database that is away', async () => {
    const DATABASE_URL = 'postgres://postgres@127.0.0.1:1/nothing';
    expect(await dangers({ DATABASE_URL })).toEqual([
      expect.stringContaining('database: The database cannot be asked'),
    ]);
  });

  it('misses nobody for the jobs of files where none are taken', async () => {
    await givenData(); // by a server that takes them
    const off = { ATTACHMENT_STORE: 'off' };
    const app = await TestApp.start({ ...environment, ...off }, database);
    expect(await dangers(off)).toEqual([]);
    expect(await dangers()).toEqual(
      ['check', 'removal'].map((what) => `jobs: No server does the job attachment-${what}.`),
    );
    await app.close();
  });

  it('finds one that is LATIN1', async () => {
    const name = `conclave_test_${randomBytes(6).toString('hex')}`;
    const client = new pg.Client({ connectionString: postgresUrl.href });
    await client.connect();
    await client.query(
      `CREATE DATABASE ${name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
    );
    const url = new URL(postgresUrl);
    url.pathname = `/${name}`;
    expect(await dangers({ DATABASE_URL: url.href })).toEqual([
      expect.stringContaining('database: The database: it has the encoding LATIN1'),
    ]);
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await client.end();
  });

  it.skipIf(missingPgBouncer)('finds PgBouncer in transaction mode', async () => {
    const settings = 'pool_mode = transaction\ndefault_pool_size = 1';
    const pooler = await PgBouncerProcess.before(new URL(database.url!), settings);
    expect(await dangers({ DATABASE_URL: pooler.url })).toEqual([
      expect.stringContaining('a pooler in between'),
    ]);
    await pooler.stop();
  });

  describe.skipIf(missingPostgres())('and a standby', () => {
    let postgres: PostgresProcess;
    beforeAll(async () => {
      postgres = await PostgresProcess.create();
      postgres.becomeStandby();
      await postgres.stop('fast');
      await postgres.start();
    });
    afterAll(() => postgres.remove());

    it('which takes no writes', async () => {
      expect(await dangers({ DATABASE_URL: postgres.url })).toEqual([
        expect.stringContaining('it is a read-only standby'),
      ]);
    });
  });
});
