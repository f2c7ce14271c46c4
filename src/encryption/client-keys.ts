import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { idBytes } from '../crypto/ids.js';
import { deriveKey } from '../crypto/derive-key.js';
import { KeyMissingError } from './encryption.errors.js';
import { hmacSha256 } from '../crypto/hmac.js';
import { secretKey } from '../crypto/secret-key.js';
import { OwnerKeys } from './owner-keys.js';

const INFO = 'conclave/client-id/v1';
const BYTES = 16;

/**
 * What a `client_id` is found again by for good, when nothing else may be left of it: 16 bytes of
 * HMAC-SHA256 under HKDF(the author's first key, "conclave/client-id/v1") over the room's id, 16
 * bytes, followed by the UTF-8 of the `client_id`. Without the author's key it says nothing.
 */
@Injectable()
export class ClientKeys {
  /** By the author's key, and gone from memory with it. */
  private readonly macKeys = new WeakMap<KeyObject, KeyObject>();

  constructor(private readonly keys: OwnerKeys) {}

  /**
   * @returns 22 characters of base64url; null where the author has no key any more, and can send
   *   nothing either
   * @throws KeyUnavailableError
   */
  async of(chatId: string, senderId: string, clientId: string): Promise<string | null> {
    try {
      const macKey = this.macKey(await this.keys.firstOf(senderId));
      const named = Buffer.concat([idBytes(chatId), Buffer.from(clientId)]);
      return hmacSha256(macKey, named).toString('base64url', 0, BYTES);
    } catch (error) {
      if (error instanceof KeyMissingError) return null;
      throw error;
    }
  }

  private macKey(authorKey: KeyObject): KeyObject {
    let key = this.macKeys.get(authorKey);
    if (!key) this.macKeys.set(authorKey, (key = secretKey(deriveKey(authorKey, INFO))));
    return key;
  }
}
