import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { deriveKey } from '../../src/crypto/derive-key.js';
import { fernetOpen } from '../../src/crypto/fernet.js';
import { idAt, newId } from '../../src/crypto/ids.js';
import { Database } from '../../src/database/database.js';
import { NoKeyToRenewError } from '../../src/encryption/encryption.errors.js';
import { KeyRenewal, type RenewalTarget } from '../../src/encryption/key-renewal.js';
import { MasterKeys } from '../../src/encryption/master-keys.js';
import { OwnerKeys } from '../../src/encryption/owner-keys.js';
import { FIRST_KEY } from '../../src/encryption/wrapped-key.entity.js';
import { EventBus } from '../../src/events/event-bus.js';
import { Client } from '../support/client.js';
import { PASSWORD, TestApp } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';
import { lacking, TwoApps } from '../support/two-apps.js';
import { until } from '../support/until.js';

const HOUR = 3_600_000;

interface StoredKey {
  owner_id: string;
  since: string;
  key_id: string;
  token: string;
}

const timeOf = (id: string): number => Number.parseInt(id.replace('-', '').slice(0, 12), 16);

/** Keys as a thief has them who has the database and the master key of today. */
async function stolen(app: TestApp): Promise<Map<string, Buffer[]>> {
  const keys = new Map<string, Buffer[]>();
  for (const { owner_id, key_id, token } of await keysOf(app)) {
    const key = app.nest.get(MasterKeys).unwrap(owner_id, { keyId: key_id, token });
    keys.set(owner_id, [...(keys.get(owner_id) ?? []), key]);
  }
  return keys;
}

const keysOf = (app: TestApp, ...ownerIds: string[]): Promise<StoredKey[]> =>
  app.sql<StoredKey>(
    `SELECT owner_id, since, key_id, token FROM wrapped_key
      ${ownerIds.length > 0 ? `WHERE owner_id IN ('${ownerIds.join("','")}')` : ''} ORDER BY owner_id, since`,
  );

interface Row {
  id: string;
  chat_id: string;
  sender_id: string;
  ciphertext: string;
}

/** The messages that open by one of these keys. */
async function readable(app: TestApp, keys: Map<string, Buffer[]>): Promise<string[]> {
  const rows = await app.sql<Row>('SELECT id, chat_id, sender_id, ciphertext FROM message');
  return rows.flatMap(({ id, chat_id, sender_id, ciphertext }) => {
    for (const chatKey of keys.get(chat_id) ?? [])
      for (const authorKey of keys.get(sender_id) ?? []) {
        const key = deriveKey(Buffer.concat([chatKey, authorKey]), `conclave/message/v1/${id}`);
        try {
          return [fernetOpen(key, ciphertext).toString()];
        } catch {
          continue;
        }
      }
    return [];
  });
}

const renew = (app: TestApp, target: RenewalTarget): ReturnType<KeyRenewal['renew']> =>
  app.nest.get(KeyRenewal).renew(target);

async function send(client: Client, chatid: string, message: string): Promise<string> {
  const { status, body } = await client.post('/message/', { chatid, message });
  expect(status).toBe(201);
  return body.id;
}

async function texts(client: Client, chatId: string): Promise<string[]> {
  const { body } = await client.get(`/message/?chat_id=${chatId}&limit=200`);
  return body.data.map(({ message }: { message: string }) => message);
}

/** Moves the time from which the new keys of these count. */
async function beginAt(app: TestApp, ownerIds: string[], since: string): Promise<void> {
  const sql = 'UPDATE wrapped_key SET since = ? WHERE since > ? AND owner_id = ?';
  for (const ownerId of ownerIds) await app.sql(sql, [since, FIRST_KEY, ownerId]);
}

/** Lets the hour pass: the new keys of these begin now, and every process hears of it. */
async function letHourPass(app: TestApp, ownerIds: string[]): Promise<void> {
  await beginAt(app, ownerIds, newId());
  app.nest.get(EventBus).publish({ type: 'keys.changed', ownerIds });
}

