import type { LRUCache } from 'lru-cache';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { purgeGone } from '../../src/database/gone.js';
import { Database } from '../../src/database/database.js';
import { OwnerKeys } from '../../src/encryption/owner-keys.js';
import { RedisChannels } from '../../src/events/redis-channels.js';
import { MessageCache } from '../../src/message/message-cache.js';
import { LastMessagesSource } from '../../src/message/read/last-messages-source.js';
import { Client } from '../support/client.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';
import { lacking, TwoApps } from '../support/two-apps.js';
import { until } from '../support/until.js';

const PROMISED_MS = 5000;

type Cache = Pick<LRUCache<string, object>, 'has'>;

/** What an application remembers, beneath its services. */
function memoryOf({ nest }: TestApp): { keys: Cache; bodies: Cache; sealed: Cache } {
  const { known } = nest.get<{ known: Cache }>(OwnerKeys);
  const { entries: bodies } = nest.get<{ entries: Cache }>(MessageCache);
  const { known: sealed } = nest.get<{ known: Cache }>(LastMessagesSource);
  return { keys: known, bodies, sealed };
}

interface Place {
  user: TestUser;
  chatId: string;
  messageId: string;
}

/** A message that both applications remember, with its keys. */
async function givenRemembered(here: TestApp, there: TestApp): Promise<Place> {
  const { user, chatId } = await here.givenMember();
  const sent = await user.client.post('/message/', { chatid: chatId, message: 'remember me' });
  const messageId: string = sent.body.id;
  const page = await new Client(there.url, user.accessToken).get(`/message/?chat_id=${chatId}`);
  expect(page.body.data).toMatchObject([{ message: 'remember me' }]);
  await new Client(there.url, user.accessToken).get(`/chat/${chatId}`);
  const { keys, bodies, sealed } = memoryOf(there);
  expect(sealed.has(chatId)).toBe(true);
  expect([keys.has(chatId), keys.has(user.id), bodies.has(messageId)]).toEqual([true, true, true]);
  return { user, chatId, messageId };
}

/** How many milliseconds it takes until it is so. */
async function timeUntil(isSo: () => boolean): Promise<number> {
  const begin = performance.now();
  await until(isSo);
  return performance.now() - begin;
}

function forgetsAll(apps: () => { here: TestApp; there: TestApp }): void {
  it('the key and the texts of a deleted room', async () => {
    const { here, there } = apps();
    const { user, chatId, messageId } = await givenRemembered(here, there);
    const { keys, bodies } = memoryOf(there);
    expect((await user.client.request('DELETE', `/chat/${chatId}`)).status).toBe(204);
    const ms = await timeUntil(() => !keys.has(chatId) && !bodies.has(messageId));
    expect(ms).toBeLessThan(PROMISED_MS);
    expect(keys.has(user.id)).toBe(true); // of all else it goes on to know
  });

  it('the key and the texts of an erased author', async () => {
    const { here, there } = apps();
    const { user, messageId } = await givenRemembered(here, there);
    const { keys, bodies } = memoryOf(there);
    const body = { password: PASSWORD };
    expect((await user.client.request('DELETE', '/userauth/me', body)).status).toBe(204);
    const ms = await timeUntil(() => !keys.has(user.id) && !bodies.has(messageId));
    expect(ms).toBeLessThan(PROMISED_MS);
  });

  it.each(['DELETE', 'PATCH'])('a text that is no more: %s', async (method) => {
    const { here, there } = apps();
    const { user, chatId, messageId } = await givenRemembered(here, there);
    const { keys, bodies, sealed } = memoryOf(there);
    const edit = method === 'PATCH' ? { message: 'another' } : undefined;
    const { status } = await user.client.request(method, `/message/${messageId}`, edit);
    expect(status).toBeLessThan(300);
    const ms = await timeUntil(() => !bodies.has(messageId) && !sealed.has(chatId));
    expect(ms).toBeLessThan(PROMISED_MS);
    expect(keys.has(chatId)).toBe(true);
  });
}

describe.runIf(isPostgres)('another process, without Redis, forgets within five seconds', () => {
  let here: TestApp;
  let there: TestApp;
  beforeAll(async () => {
    here = await TestApp.start();
    there = await TestApp.start({}, here.database);
  });
  afterAll(async () => {
    await there.close();
    await here.stop();
  });

  forgetsAll(() => ({ here, there }));

  it('everything, where more was destroyed than it can look at', async () => {
    const { chatId, messageId } = await givenRemembered(here, there);
    const { keys, bodies, sealed } = memoryOf(there);
    await here.sql(
      `INSERT INTO gone (id, kind, gone_at)
       SELECT ?::uuid, 'text', (extract(epoch FROM now()) * 1000)::bigint
       FROM generate_series(1, 10001)`,
      [newId()],
    );
    const isForgotten = (): boolean =>
      !keys.has(chatId) && !bodies.has(messageId) && !sealed.has(chatId);
    expect(await timeUntil(isForgotten)).toBeLessThan(PROMISED_MS);
    await here.nest.get(Database).write((tx) => purgeGone(tx, -1000));
    expect(await here.sql('SELECT id FROM gone')).toEqual([]);
  });
});

describe.skipIf(lacking)(`where the news was lost${lacking && ` (${lacking})`}, it forgets`, () => {
  let apps: TwoApps;
  beforeAll(async () => {
    apps = await TwoApps.start();
    vi.spyOn(apps.here.nest.get(RedisChannels), 'publish').mockResolvedValue(true); // goes nowhere
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await apps.stop();
  });

  forgetsAll(() => apps);
});

describe.skipIf(isPostgres)('the only process', () => {
  it('notes nothing for others', async () => {
    const app = await TestApp.start();
    const { user, chatId } = await app.givenMember();
    await user.client.request('DELETE', `/chat/${chatId}`);
    expect(await app.sql('SELECT id FROM gone')).toEqual([]);
    await app.stop();
  });

  it.each(['DELETE', 'PATCH'])('keeps no row of a text that is no more: %s', async (method) => {
    const app = await TestApp.start();
    const { user, chatId, messageId } = await givenRemembered(app, app);
    const edit = method === 'PATCH' ? { message: 'another' } : undefined;
    await user.client.request(method, `/message/${messageId}`, edit);
    await until(() => !memoryOf(app).sealed.has(chatId));
    await app.stop();
  });
});
