import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Database } from '../../src/database/database.js';
import { KeyRotation } from '../../src/encryption/key-rotation.js';
import { KeyVerification } from '../../src/encryption/key-verification.js';
import { MasterKeys } from '../../src/encryption/master-keys.js';
import { FIRST_KEY } from '../../src/encryption/wrapped-key.entity.js';
import { ServerProcess } from '../support/server-process.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { isShort, note } from './support/figures.js';
import { randomFrom, seed } from '../support/random.js';

const KILLS = isShort ? 4 : 20;
const KEYS = 20_000;
/** About as long as a rotation of so many takes. */
const LONGEST_MS = 800;
const NAME = `kill -9 within a rotation, ${isPostgres ? 'PostgreSQL' : 'SQLite'}`;

const newKey = (): string => `${randomBytes(32).toString('base64url')}=`;
const keys = [newKey(), newKey()];
const JWT_SECRET = randomBytes(48).toString('base64url');

let database: TestDatabase;
beforeEach(async () => {
  database = await TestDatabase.create();
});
afterEach(async () => {
  await ServerProcess.killAll();
  await database?.drop();
});

const start = (list: string[]): Promise<TestApp> =>
  TestApp.start({ MASTER_KEYS: list.join(), JWT_SECRET }, database);

const countUnder = async (app: TestApp): Promise<Record<string, number>> => {
  const rows = await app.sql<{ key_id: string; count: string | number }>(
    'SELECT key_id, count(*) AS count FROM wrapped_key GROUP BY key_id',
  );
  return Object.fromEntries(rows.map(({ key_id, count }) => [key_id, Number(count)]));
};

/** On PostgreSQL others wait for a minute for one that was killed: as if that had passed. */
async function forgetKilled(): Promise<void> {
  if (!database.url) return;
  const client = new pg.Client(database.url);
  await client.connect();
  await client.query('DELETE FROM key_report');
  await client.query('UPDATE job SET until = 0');
  await client.end();
}

async function fill(app: TestApp): Promise<void> {
  const master = app.nest.get(MasterKeys);
  for (let n = 0; n < KEYS; n += 1000) {
    const rows = Array.from({ length: 1000 }, () => {
      const id = randomUUID();
      const { keyId, token } = master.wrap(id, randomBytes(32));
      return `('${id}', 'chat', '${FIRST_KEY}', '${keyId}', '${token}')`;
    });
    await app.nest
      .get(Database)
      .write(({ manager }) =>
        manager.query(
          `INSERT INTO wrapped_key (owner_id, kind, since, key_id, token) VALUES ${rows.join()}`,
        ),
      );
  }
}

it(`${NAME}: goes on, nothing left, nothing unreadable, seed ${seed}`, async () => {
  const random = randomFrom(seed);
  let app = await start(keys);
  const { user, chatId } = await app.givenMember();
  await user.client.post('/message/', {
    chatid: chatId,
    message: 'from before',
  });
  await fill(app);
  await app.close();

  let within = 0;
  for (let n = 0; n < KILLS; n++) {
    // Each wants it the other way round, so that there is always something to do.
    keys.reverse();
    const environment = {
      ...database.environment,
      MASTER_KEYS: keys.join(),
      JWT_SECRET,
    };
    const server = ServerProcess.spawn({ ...environment, LOG_LEVEL: 'info' });
    await until(() => server.output.includes('keys.rotation_started'), 60_000);
    await sleep(random() * LONGEST_MS);
    await server.stop('SIGKILL');
    if (!server.output.includes('keys.rotation_finished')) within++;
    await forgetKilled();
  }

  app = await start(keys);
  await app.nest.get(KeyRotation).rotate();
  expect(await countUnder(app)).toEqual({
    [MasterKeys.of(keys[0]).currentId]: KEYS + 2,
  });
  const { parts, failed } = await app.nest.get(KeyVerification).verify({ messages: true });
  expect(failed).toBe(0);
  expect(parts.map(({ opened }) => opened)).toEqual([KEYS + 2, 1, 0, 0]);
  await app.close();
  note(`${NAME}: ${within} of ${KILLS} within one, nothing left, nothing unreadable`);
  expect(within).toBeGreaterThan(KILLS / 4);
});
