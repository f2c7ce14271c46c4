import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { Database } from '../../src/database/database.js';
import { KeyRotation } from '../../src/encryption/key-rotation.js';
import { KeyVerification } from '../../src/encryption/key-verification.js';
import { MasterKeys } from '../../src/encryption/master-keys.js';
import { FIRST_KEY } from '../../src/encryption/wrapped-key.entity.js';
import { Client } from '../support/client.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';

const newKey = (): string => `${randomBytes(32).toString('base64url')}=`;
const [older, newer] = [newKey(), newKey()];
const [old, now] = [MasterKeys.of(older), MasterKeys.of(newer)];
const JWT_SECRET = randomBytes(48).toString('base64url');

const apps: TestApp[] = [];
async function start(keys: string[], before?: TestApp): Promise<TestApp> {
  const settings = {
    MASTER_KEYS: keys.join(),
    JWT_SECRET,
    BODY_CACHE_BYTES: '0',
  };
  const app = await TestApp.start(settings, before?.database);
  apps.push(app);
  return app;
}
afterEach(async () => {
  vi.restoreAllMocks();
  const [last, ...others] = apps.splice(0).reverse();
  for (const app of others) await app.close().catch(() => undefined);
  await last?.stop();
});

const rotation = (app: TestApp): KeyRotation => app.nest.get(KeyRotation);

/** Keys under the old master key. */
async function givenKeys(app: TestApp, places: [id: string, since: string][]): Promise<void> {
  for (let n = 0; n < places.length; n += 500) {
    const rows = places.slice(n, n + 500).map(([id, since]) => {
      const { keyId, token } = old.wrap(id, randomBytes(32));
      return `('${id}', 'chat', '${since}', '${keyId}', '${token}')`;
    });
    await app.sql(
      `INSERT INTO wrapped_key (owner_id, kind, since, key_id, token) VALUES ${rows.join()}`,
    );
  }
}

const nobodies = (count: number): [string, string][] =>
  Array.from({ length: count }, () => [randomUUID(), FIRST_KEY]);

const left = async (app: TestApp): Promise<string[]> => {
  const sql = 'SELECT owner_id, since FROM wrapped_key WHERE key_id = ?';
  const rows = await app.sql<{ owner_id: string; since: string }>(sql, [old.currentId]);
  return rows.map(({ owner_id, since }) => `${owner_id} ${since}`);
};

describe('a rotation that is not alone', () => {
  it('is done by two at once, each key once', async () => {
    const here = await start([newer, older]);
    const there = isPostgres ? await start([newer, older], here) : here;
    await givenKeys(here, nobodies(3000));
    await Promise.all([rotation(here).rotate(), rotation(there).rotate(), rotation(here).settle()]);
    expect(await left(here)).toEqual([]);
    const counts = [...new Set([here, there])].map((app) => rotation(app).counts.rewrapped);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3000);
    const { parts } = await here.nest.get(KeyVerification).verify({ messages: false });
    expect(parts[0]).toMatchObject({ opened: 3000, failed: 0 });
  });

  it('leaves a key destroyed that is destroyed between its read and its update', async () => {
    const app = await start([newer, older]);
    const { user, chatId } = await app.givenMember();
    await app.sql('DELETE FROM wrapped_key WHERE owner_id = ?', [chatId]);
    await givenKeys(app, [[chatId, FIRST_KEY], ...nobodies(20)]);
    const database = app.nest.get(Database);
    const write = database.write.bind(database);
    let destroying: Promise<{ status: number }> | undefined;
    vi.spyOn(database, 'write').mockImplementationOnce((work) =>
      write(async (tx) => {
        const outcome = await work(tx);
        destroying = user.client.request('DELETE', `/chat/${chatId}`);
        await sleep(300);
        return outcome;
      }),
    );
    const rotated = rotation(app).rotate();
    expect((await rotated).rows).toBe(21);
    expect((await destroying)!.status).toBe(204);
    const sql = 'SELECT token FROM wrapped_key WHERE owner_id = ?';
    expect(await app.sql(sql, [chatId])).toEqual([]);
    expect(await left(app)).toEqual([]);
  });

  it('steps over the one key of an owner that does not open, and takes the others', async () => {
    const app = await start([newer, older]);
    const [owner, since] = [randomUUID(), newId()];
    await givenKeys(app, [[owner, FIRST_KEY], [owner, since], ...nobodies(300)]);
    const sql = 'UPDATE wrapped_key SET token = ? WHERE owner_id = ? AND since = ?';
    await app.sql(sql, ['gAAAA', owner, FIRST_KEY]);
    await rotation(app).rotate();
    expect(await left(app)).toEqual([`${owner} ${FIRST_KEY}`]);
    expect(rotation(app).counts).toEqual({ rewrapped: 301, failed: 1 });
  });

  it('keeps none of 64 from sending and reading', async () => {
    const app = await start([newer, older]);
    const { user, chatId } = await app.givenMember();
    await givenKeys(app, nobodies(10_000));
    let isOver = false;
    const rotated = rotation(app)
      .rotate()
      .finally(() => (isOver = true));
    const statuses = new Set<number>();
    const asking = Array.from({ length: 64 }, async (_, n) => {
      do {
        const asked =
          n % 2
            ? user.client.post('/message/', {
                chatid: chatId,
                message: 'meanwhile',
              })
            : user.client.get(`/message/?chat_id=${chatId}`);
        statuses.add((await asked).status);
      } while (!isOver);
    });
    await Promise.all([...asking, rotated]);
    expect([...statuses].sort()).toEqual([200, 201]);
    expect(await left(app)).toEqual([]);
  });
});

describe('an old master key', () => {
  it('that is taken out too soon is asked for by its id; put back, all reads', async () => {
    const first = await start([older]);
    const { user, chatId } = await first.givenMember();
    await user.client.post('/message/', {
      chatid: chatId,
      message: 'from before',
    });
    await first.close();
    const settings = { MASTER_KEYS: newer, JWT_SECRET };
    await expect(TestApp.start(settings, first.database)).rejects.toThrow(old.currentId);
    const again = await start([newer, older], first);
    const page = await new Client(again.url, user.accessToken).get(`/message/?chat_id=${chatId}`);
    expect(page.body.data).toMatchObject([{ message: 'from before' }]);
    await rotation(again).rotate();
    await again.close();
    const last = await start([newer], again);
    const later = await new Client(last.url, user.accessToken).get(`/message/?chat_id=${chatId}`);
    expect(later.body.data).toMatchObject([{ message: 'from before' }]);
    expect(now.currentId).not.toBe(old.currentId);
  });
});
