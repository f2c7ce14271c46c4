import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import fernet from 'fernet';
import type { EntityManager } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { secretKey } from '../../src/crypto/secret-key.js';
import { Secrets } from '../../src/config/secrets.js';
import { Database } from '../../src/database/database.js';
import { BodyUnreadableError } from '../../src/encryption/encryption.errors.js';
import { fernetSeal } from '../../src/crypto/fernet.js';
import { KeyList } from '../../src/encryption/key-list.js';
import { MasterKeys } from '../../src/encryption/master-keys.js';
import { MessageCipher, type Sealable } from '../../src/encryption/message-cipher.js';
import { FIRST_KEY } from '../../src/encryption/wrapped-key.entity.js';
import { Message } from '../../src/message/message.entity.js';
import { Client } from '../support/client.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { until } from '../support/until.js';
import { masterKeyTexts } from '../support/master-key-text.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => app.stop());

const texts = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }),
  fc.constantFrom('\0', '\ufeff', 'e\u0301', '👩‍👩‍👧‍👦', 'x'.repeat(16), '𝕏'.repeat(16_384)),
);

async function send(user: TestUser, chatid: string, message: string): Promise<string> {
  const { status, body } = await user.client.post('/message/', { chatid, message });
  expect(status).toBe(201);
  return body.id;
}

async function stored(id: string): Promise<string> {
  const [row] = await app.sql<{ ciphertext: string }>(
    'SELECT ciphertext FROM message WHERE id = ?',
    [id],
  );
  return row.ciphertext;
}

async function store(id: string, ciphertext: string): Promise<void> {
  await app.sql('UPDATE message SET ciphertext = ? WHERE id = ?', [ciphertext, id]);
}

function flipBit(token: string, bit: number): string {
  const raw = Buffer.from(token, 'base64url');
  raw[(bit >> 3) % raw.length] ^= 1 << (bit & 7);
  return raw.toString('base64url') + '='.repeat((3 - (raw.length % 3)) % 3);
}

describe('sealing a body', () => {
  let cipher: MessageCipher;
  let message: Sealable;
  let otherChatId: string;
  let otherUserId: string;

  beforeAll(async () => {
    const { user, chatId } = await app.givenMember();
    const other = await app.givenMember();
    cipher = app.nest.get(MessageCipher);
    message = { id: newId(), chatId, senderId: user.id };
    [otherChatId, otherUserId] = [other.chatId, other.user.id];
  });

  function forAll<T>(values: fc.Arbitrary<T>, check: (value: T) => Promise<void>): Promise<void> {
    return fc.assert(fc.asyncProperty(values, check));
  }

  async function expectShut(to: Sealable, token: string, by = cipher): Promise<void> {
    await expect(async () => await by.open(to, token), JSON.stringify([to, token])).rejects.toThrow(
      BodyUnreadableError,
    );
  }

  it('gives back any well-formed text, to the letter, and never the same token twice', () =>
    forAll(texts, async (text) => {
      const token = await cipher.seal(message, text);
      expect(token).toMatch(/^(?=.{100,})gAAAAA[\w-]+={0,2}$/);
      expect(await cipher.open(message, token)).toBe(text);
      expect(await cipher.seal(message, text)).not.toBe(token);
    }));

  it('binds it to its message, room and author', () =>
    forAll(texts, async (text) => {
      const token = await cipher.seal(message, text);
      await expectShut({ ...message, id: newId() }, token);
      await expectShut({ ...message, chatId: otherChatId }, token);
      await expectShut({ ...message, senderId: otherUserId }, token);
      await expectShut({ ...message, chatId: message.senderId, senderId: message.chatId }, token);
      await expectShut({ ...message, chatId: newId() }, token);
      await expectShut({ ...message, senderId: newId() }, token);
    }));

  it('does not open under other keys', async () => {
    const token = await cipher.seal(message, 'hello');
    const keysOf = (id: string): KeyList =>
      new KeyList(id, [{ since: FIRST_KEY, key: secretKey(randomBytes(32)) }]);
    const strange = new MessageCipher({ of: keysOf } as never);
    await expectShut(message, token, strange);
    await expectShut(message, await strange.seal(message, 'hello'));
    await expectShut(message, fernetSeal(randomBytes(32), 'hello'));
  });

  it('does not open with any bit flipped, cut or lengthened anywhere', async () => {
    const token = await cipher.seal(message, 'hello');
    const bits = Buffer.from(token, 'base64url').length * 8;
    for (let bit = 0; bit < bits; bit++) await expectShut(message, flipBit(token, bit));
    for (let length = 0; length < token.length; length++) {
      await expectShut(message, token.slice(0, length));
      await expectShut(message, token.slice(length + 1));
      await expectShut(message, `${token.slice(0, length)}A${token.slice(length)}`);
    }
    await forAll(fc.tuple(texts, fc.nat()), async ([text, bit]) => {
      const sealed = await cipher.seal(message, text);
      await expectShut(message, flipBit(sealed, bit));
      await expectShut(message, sealed.slice(0, bit % sealed.length));
    });
    await forAll(fc.string({ unit: 'binary' }), (garbage) => expectShut(message, garbage));
  });
});

