import { hkdfSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../../src/database/database.js';
import { Client } from '../support/client.js';
import { ServerProcess } from '../support/server-process.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';

const newMasterKey = (): string => `${randomBytes(32).toString('base64url')}=`;
const newJwtSecret = (): string => randomBytes(48).toString('base64url');

let database: TestDatabase;
beforeEach(async () => {
  database = await TestDatabase.create();
});
afterEach(async () => {
  await ServerProcess.killAll();
  await database.drop();
});

let users = 0;

async function givenUser({ url }: ServerProcess): Promise<Client> {
  const account = { email: `user${++users}@example.org`, password: 'correct horse battery' };
  const { status, body } = await new Client(url).post('/userauth/userSignup', account);
  expect(status, JSON.stringify(body)).toBe(201);
  return new Client(url, body.access_token);
}

async function hashesWaiting({ url }: ServerProcess): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^conclave_hashing_waiting (\d+)$/m.exec(metrics)![1]);
}

/** Sends a message and answers with a way to read it from a server on the same database. */
async function givenMessage(
  server: ServerProcess,
  text: string,
): Promise<(from: ServerProcess) => Promise<string | null>> {
  const author = await givenUser(server);
  const chat = await author.post('/chat/', { chat_name: 'Room' });
  const sent = await author.post('/message/', { chatid: chat.body.id, message: text });
  expect(sent.status).toBe(201);
  return async (from) => {
    const reader = await givenUser(from);
    const { body } = await reader.get(`/message/${sent.body.id}`);
    return body.message;
  };
}

describe('without any configuration', () => {
  it('makes its secrets once, keeps them to itself and uses them again', async () => {
    const bare = { PORT: '0', ...(database.url && { DATABASE_URL: database.url }) };
    const files = ['master.key', 'jwt.secret'].map((file) => join(database.dataDir, 'data', file));
    const first = await ServerProcess.start(bare, database.dataDir);
    const read = await givenMessage(first, 'from before the restart');
    const secrets = files.map((file) => readFileSync(file, 'utf8').trim());
    expect(files.map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(readdirSync(join(database.dataDir, 'data')).filter(isDraft)).toEqual([]);
    for (const file of files) expect(first.output).toContain(file);
    expect(await first.stop()).toBe(0);

    const second = await ServerProcess.start(bare, database.dataDir);
    expect(await read(second)).toBe('from before the restart');
    expect(files.map((file) => readFileSync(file, 'utf8').trim())).toEqual(secrets);
    for (const secret of secrets) expect(first.output + second.output).not.toContain(secret);
  });

  const isDraft = (file: string): boolean => /^(master\.key|jwt\.secret)./.test(file);
});

// The kind of database plays no part in this.
describe.runIf(!isPostgres)('with faulty settings', () => {
  it('lists every fault at once and none of the values', async () => {
    const faulty = {
      PORT: '70123',
      DATABASE_URL: 'mysql://root:hunter2@db.internal/chat',
      LOG_LEVEL: 'chatty',
      TRUST_PROXY: 'my-proxy!',
      CORS_ORIGINS: 'chat.my-company.net',
      PBKDF2_ITERATIONS: '4711',
      ACCESS_TOKEN_TTL: 'forever',
    };
    const server = await ServerProcess.startInVain({
      NODE_ENV: 'production',
      DATA_DIR: database.dataDir,
      ...faulty,
    });
    expect(await server.ended).toBe(1);
    for (const name of [...Object.keys(faulty), 'MASTER_KEYS', 'JWT_SECRET']) {
      expect(server.output).toMatch(new RegExp(`^ +- ${name}\\b`, 'm'));
    }
    for (const value of [...Object.values(faulty), 'hunter2']) {
      expect(server.output).not.toContain(value);
    }
    expect(readdirSync(database.dataDir)).toEqual([]);
  });

  it('refuses weak secrets', async () => {
    const weak = [
      ['c2hvcnQ=', 'only-twenty-chars-xy'],
      [`${'A'.repeat(43)}=`, 'x'.repeat(64)],
      [`${newMasterKey()},${'Qk'.repeat(21)}I=`, 'abab'.repeat(16)],
    ];
    await Promise.all(
      weak.map(async ([MASTER_KEYS, JWT_SECRET]) => {
        const secrets = { MASTER_KEYS, JWT_SECRET };
        const server = await ServerProcess.startInVain({ ...database.environment, ...secrets });
        expect(await server.ended).toBe(1);
        expect(server.output).toMatch(/^ +- MASTER_KEYS/m);
        expect(server.output).toMatch(/^ +- JWT_SECRET/m);
        for (const value of [...MASTER_KEYS.split(','), JWT_SECRET]) {
          expect(server.output).not.toContain(value);
        }
      }),
    );
  });
});

describe('master keys', () => {
  it('must open what is stored, and a new one may stand before the old', async () => {
    const [old, another] = [newMasterKey(), newMasterKey()];
    const production = {
      ...database.environment,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PBKDF2_ITERATIONS: '600000',
      JWT_SECRET: newJwtSecret(),
    };
    const first = await ServerProcess.start({ ...production, MASTER_KEYS: old });
    const read = await givenMessage(first, 'sealed under the old key');
    expect(await first.stop()).toBe(0);

    const refused = await ServerProcess.startInVain({ ...production, MASTER_KEYS: another });
    const raw = Buffer.from(old, 'base64url');
    const keyId = Buffer.from(hkdfSync('sha256', raw, '', 'conclave/key-id/v1', 8)).toString('hex');
    expect(await refused.ended).toBe(1);
    expect(refused.output).toContain(keyId);
    expect(refused.output).toContain('MASTER_KEYS');

    const rotated = await ServerProcess.start({ ...production, MASTER_KEYS: `${another},${old}` });
    expect(await read(rotated)).toBe('sealed under the old key');
    expect(first.output + refused.output + rotated.output).not.toContain(old);
    expect(existsSync(join(database.dataDir, 'master.key'))).toBe(false);
  });
});

describe('two processes at once on an empty database', () => {
  it.runIf(isPostgres)('both serve, with the same secrets', async () => {
    const start = (): Promise<ServerProcess> => ServerProcess.start(database.environment);
    const [a, b] = await Promise.all([start(), start()]);
    const read = await givenMessage(a, 'from the one to the other');
    expect(await read(b)).toBe('from the one to the other');
    expect(await Promise.all([a.stop(), b.stop()])).toEqual([0, 0]);
  });

  it.runIf(!isPostgres)('one serves, the other says why it does not', async () => {
    const both = [0, 1].map(() => ServerProcess.spawn(database.environment));
    await Promise.allSettled(both.map((server) => server.untilServing()));
    const [serving, ...more] = both.filter(({ output }) => output.includes('is running'));
    const refused = both.find((server) => server !== serving)!;
    expect(more).toEqual([]);
    expect(await refused.ended).toBe(1);
    expect(refused.output).toContain(`Another process serves ${database.dataDir}`);

    const read = await givenMessage(serving, 'from before the kill');
    expect(await serving.stop('SIGKILL')).toBe('SIGKILL');
    const next = await ServerProcess.start(database.environment);
    expect(await read(next)).toBe('from before the kill');
  });
});

describe('what is in the way', () => {
  it('is said plainly of a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const PORT = String((other.address() as AddressInfo).port);
    const server = await ServerProcess.startInVain({ ...database.environment, PORT });
    other.close();
    expect(await server.ended).toBe(1);
    expect(server.output).toMatch(new RegExp(`Port ${PORT} .*in use`));
    expect(server.output).not.toMatch(/^ +at /m);
  });

  it.runIf(!isPostgres)('is said plainly of a database that is not there', async () => {
    await Promise.all(
      ['127.0.0.1', 'localhost'].map(async (host) => {
        const DATABASE_URL = `postgres://conclave:hunter2-secret@${host}:1/conclave`;
        const server = await ServerProcess.startInVain({ ...database.environment, DATABASE_URL });
        expect(await server.ended).toBe(1);
        expect(server.output).toMatch(/cannot start.*ECONNREFUSED.*:1\b/);
        expect(server.output).not.toContain('hunter2-secret');
        expect(server.output).not.toMatch(/^ +at /m);
      }),
    );
  });
});

