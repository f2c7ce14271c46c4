import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MessageCipher } from '../../src/encryption/message-cipher.js';
import { EventBus } from '../../src/events/event-bus.js';
import { MessageCache } from '../../src/message/message-cache.js';
import type { Message } from '../../src/message/message.entity.js';
import { keptBody } from '../support/kept-body.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
let cache: MessageCache;
let user: TestUser;
let chatId: string;
let id: string;

beforeAll(async () => {
  app = await TestApp.start();
  cache = app.nest.get(MessageCache);
});
beforeEach(async () => {
  ({ user, chatId } = await app.givenMember());
  id = await send('hello');
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => app.stop());

async function send(message: string): Promise<string> {
  const { status, body } = await user.client.post('/message/', { chatid: chatId, message });
  expect(status).toBe(201);
  return body.id;
}

async function row(messageId = id): Promise<Message> {
  const [stored] = await app.sql<Record<string, string>>(
    'SELECT id, chat_id, sender_id, ciphertext FROM message WHERE id = ?',
    [messageId],
  );
  const { chat_id, sender_id, ciphertext } = stored;
  return { id: messageId, chatId: chat_id, senderId: sender_id, ciphertext } as Message;
}

async function read(messageId = id): Promise<object> {
  const { status, body } = await user.client.get(`/message/${messageId}`);
  expect(status).toBe(200);
  return body;
}

const UNREADABLE = { message: null, unreadable: true };

describe('a warm room', () => {
  it('is read without opening a body again, whether it was sent or read before', async () => {
    const open = vi.spyOn(app.nest.get(MessageCipher), 'open');
    expect(await read()).toMatchObject({ message: 'hello' });
    expect(open).not.toHaveBeenCalled();
    cache.delete(id);
    for (let round = 0; round < 2; round++) {
      const { body } = await user.client.get(`/message/?chat_id=${chatId}`);
      expect(body.data).toMatchObject([{ id, message: 'hello' }]);
    }
    expect(open).toHaveBeenCalledTimes(1);
  });

  it('shows a changed ciphertext as unreadable, and the right one again', async () => {
    const { ciphertext } = await row();
    const last = ciphertext!.at(-10) === 'A' ? 'B' : 'A';
    const flipped = ciphertext!.slice(0, -10) + last + ciphertext!.slice(-9);
    await app.sql('UPDATE message SET ciphertext = ? WHERE id = ?', [flipped, id]);
    expect(await read()).toMatchObject(UNREADABLE);
    await app.sql('UPDATE message SET ciphertext = ? WHERE id = ?', [ciphertext, id]);
    expect(await read()).toMatchObject({ message: 'hello' });
  });

  it('shows two bodies that were swapped as unreadable', async () => {
    const other = await send('other');
    const [one, two] = [await row(), await row(other)];
    await app.sql('UPDATE message SET ciphertext = ? WHERE id = ?', [two.ciphertext, id]);
    await app.sql('UPDATE message SET ciphertext = ? WHERE id = ?', [one.ciphertext, other]);
    expect(await read()).toMatchObject(UNREADABLE);
    expect(await read(other)).toMatchObject(UNREADABLE);
  });

  it('shows a row that was moved to another room or author as unreadable', async () => {
    const other = await send('other');
    const elsewhere = await app.givenChat(user);
    const stranger = await app.givenUser();
    await app.sql('UPDATE message SET chat_id = ?, seq = 99 WHERE id = ?', [elsewhere, id]);
    await app.sql('UPDATE message SET sender_id = ? WHERE id = ?', [stranger.id, other]);
    expect(await read()).toMatchObject(UNREADABLE);
    expect(await read(other)).toMatchObject(UNREADABLE);
  });

  it('shows an edit, and an older ciphertext put back by hand as what it is', async () => {
    const before = await row();
    await user.client.patch(`/message/${id}`, { message: 'edited' });
    expect(await read()).toMatchObject({ message: 'edited' });
    expect(keptBody(cache, before)).toBeUndefined();
    expect(keptBody(cache, await row())).toBe('edited');
  });

  it('keeps no body of a deleted message', async () => {
    const before = await row();
    expect(keptBody(cache, before)).toBe('hello');
    expect((await user.client.request('DELETE', `/message/${id}`)).status).toBe(204);
    expect(await read()).toMatchObject({ message: null });
    expect(keptBody(cache, before)).toBeUndefined();
  });

  it('keeps no body that another process has deleted, once its row was read', async () => {
    const before = await row();
    await app.sql('UPDATE message SET ciphertext = NULL, deleted_at = 1 WHERE id = ?', [id]);
    expect(await read()).toMatchObject({ message: null });
    expect(keptBody(cache, before)).toBeUndefined();
  });

  it('keeps no body of an erased author, and shows tombstones', async () => {
    const [before, owner] = [await row(), user];
    user = await app.givenUser();
    const theirs = await send('theirs');
    const erase = await app.as(owner).request('DELETE', '/userauth/me', { password: PASSWORD });
    expect(erase.status).toBe(204);
    expect(await read()).toMatchObject({ message: null, deleted_at: expect.any(String) });
    expect(keptBody(cache, before)).toBeUndefined();
    expect(await read(theirs)).toMatchObject({ message: 'theirs' });
  });

  it('keeps no body of a deleted room, and shows nothing of it', async () => {
    const before = await row();
    expect((await user.client.request('DELETE', `/chat/${chatId}`)).status).toBe(204);
    expect((await user.client.get(`/message/${id}`)).status).toBe(404);
    expect((await user.client.get(`/message/?chat_id=${chatId}`)).status).toBe(404);
    expect(keptBody(cache, before)).toBeUndefined();
  });

  it('opens nothing from memory once another process has destroyed the key', async () => {
    await app.sql('DELETE FROM wrapped_key WHERE owner_id = ?', [chatId]);
    app.nest.get(EventBus).publish({ type: 'keys.destroyed', ownerIds: [chatId] });
    expect(await read()).toMatchObject(UNREADABLE);
  });
});

describe('without a cache', () => {
  it('every body is opened each time', async () => {
    const own = await TestApp.start({ BODY_CACHE_BYTES: '0' });
    try {
      const { user: sender, chatId: room } = await own.givenMember();
      const form = { chatid: room, message: 'hello' };
      const { body: sent } = await sender.client.post('/message/', form);
      const open = vi.spyOn(own.nest.get(MessageCipher), 'open');
      for (let round = 1; round <= 3; round++) {
        const { body } = await sender.client.get(`/message/${sent.id}`);
        expect(body.message).toBe('hello');
        expect(open).toHaveBeenCalledTimes(round);
      }
    } finally {
      await own.stop();
    }
  });
});