describe('a database that was tampered with', () => {
  it('answers what still opens, marks the rest unreadable and writes that to the log', async () => {
    const { user, chatId } = await app.givenMember();
    const other = await app.givenMember();
    const ids: string[] = [];
    for (let n = 0; n < 12; n++) ids.push(await send(user, chatId, `secret ${n}`));
    const [swapped, too, whole, moved, given, cut, plain, forged, flipped, last, emptied, gone] =
      ids;
    const target = await send(user, other.chatId, 'secret 12');
    const keyless = await send(other.user, chatId, 'secret 13');
    const lostRoom = await app.givenMember();
    const lost = await send(user, lostRoom.chatId, 'secret 14');

    const [first, second] = [await stored(swapped), await stored(too)];
    await store(swapped, second);
    await store(too, first);
    await store(target, await stored(whole));
    await app.sql('UPDATE message SET chat_id = ?, seq = 99 WHERE id = ?', [other.chatId, moved]);
    await app.sql('UPDATE message SET sender_id = ? WHERE id = ?', [lostRoom.user.id, given]);
    await store(cut, (await stored(cut)).slice(0, -4));
    await store(plain, 'plain text');
    await store(forged, fernetSeal(randomBytes(32), 'forged'));
    await store(flipped, flipBit(await stored(flipped), 300));
    await store(emptied, '');
    await app.sql('UPDATE message SET ciphertext = NULL WHERE id = ?', [gone]);
    await app.sql('DELETE FROM wrapped_key WHERE owner_id = ?', [lostRoom.chatId]);
    const { token } = app.nest.get(MasterKeys).wrap(other.user.id, randomBytes(32));
    await app.sql('UPDATE wrapped_key SET token = ? WHERE owner_id = ?', [token, other.user.id]);

    await app.close(); // so that no key or body is remembered
    app = await TestApp.start({ LOG_LEVEL: 'error' }, app.database);
    const form = { email: user.email, password: PASSWORD };
    const { body: tokens } = await app.anonymous.post('/userauth/userLogin', form);
    const reader = new Client(app.url, tokens.access_token);

    const right = { [whole]: 'secret 2', [last]: 'secret 9' };
    const touched = [...ids, target, keyless, lost].filter((id) => !(id in right));
    const seen: Record<string, string | null> = {};
    for (const room of [chatId, other.chatId, lostRoom.chatId]) {
      const { status, body } = await reader.get(`/message/?chat_id=${room}`);
      expect(status).toBe(200);
      for (const { id, message, unreadable } of body.data) {
        seen[id] = message;
        expect(unreadable, id).toBe(touched.includes(id) ? true : undefined);
        const one = await reader.get(`/message/${id}`);
        expect(one.status).toBe(200);
        expect(one.body).toMatchObject({ id, message, ...(unreadable && { unreadable }) });
      }
    }
    expect(seen).toEqual({ ...Object.fromEntries(touched.map((id) => [id, null])), ...right });

    await until(() => app.log.some((line) => line.message_id === touched.at(-1)));
    const log = app.log.map((line) => JSON.stringify(line)).join('\n');
    const logged = (field: string): Set<string> =>
      new Set([...log.matchAll(new RegExp(`"${field}":"([^"]+)"`, 'g'))].map(([, value]) => value));
    expect(logged('event')).toEqual(new Set(['message.unreadable']));
    expect(logged('message_id')).toEqual(new Set(touched));
    expect(log).not.toMatch(/secret|plain text|forged|gAAAA/);
  });
});

