import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { KeyRotation } from '../../src/encryption/key-rotation.js';
import { MasterKeys } from '../../src/encryption/master-keys.js';
import { Client } from '../support/client.js';
import { ServerProcess } from '../support/server-process.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';
import { until } from '../support/until.js';

const newKey = (): string => `${randomBytes(32).toString('base64url')}=`;
const [older, newer] = [newKey(), newKey()];
const [old, now] = [MasterKeys.of(older), MasterKeys.of(newer)];
const JWT_SECRET = randomBytes(48).toString('base64url');

interface Row {
  key_id: string;
  owner_id: string;
  token: string;
}

const apps: TestApp[] = [];
const start = async (keys: string[], before?: TestApp, more = {}): Promise<TestApp> => {
  const settings = { MASTER_KEYS: keys.join(), JWT_SECRET, BODY_CACHE_BYTES: '0', ...more };
  const app = await TestApp.start(settings, before?.database);
  apps.push(app);
  return app;
};
const rotate = (app: TestApp): Promise<void> => app.nest.get(KeyRotation).settle();
const keysOf = (app: TestApp): Promise<Row[]> =>
  app.sql<Row>('SELECT key_id, owner_id, token FROM wrapped_key');
const idsOf = async (app: TestApp): Promise<string[]> => [
  ...new Set((await keysOf(app)).map(({ key_id }) => key_id)),
];

/** Keys of nobody, wrapped under the old master key. */
async function givenKeys(app: TestApp, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  for (let i = 0; i < count; i += 200) {
    const rows = ids.slice(i, i + 200).map((id) => {
      const { keyId, token } = old.wrap(id, randomBytes(32));
      return `('${id}', 'chat', '00000000-0000-0000-0000-000000000000', '${keyId}', '${token}')`;
    });
    await app.sql(
      `INSERT INTO wrapped_key (owner_id, kind, since, key_id, token) VALUES ${rows.join()}`,
    );
  }
  return ids;
}

async function givenMessage(app: TestApp): Promise<{ user: TestUser; chatId: string }> {
  const { user, chatId } = await app.givenMember();
  await user.client.post('/message/', { chatid: chatId, message: 'from before' });
  return { user, chatId };
}

const read = async (app: TestApp, user: TestUser, chatId: string): Promise<unknown> => {
  const { body } = await new Client(app.url, user.accessToken).get(`/message/?chat_id=${chatId}`);
  return body.data[0].message;
};

afterEach(async () => {
  const [last, ...others] = apps.splice(0).reverse();
  for (const app of others) await app.close().catch(() => undefined);
  await last?.stop();
});

describe('the rotation of master keys', () => {
  it('wraps every key under the first one, so that the old one can go', async () => {
    const first = await start([older]);
    const { user, chatId } = await givenMessage(first);
    const before = await keysOf(first);
    await first.close();
    const second = await start([newer, older], first);
    await rotate(second);
    const after = await keysOf(second);
    expect(after.map(({ key_id }) => key_id)).toEqual(before.map(() => now.currentId));
    await second.close();
    const third = await start([newer], second);
    expect(await read(third, user, chatId)).toBe('from before');
  });

  it('goes on by itself from the start of the server, in batches', async () => {
    const first = await start([older]);
    await givenKeys(first, 450);
    await first.close();
    const second = await start([newer, older], first);
    await until(async () => (await idsOf(second)).join() === now.currentId, 20_000);
    expect(second.nest.get(KeyRotation).counts).toEqual({ rewrapped: 450, failed: 0 });
  });

  it('reports a key that does not open, once, and goes on with the others', async () => {
    const first = await start([older]);
    const [broken] = await givenKeys(first, 250);
    await first.sql('UPDATE wrapped_key SET token = ? WHERE owner_id = ?', ['gAAAA', broken]);
    await first.close();
    const second = await start([newer, older], first, { LOG_LEVEL: 'info' });
    await rotate(second);
    await rotate(second);
    const left = (await keysOf(second)).filter(({ key_id }) => key_id === old.currentId);
    expect(left.map(({ owner_id }) => owner_id)).toEqual([broken]);
    expect(second.nest.get(KeyRotation).counts).toEqual({ rewrapped: 249, failed: 1 });
    await until(() => second.log.some(({ event }) => event === 'keys.rotation_finished'), 5000);
    const told = second.log.filter(({ event }) => String(event).startsWith('keys.'));
    expect(told.map(({ event }) => event)).toEqual([
      'keys.rotation_started',
      'keys.rewrap_failed',
      'keys.rotation_finished',
    ]);
    expect(told[2]).toMatchObject({ rows: 249, failed: 1, seconds: expect.any(Number) });
    expect(JSON.stringify(told)).not.toMatch(/gAAAA/);
  });

  it('brings back no key that is destroyed meanwhile', async () => {
    const app = await start([newer, older]);
    const ids = await givenKeys(app, 1000);
    const rotated = rotate(app);
    for (const id of ids) await app.sql('DELETE FROM wrapped_key WHERE owner_id = ?', [id]);
    await rotated;
    expect(await keysOf(app)).toEqual([]);
  });

  it('keeps nobody from sending and reading', async () => {
    const app = await start([newer, older]);
    const { user, chatId } = await givenMessage(app);
    await givenKeys(app, 3000);
    let isOver = false;
    const rotated = rotate(app).finally(() => (isOver = true));
    const statuses = new Set<number>();
    do {
      const sent = await user.client.post('/message/', { chatid: chatId, message: 'meanwhile' });
      statuses.add(sent.status);
      statuses.add((await user.client.get(`/message/?chat_id=${chatId}`)).status);
    } while (!isOver);
    await rotated;
    expect([...statuses].sort()).toEqual([200, 201]);
    expect(await idsOf(app)).toEqual([now.currentId]);
  });

  it('leaves keys alone of which it lacks the master key', async () => {
    const app = await start([newer]);
    const [id] = await givenKeys(app, 1);
    await rotate(app);
    expect(await keysOf(app)).toEqual([
      expect.objectContaining({ owner_id: id, key_id: old.currentId }),
    ]);
  });
});

describe.runIf(isPostgres)('the rotation with several processes', () => {
  it('waits until all of them wrap under the same key', async () => {
    const here = await start([older, newer]);
    await givenKeys(here, 250);
    const there = await start([newer, older], here);
    for (const app of [here, there, here, there]) await rotate(app);
    expect(await idsOf(here)).toEqual([old.currentId]);
    await here.close();
    const again = await start([newer, older], there);
    for (const app of [there, again]) await rotate(app);
    await until(async () => (await idsOf(again)).join() === now.currentId, 40_000);
  });
});

describe('a rotation whose process is killed', () => {
  afterAll(() => ServerProcess.killAll());

  it('goes on where it was, by whatever process comes next', { timeout: 180_000 }, async () => {
    const first = await start([older]);
    const ids = await givenKeys(first, 4000);
    await first.close();
    const environment = {
      ...first.database.environment,
      MASTER_KEYS: `${newer},${older}`,
      JWT_SECRET,
    };
    for (let n = 0; n < 4; n++) {
      const server = await ServerProcess.start(environment);
      await sleep(60 * n);
      await server.stop('SIGKILL');
    }
    const last = await start([newer, older], first);
    await until(async () => (await idsOf(last)).join() === now.currentId, 90_000);
    const rows = await keysOf(last);
    expect(rows.map(({ owner_id }) => owner_id).sort()).toEqual(ids.sort());
    for (const { owner_id, key_id, token } of rows)
      expect(now.unwrap(owner_id, { keyId: key_id, token })).toHaveLength(32);
  });
});