describe('SIGTERM', () => {
  it('lets every accepted request be answered, and ends with 0 within 10 s', async () => {
    const server = await ServerProcess.start({
      ...database.environment,
      NODE_ENV: 'development',
      PBKDF2_ITERATIONS: '600000',
    });
    const { hostname, port } = new URL(server.url);
    const unused = connect(Number(port), hostname).on('error', () => undefined);
    const underway = Array.from({ length: 5 }, () => givenUser(server));
    let answered = 0;
    for (const user of underway) void user.then(() => answered++);
    while (answered + (await hashesWaiting(server)) < 4) await sleep(20); // all are accepted
    const begin = Date.now();
    server.kill('SIGTERM');
    await Promise.all(underway); // rejects unless each is 201
    expect(await server.ended).toBe(0);
    unused.destroy();
    expect(Date.now() - begin).toBeLessThan(10_000);
  });
});

describe.runIf(!isPostgres)('on SQLite', () => {
  it('has every pragma in force on both connections, and the file is in WAL mode', async () => {
    const app = await TestApp.start({}, database);
    const { reader } = app.nest.get(Database);
    const expected = {
      journal_mode: 'wal',
      synchronous: 2,
      foreign_keys: 1,
      busy_timeout: 5000,
      temp_store: 2,
    };
    for (const [name, value] of Object.entries(expected)) {
      const answers = [await app.sql(`PRAGMA ${name}`), await reader.query(`PRAGMA ${name}`)];
      expect(
        answers.map(([row]) => Object.values(row as object)[0]),
        name,
      ).toEqual([value, value]);
    }
    expect(await app.sql('PRAGMA secure_delete')).toEqual([{ secure_delete: 1 }]);
    await app.close();
    // Bytes 18 and 19 of the header: 2 is WAL (https://www.sqlite.org/fileformat.html).
    const header = readFileSync(join(database.dataDir, 'conclave.sqlite')).subarray(18, 20);
    expect([...header]).toEqual([2, 2]);
  });
});
