import { type KeyObject, randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { deriveKey } from '../../src/crypto/derive-key.js';
import { fernetOpen, fernetSeal } from '../../src/crypto/fernet.js';
import { joinedKeys, secretKey } from '../../src/crypto/secret-key.js';
import { newId } from '../../src/crypto/ids.js';
import {
  BodyUnreadableError,
  KeyMissingError,
  KeyUnavailableError,
} from '../../src/encryption/encryption.errors.js';
import { KeyList } from '../../src/encryption/key-list.js';
import { MessageCipher } from '../../src/encryption/message-cipher.js';
import type { OwnerKeys } from '../../src/encryption/owner-keys.js';
import { FIRST_KEY } from '../../src/encryption/wrapped-key.entity.js';

const [chatId, senderId, otherId] = [newId(), newId(), newId()];
const message = { id: newId(), chatId, senderId };

let keys: Map<string, KeyObject>;
/** Where they have to be loaded first. */
let isLater: boolean;
let cipher: MessageCipher;

beforeEach(() => {
  keys = new Map([chatId, senderId, otherId].map((id) => [id, secretKey(randomBytes(32))]));
  isLater = false;
  const of = (id: string): KeyList | Promise<KeyList> => {
    const key = keys.get(id) ?? ((): Error => new KeyMissingError(id));
    const list = new KeyList(id, [{ since: FIRST_KEY, key }]);
    return isLater ? Promise.resolve(list) : list;
  };
  cipher = new MessageCipher({ of } as OwnerKeys);
});

/** As the documentation says. */
function messageKey({ id } = message): Buffer {
  const pair = joinedKeys([keys.get(chatId)!, keys.get(senderId)!]);
  return deriveKey(pair, `conclave/message/v1/${id}`);
}

describe('the key of a message', () => {
  it('is derived from the keys of its room and its author, and its id', async () => {
    const token = await cipher.seal(message, 'hello ✓');
    expect(fernetOpen(messageKey(), token).toString()).toBe('hello ✓');
    expect(cipher.open(message, fernetSeal(messageKey(), 'here ✓'))).toBe('here ✓');
  });

  it('may have to be loaded', async () => {
    isLater = true;
    const token = await cipher.seal(message, 'hello');
    const opening = cipher.open(message, token);
    expect(opening).toBeInstanceOf(Promise);
    expect(await opening).toBe('hello');
  });

  it('is derived anew from a key that was loaded anew, and once it was told to forget', async () => {
    await cipher.seal(message, 'hello');
    for (const owner of [chatId, senderId]) {
      keys.set(owner, secretKey(randomBytes(32)));
      expect(cipher.open(message, fernetSeal(messageKey(), 'anew'))).toBe('anew');
    }
    const pairs = Reflect.get(cipher, 'pairs') as Map<string, unknown>;
    expect(pairs.size).toBe(1);
    cipher.forget();
    expect(pairs.size).toBe(0);
  });

  it('is derived in two halves, the first of which serves all of a pair', async () => {
    await cipher.seal(message, 'hello');
    const pairs = Reflect.get(cipher, 'pairs') as Map<string, unknown>;
    const kept = vi.spyOn(pairs, 'set');
    await cipher.seal({ ...message, id: newId() }, 'hello');
    expect(kept).not.toHaveBeenCalled();
    await cipher.seal({ ...message, senderId: otherId }, 'hello');
    expect(pairs.size).toBe(2);
  });
});

describe.each([false, true])('a body that does not open, keys loaded first: %s', (later) => {
  const open = async (token: string, fields = {}): Promise<string> =>
    await cipher.open({ ...message, ...fields }, token);

  it('is one of another row, room or author, and one that was changed', async () => {
    const token = await cipher.seal(message, 'hello');
    isLater = later;
    for (const fields of [{ id: newId() }, { chatId: otherId }, { senderId: otherId }]) {
      await expect(open(token, fields)).rejects.toThrow(BodyUnreadableError);
    }
    const error = await open(token.slice(4)).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ message: `The body of message ${message.id} does not open` });
    expect((error as Error).cause).toBeInstanceOf(Error);
  });

  it.each([chatId, senderId])('is one whose key is gone', async (owner) => {
    const token = await cipher.seal(message, 'hello');
    keys.delete(owner);
    isLater = later;
    await expect(open(token)).rejects.toThrow(BodyUnreadableError);
    await expect(cipher.seal(message, 'hello')).rejects.toThrow(KeyMissingError);
  });

  it('is none whose key this process cannot have: that is said as it is', async () => {
    const token = await cipher.seal(message, 'hello');
    keys.set(chatId, (() => new KeyUnavailableError()) as never);
    isLater = later;
    await expect(open(token)).rejects.toThrow(KeyUnavailableError);
  });
});
