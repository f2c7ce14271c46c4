import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MasterKeys } from '../../src/encryption/master-keys.js';
import { OwnerKeys } from '../../src/encryption/owner-keys.js';
import { EventBus } from '../../src/events/event-bus.js';
import { type Answer, Client } from '../support/client.js';
import { expectProblem } from '../support/expect-problem.js';
import { Listener } from '../support/socket.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { until } from '../support/until.js';
import { lacking, TwoApps } from '../support/two-apps.js';

const newMasterKey = (): string => `${randomBytes(32).toString('base64url')}=`;
const [known, foreign] = [newMasterKey(), newMasterKey()];
const foreignKeys = MasterKeys.of(foreign);
const JWT_SECRET = randomBytes(48).toString('base64url');

function expectUnavailable(answer: Answer): void {
  expectProblem(answer, 503, 'unavailable');
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(answer.body.detail).toMatch(/lacks a key/);
}

const send = (client: Client, chatid: string, message = 'hello', more = {}): Promise<Answer> =>
  client.post('/message/', { chatid, message, ...more });
const page = (client: Client, chatId: string): Promise<Answer> =>
  client.get(`/message/?chat_id=${chatId}`);

describe('a process that lacks a master key which others use', () => {
  const environment = { BODY_CACHE_BYTES: '0', JWT_SECRET, LOG_LEVEL: 'error' };
  let app: TestApp;
  let ada: TestUser;
  let ben: TestUser;
  let sound: string;
  let shut: string;
  let message: { id: string };

  beforeAll(async () => {
    app = await TestApp.start({ ...environment, MASTER_KEYS: known });
    [ada, ben] = [await app.givenUser(), await app.givenUser()];
    sound = await app.givenChat(ada);
    shut = await app.givenChat(ada, { visibility: 'private' });
    for (const chatId of [sound, shut]) {
      const { body } = await send(ada.client, chatId, 'from before', { client_id: 'once' });
      message = body;
    }
    await rewrap(shut);
  });
  afterAll(() => app.stop());

  /** As another process would, which seals under a master key that this one does not know. */
  async function rewrap(ownerId: string, master = foreignKeys): Promise<void> {
    const key = await app.nest.get(OwnerKeys).firstOf(ownerId);
    const { keyId, token } = master.wrap(ownerId, key.export());
    const sql = 'UPDATE wrapped_key SET key_id = ?, token = ? WHERE owner_id = ?';
    await app.sql(sql, [keyId, token, ownerId]);
    app.nest.get(EventBus).publish({ type: 'keys.changed', ownerIds: [ownerId] });
  }

  const reaction = (): string => `/message/${message.id}/reactions/${encodeURIComponent('🎉')}`;
  const calls: [string, () => Promise<Answer>][] = [
    ['a page', () => page(ada.client, shut)],
    ['what changed', () => ada.client.get(`/message/?chat_id=${shut}&changed_after=0`)],
    ['a message', () => ada.client.get(`/message/${message.id}`)],
    ['a sync', () => ada.client.post('/sync', { rooms: { [sound]: 0, [shut]: 0 } })],
    ['a send', () => send(ada.client, shut)],
    ['a repeat', () => send(ada.client, shut, 'from before', { client_id: 'once' })],
    ['an edit', () => ada.client.patch(`/message/${message.id}`, { message: 'edited' })],
    ['a reaction', () => ada.client.request('PUT', reaction())],
  ];

  it.each(calls)('answers 503 as a whole: %s', async (_, ask) => {
    const before = await app.sql('SELECT * FROM message ORDER BY id');
    expectUnavailable(await ask());
    expect(await app.sql('SELECT * FROM message ORDER BY id')).toEqual(before);
    expect(await app.sql('SELECT * FROM reaction')).toEqual([]);
  });

  it('goes on with all else, under load too', async () => {
    expect((await page(ada.client, sound)).body.data[0].message).toBe('from before');
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => send(ada.client, n % 2 ? sound : shut)),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map((_, n) => (n % 2 ? 201 : 503)));
  });

  it('refuses changes at once, however many come together', async () => {
    const edit = (): Promise<Answer> =>
      ada.client.patch(`/message/${message.id}`, { message: 'edited' });
    const react = (): Promise<Answer> => ada.client.request('PUT', reaction());
    const answers = Array.from({ length: 20 }, (_, n) => (n % 2 ? edit() : react()));
    for (const answer of await Promise.all(answers)) expectUnavailable(answer);
  });

  it('tells nobody of a room whom it does not concern', async () => {
    const reads = [page(ben.client, shut), ben.client.get(`/message/${message.id}`)];
    for (const answer of await Promise.all([...reads, send(ben.client, shut)])) {
      expectProblem(answer, 404, 'not-found');
    }
  });

  it('says so to its operator, and raises no alarm of tampering', async () => {
    await sleep(1000); // one line a second, and one in the middle of it where twenty take so long
    const before = app.log.length;
    for (let n = 0; n < 20; n++) await page(ada.client, shut);
    await until(() => app.log.length > before);
    const lines = app.log.slice(before);
    const missing = lines.filter(({ event }) => event === 'master_key.missing');
    expect(missing[0]).toMatchObject({ level: 50, key_id: foreignKeys.currentId });
    expect(missing.length).toBeLessThan(10);
    expect(lines.filter(({ event }) => event === 'message.unreadable')).toEqual([]);

    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    const [, count] = /^conclave_master_key_missing_total (\d+)$/m.exec(metrics)!;
    expect(Number(count)).toBeGreaterThan(20);
    expect(metrics).toMatch(/^conclave_unreadable_messages_total 0$/m);
    const ready = await app.anonymous.get('/health/ready');
    expectProblem(ready, 503, 'unavailable');
    expect(ready.body.detail).toContain('keys');
  });

  it('deletes what it cannot open, and shows the tombstone', async () => {
    const { body } = await send(ada.client, sound, 'to be deleted');
    await rewrap(sound);
    expectUnavailable(await page(ada.client, sound));
    const { status } = await ada.client.request('DELETE', `/message/${body.id}`);
    expect(status).toBe(204);
    const deleted = await ada.client.get(`/message/${body.id}`);
    expect(deleted.status).toBe(200);
    expect(deleted.body.message).toBeNull();
    expect(deleted.body.deleted_at).not.toBeNull();
  });

  it('needs the key of an author as it needs that of a room', async () => {
    const chatId = await app.givenChat(ben);
    expect((await send(ben.client, chatId)).status).toBe(201);
    await rewrap(ben.id);
    expectUnavailable(await page(ada.client, chatId));
    expectUnavailable(await send(ben.client, chatId));
    expect((await send(ada.client, chatId)).status).toBe(201);
  });

  it('opens all of it once it has the key', async () => {
    await app.close();
    app = await TestApp.start({ ...environment, MASTER_KEYS: `${known},${foreign}` }, app.database);
    const form = { email: ada.email, password: PASSWORD };
    const { body } = await app.anonymous.post('/userauth/userLogin', form);
    const { status, body: read } = await page(new Client(app.url, body.access_token), shut);
    expect(status).toBe(200);
    expect(read.data).toMatchObject([{ message: 'from before' }]);
    expect((await app.anonymous.get('/health/ready')).status).toBe(200);
  });
});

describe.skipIf(lacking)(`one of two processes${lacking && ` (${lacking})`}`, () => {
  it('answers 503 of what it lacks the key of, and tells its clients to look', async () => {
    const apps = await TwoApps.start(
      { JWT_SECRET, MASTER_KEYS: known },
      { MASTER_KEYS: `${foreign},${known}` },
    );
    try {
      const { here, there } = apps;
      const ada = await here.givenUser();
      const elsewhere = apps.elsewhere(ada);
      const listener = await Listener.connect(here.url, ada.accessToken);
      const { body: chat } = await elsewhere.post('/chat/', { chat_name: 'Room' });
      expect((await send(elsewhere, chat.id)).status).toBe(201);

      expectUnavailable(await page(ada.client, chat.id));
      expectUnavailable(await send(ada.client, chat.id));
      await listener.until(({ name }) => name === 'ready');
      expectProblem(await here.anonymous.get('/health/ready'), 503, 'unavailable');
      expect((await there.anonymous.get('/health/ready')).status).toBe(200);
      expect((await page(elsewhere, chat.id)).body.data).toMatchObject([{ message: 'hello' }]);
      listener.socket.close();
    } finally {
      await apps.stop();
    }
  });
});
