import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { deriveKey } from '../../src/crypto/derive-key.js';
import { fernetOpen } from '../../src/crypto/fernet.js';
import { MasterKeys } from '../../src/encryption/master-keys.js';
import { OwnerKeys } from '../../src/encryption/owner-keys.js';
import { EventBus } from '../../src/events/event-bus.js';
import { Client } from '../support/client.js';
import { TestApp, type TestUser } from '../support/test-app.js';

describe('an owner of several keys', () => {
  let app: TestApp;
  let user: TestUser;
  let chatId: string;
  beforeEach(async () => {
    app = await TestApp.start();
    ({ user, chatId } = await app.givenMember());
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await app.stop();
  });

  async function send(message: string): Promise<string> {
    const { status, body } = await user.client.post('/message/', { chatid: chatId, message });
    expect(status).toBe(201);
    return body.id;
  }

  async function addKey(ownerId: string, kind: string, since: string): Promise<Buffer> {
    const key = randomBytes(32);
    const { keyId, token } = app.nest.get(MasterKeys).wrap(ownerId, key);
    await app.sql(
      'INSERT INTO wrapped_key (owner_id, kind, since, key_id, token) VALUES (?, ?, ?, ?, ?)',
      [ownerId, kind, since, keyId, token],
    );
    return key;
  }

  const firstOf = async (ownerId: string): Promise<Buffer> =>
    (await app.nest.get(OwnerKeys).firstOf(ownerId)).export();

  /** Opens what is stored of a message with the keys given, as the documentation says. */
  async function open(id: string, chatKey: Buffer, authorKey: Buffer): Promise<string> {
    const [{ ciphertext }] = await app.sql<{ ciphertext: string }>(
      'SELECT ciphertext FROM message WHERE id = ?',
      [id],
    );
    const key = deriveKey(Buffer.concat([chatKey, authorKey]), `conclave/message/v1/${id}`);
    return fernetOpen(key, ciphertext).toString();
  }

  const keysChanged = (...ownerIds: string[]): void =>
    app.nest.get(EventBus).publish({ type: 'keys.changed', ownerIds });

  async function texts(client = user.client): Promise<string[]> {
    const { status, body } = await client.get(`/message/?chat_id=${chatId}`);
    expect(status).toBe(200);
    return body.data.map(({ message }: { message: string }) => message);
  }

  it('has each message sealed and opened under the key of its id', async () => {
    const [chatKey, authorKey] = await Promise.all([firstOf(chatId), firstOf(user.id)]);
    const before = await send('before');
    const since = newId();
    const newChatKey = await addKey(chatId, 'chat', since);
    keysChanged(chatId);
    const between = await send('between');
    const newAuthorKey = await addKey(user.id, 'author', newId());
    keysChanged(user.id);
    const after = await send('after');

    expect(await open(before, chatKey, authorKey)).toBe('before');
    expect(await open(between, newChatKey, authorKey)).toBe('between');
    expect(await open(after, newChatKey, newAuthorKey)).toBe('after');
    expect(await firstOf(chatId)).toEqual(chatKey);

    const { status } = await user.client.patch(`/message/${before}`, { message: 'edited' });
    expect(status).toBe(200);
    expect(await open(before, chatKey, authorKey)).toBe('edited'); // by its id, not by the time

    await app.close();
    app = await TestApp.start({}, app.database); // remembers no key and no body
    expect(await texts(new Client(app.url, user.accessToken))).toEqual([
      'edited',
      'between',
      'after',
    ]);
  });

  it('is believed for ten minutes, unless there is news', async () => {
    const first = await firstOf(chatId);
    const authorKey = await firstOf(user.id);
    await send('known'); // so that both lists are in memory
    const second = await addKey(chatId, 'chat', newId());
    const begin = performance.now();
    const minutes = async (count: number): Promise<void> => {
      vi.spyOn(performance, 'now').mockReturnValue(begin + count * 60_000);
      await sleep(1100); // it looks at its clock once a second
    };
    await minutes(8);
    expect(await open(await send('still'), first, authorKey)).toBe('still');
    await minutes(10.1);
    expect(await open(await send('no more'), second, authorKey)).toBe('no more');
    expect(await texts()).toEqual(['known', 'still', 'no more']);
  });

  it('has them all destroyed at once', async () => {
    await addKey(chatId, 'chat', newId());
    await addKey(user.id, 'author', newId());
    expect((await user.client.request('DELETE', `/chat/${chatId}`)).status).toBe(204);
    const rows = await app.sql('SELECT owner_id FROM wrapped_key WHERE owner_id = ?', [chatId]);
    expect(rows).toEqual([]);
    expect(await app.sql('SELECT kind FROM wrapped_key')).toHaveLength(2);
  });
});