describe('a renewal', () => {
  let app: TestApp;
  afterEach(async () => {
    vi.restoreAllMocks();
    await app.stop();
  });

  it('gives a room another key, an hour ahead, and changes nothing until then', async () => {
    app = await TestApp.start();
    const { user, chatId } = await app.givenMember();
    await send(user.client, chatId, 'before');
    const { renewed, counts_from } = await renew(app, { chatId });
    expect(renewed).toBe(1);
    const [first, second, ...more] = await keysOf(app, chatId);
    expect(more).toEqual([]);
    expect(first.since).toMatch(/^[0-]+$/);
    expect(second.since).toMatch(/^[\da-f]{8}-[\da-f]{4}-7/);
    expect(timeOf(second.since)).toBe(Date.parse(counts_from));
    expect(Math.abs(timeOf(second.since) - Date.now() - HOUR)).toBeLessThan(60_000);
    expect(await keysOf(app, user.id)).toHaveLength(1);

    const old = await stolen(app);
    old.set(chatId, [old.get(chatId)![0]]);
    await send(user.client, chatId, 'in the hour');
    expect((await readable(app, old)).sort()).toEqual(['before', 'in the hour']);
  });

  it('keeps what is sent later from whoever has the keys of before', async () => {
    app = await TestApp.start({ BODY_CACHE_BYTES: '0' });
    const { user, chatId } = await app.givenMember();
    const otherChatId = await app.givenChat(user);
    const before = await send(user.client, chatId, 'before');
    const thief = await stolen(app);
    await renew(app, { chatId });
    await letHourPass(app, [chatId]);
    await send(user.client, chatId, 'after the room');
    await send(user.client, otherChatId, 'elsewhere');
    expect((await readable(app, thief)).sort()).toEqual(['before', 'elsewhere']);
    await renew(app, { userId: user.id });
    await letHourPass(app, [user.id]);
    await send(user.client, otherChatId, 'after the user');
    expect((await readable(app, thief)).sort()).toEqual(['before', 'elsewhere']);

    // An edit stays under the key of the id, as the documentation says.
    const { status } = await user.client.patch(`/message/${before}`, { message: 'edited' });
    expect(status).toBe(200);
    expect((await readable(app, thief)).sort()).toEqual(['edited', 'elsewhere']);

    await app.close();
    app = await TestApp.start({}, app.database); // remembers nothing
    const client = new Client(app.url, user.accessToken);
    expect(await texts(client, chatId)).toEqual(['edited', 'after the room']);
    expect(await texts(client, otherChatId)).toEqual(['elsewhere', 'after the user']);
  });

  it('of all gives each room and user one, and those that have several one more', async () => {
    app = await TestApp.start();
    const rooms = [];
    for (let n = 0; n < 3; n++) rooms.push(await app.givenMember());
    await renew(app, { chatId: rooms[0].chatId });
    expect(await renew(app, 'all')).toMatchObject({ renewed: 6 });
    expect(await keysOf(app, rooms[0].chatId)).toHaveLength(3);
    expect(await keysOf(app)).toHaveLength(13);
  });

  it('adds none where there is none', async () => {
    app = await TestApp.start();
    const { user, chatId } = await app.givenMember();
    await user.client.request('DELETE', `/chat/${chatId}`);
    for (const target of [
      { chatId },
      { chatId: newId() },
      { userId: newId() },
      { chatId: user.id },
    ])
      await expect(renew(app, target)).rejects.toThrow(NoKeyToRenewError);
    expect(await keysOf(app, chatId)).toEqual([]);
    expect(await keysOf(app, user.id)).toHaveLength(1);
  });

  it('leaves nothing behind the destruction of an owner', async () => {
    app = await TestApp.start();
    const { user, chatId } = await app.givenMember();
    for (const target of [{ chatId }, { userId: user.id }, 'all'] as const)
      await renew(app, target);
    expect(await keysOf(app)).toHaveLength(6);
    await user.client.request('DELETE', `/chat/${chatId}`);
    expect(await keysOf(app, chatId)).toEqual([]);
    const erased = await user.client.request('DELETE', '/userauth/me', { password: PASSWORD });
    expect(erased.status).toBe(204);
    expect(await keysOf(app)).toEqual([]);
  });

  it('is not outlived by what a destruction did not see', async () => {
    app = await TestApp.start();
    const { user } = await app.givenMember();
    for (let n = 0; n < 10; n++) {
      const chatId = await app.givenChat(user);
      const renewing = [renew(app, { chatId }), renew(app, { chatId })].map((one) =>
        one.catch((error: unknown) => expect(error).toBeInstanceOf(NoKeyToRenewError)),
      );
      await sleep(n % 3);
      const ended = user.client.request('DELETE', `/chat/${chatId}`);
      await Promise.all([...renewing, ended]);
      expect(await keysOf(app, chatId)).toEqual([]);
    }
  });

  it.runIf(isPostgres)(
    'holds a destruction up until its key is there to be destroyed',
    async () => {
      app = await TestApp.start();
      const { user, chatId } = await app.givenMember();
      const database = app.nest.get(Database);
      const write = database.write.bind(database);
      let destroying: Promise<unknown> | undefined;
      vi.spyOn(database, 'write').mockImplementationOnce((work) =>
        write(async (tx) => {
          const outcome = await work(tx);
          destroying = user.client.request('DELETE', `/chat/${chatId}`);
          await sleep(500); // by then it waits
          return outcome;
        }),
      );
      await renew(app, { chatId });
      await destroying;
      expect(await keysOf(app, chatId)).toEqual([]);
    },
  );

  it('is believed at once by a process that has slept', async () => {
    app = await TestApp.start();
    const { user, chatId } = await app.givenMember();
    await send(user.client, chatId, 'so that it is known');
    const keys = app.nest.get(OwnerKeys);
    expect(keys.cached).toBeGreaterThan(0);
    const { now } = Date;
    vi.spyOn(Date, 'now').mockImplementation(() => now() + 2 * HOUR);
    await until(() => keys.cached === 0, 5000);
  });
});