describe('what stands on the disk', () => {
  /** The package checks the token; what it holds is no text, which is all that it could give. */
  function unwrap(text: string): Buffer {
    const secret = new fernet.Secret(masterKeyTexts(app.nest.get(Secrets))[0]);
    const token = new fernet.Token({ secret, token: text, ttl: 0 });
    vi.spyOn(fernet, 'decryptMessage').mockReturnValueOnce('');
    token.decode();
    const [key, iv] = [secret.encryptionKeyHex, token.ivHex!].map((hex) => Buffer.from(hex, 'hex'));
    const decipher = createDecipheriv('aes-128-cbc', key, iv);
    return Buffer.concat([decipher.update(token.cipherTextHex!, 'hex'), decipher.final()]);
  }

  it('opens with the published Fernet and HKDF alone, as the documentation says', async () => {
    const { user, chatId } = await app.givenMember();
    const text = 'Zażółć\n👩‍👩‍👧‍👦 gęślą';
    const id = await send(user, chatId, text);
    const keys: Record<string, Buffer> = {};
    const rows = await app.sql<Record<'owner_id' | 'kind' | 'token', string>>(
      'SELECT owner_id, kind, token FROM wrapped_key WHERE owner_id IN (?, ?)',
      [chatId, user.id],
    );
    for (const { owner_id, kind, token } of rows) {
      const opened = unwrap(token);
      expect(opened.toString('hex', 0, 16)).toBe(owner_id.replaceAll('-', ''));
      expect(opened).toHaveLength(48);
      keys[kind] = opened.subarray(16);
    }
    const input = Buffer.concat([keys.chat, keys.author]);
    const key = Buffer.from(hkdfSync('sha256', input, '', `conclave/message/v1/${id}`, 32));
    const secret = new fernet.Secret(`${key.toString('base64url')}=`);
    expect(new fernet.Token({ secret, token: await stored(id), ttl: 0 }).decode()).toBe(text);
  });

  it('holds no body in plain, in no table and no file', async () => {
    const { user, chatId } = await app.givenMember();
    const marker = `marker${randomBytes(12).toString('hex')}`;
    const id = await send(user, chatId, marker);
    expect((await user.client.get(`/message/${id}`)).body.message).toBe(marker);
    const rows = await app.sql('SELECT * FROM message');
    expect(JSON.stringify(rows)).not.toContain(marker);
    const entries = readdirSync(app.database.dataDir, { recursive: true, withFileTypes: true });
    for (const { parentPath, name } of entries.filter((entry) => entry.isFile())) {
      expect(readFileSync(join(parentPath, name)).includes(marker), name).toBe(false);
    }
  });

  const body = 'plain';
  const editedAt = new Date();
  it.each<[string, (manager: EntityManager, id: string) => Promise<unknown>]>([
    ['update', (manager, id) => manager.update(Message, id, { body })],
    ['update of a column too', (manager, id) => manager.update(Message, id, { body, editedAt })],
    [
      'a query builder',
      (manager, id) =>
        manager.createQueryBuilder().update(Message).set({ body }).where({ id }).execute(),
    ],
    ['save of a bare object', (manager, id) => manager.save(Message, { id, body, editedAt })],
  ])('takes no body by %s', async (_name, misuse) => {
    const { user, chatId } = await app.givenMember();
    const id = await send(user, chatId, 'hello');
    const before = await stored(id);
    const database = app.nest.get(Database);
    await database.write(({ manager }) => misuse(manager, id)).catch(() => undefined);
    const rows = await app.sql('SELECT * FROM message WHERE id = ?', [id]);
    expect(JSON.stringify(rows)).not.toContain(body);
    expect(rows[0].ciphertext).toBe(before);
    expect((await user.client.get(`/message/${id}`)).body.message).toBe('hello');
  });
});

describe('editing through save', () => {
  it('seals the new text and nothing else', async () => {
    const { user, chatId } = await app.givenMember();
    const id = await send(user, chatId, 'hello');
    const before = await stored(id);
    const edit = (change: Partial<Message>): Promise<Message> =>
      app.nest.get(Database).write(async ({ manager }) => {
        const message = await manager.findOneByOrFail(Message, { id });
        return manager.save(Object.assign(message, change));
      });
    await edit({ editedAt: new Date() });
    expect(await stored(id)).toBe(before);
    const editedAt = new Date('2026-11-22T18:00:00.123Z');
    await edit({ body: 'hello again', editedAt });
    expect(await stored(id)).toMatch(/^gAAAA/);
    expect(await stored(id)).not.toBe(before);
    expect((await user.client.get(`/message/${id}`)).body).toMatchObject({
      message: 'hello again',
      edited_at: editedAt.toISOString(),
    });
    await edit({ body: null, deletedAt: editedAt });
    expect(await stored(id)).toBeNull();
  });
});
