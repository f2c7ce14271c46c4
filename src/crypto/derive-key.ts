import { createHmac, hkdfSync, type KeyObject } from 'node:crypto';
import { hmacSha256 } from './hmac.js';
import { joinedKeys, secretKey } from './secret-key.js';

/**
 * HKDF-SHA256 with an empty salt, RFC 5869.
 *
 * @param input key material, at least 16 random bytes
 * @param info what the result is for; another info gives an unrelated key
 * @param lengthBytes 1 to 8,160
 */
export function deriveKey(input: Buffer | KeyObject, info: string, lengthBytes = 32): Buffer {
  return Buffer.from(hkdfSync('sha256', input, '', info, lengthBytes));
}

/**
 * The first half of HKDF-SHA256 with an empty salt, of several keys one after another: 32 bytes that
 * serve many `expandKey`s.
 */
export function extractKey(...inputs: KeyObject[]): KeyObject {
  const input = joinedKeys(inputs);
  const extracted = createHmac('sha256', '').update(input).digest();
  input.fill(0);
  return secretKey(extracted);
}

/** The second half, for 32 bytes: `deriveKey(input, info)` is `expandKey(extractKey(input), info)`. */
export function expandKey(extracted: KeyObject, info: string): Buffer {
  return hmacSha256(extracted, `${info}\u0001`);
}