describe.skipIf(lacking)(`a renewal while two processes send${lacking && ` (${lacking})`}`, () => {
  it('leaves nothing unreadable, and nothing later to the keys of before', async () => {
    const apps = await TwoApps.start({ BODY_CACHE_BYTES: '0' });
    try {
      const { user, chatId } = await apps.here.givenMember();
      const clients = [user.client, apps.elsewhere(user)];
      await send(clients[1], chatId, 'before');
      const thief = await stolen(apps.here);
      let isOver = false;
      const sent: string[] = [];
      const sending = clients.map(async (client, n) => {
        for (let count = 0; !isOver; count++)
          sent.push(await send(client, chatId, `${n} ${count}`));
      });
      await renew(apps.here, { chatId });
      // Its hour becomes a second and a half, since both are told at once.
      const since = idAt(Date.now() + 1500);
      await beginAt(apps.here, [chatId], since);
      apps.here.nest.get(EventBus).publish({ type: 'keys.changed', ownerIds: [chatId] });
      await sleep(3500);
      isOver = true;
      await Promise.all(sending);
      const later = sent.filter((id) => id > since);
      expect(later.length).toBeGreaterThan(10);
      expect(sent.length - later.length).toBeGreaterThan(10);
      const rows = await apps.here.sql<Row>('SELECT id FROM message');
      expect(await readable(apps.here, thief)).toHaveLength(rows.length - later.length);
      expect(await readable(apps.here, await stolen(apps.here))).toHaveLength(rows.length);
      for (const { nest, url } of [apps.here, apps.there]) {
        nest.get(OwnerKeys).forgetAll();
        const page = await new Client(url, user.accessToken).get(
          `/message/?chat_id=${chatId}&limit=200`,
        );
        expect(
          page.body.data.filter(({ unreadable }: { unreadable?: boolean }) => unreadable),
        ).toEqual([]);
      }
    } finally {
      await apps.stop();
    }
  });
});
