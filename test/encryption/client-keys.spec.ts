import { createHmac, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { ClientKeys } from '../../src/encryption/client-keys.js';
import { KeyMissingError, KeyUnavailableError } from '../../src/encryption/encryption.errors.js';
import type { OwnerKeys } from '../../src/encryption/owner-keys.js';

const [chatId, senderId] = [newId(), newId()];

function clientKeys(firstOf: (ownerId: string) => Buffer): ClientKeys {
  const keys = {
    firstOf: (id: string) => new Promise((done) => done(createSecretKey(firstOf(id)))),
  };
  return new ClientKeys(keys as unknown as OwnerKeys);
}

/** As the documentation says. */
function expected(authorKey: Buffer, clientId: string): string {
  const macKey = Buffer.from(hkdfSync('sha256', authorKey, '', 'conclave/client-id/v1', 32));
  const room = Buffer.from(chatId.replaceAll('-', ''), 'hex');
  const mac = createHmac('sha256', macKey).update(room).update(clientId, 'utf8').digest();
  return mac.subarray(0, 16).toString('base64url');
}

describe('what a client_id is found by', () => {
  it("is a MAC under the author's key over room and client_id, each time the same", async () => {
    const authorKeys = new Map([senderId, newId()].map((id) => [id, randomBytes(32)]));
    const keys = clientKeys((id) => authorKeys.get(id)!);
    for (const [author, key] of [...authorKeys, ...authorKeys]) {
      for (const clientId of ['a', 'ü✓', 'x'.repeat(64)]) {
        const found = await keys.of(chatId, author, clientId);
        expect(found).toMatch(/^[\w-]{22}$/);
        expect(found).toBe(expected(key, clientId));
      }
    }
  });

  it('is nothing where the author has no key, and another fault is told', async () => {
    const failing = (error: Error): ClientKeys =>
      clientKeys(() => {
        throw error;
      });
    expect(await failing(new KeyMissingError(senderId)).of(chatId, senderId, 'a')).toBeNull();
    const asking = failing(new KeyUnavailableError()).of(chatId, senderId, 'a');
    await expect(asking).rejects.toThrow(KeyUnavailableError);
  });
});
