import { createSecretKey, type KeyObject } from 'node:crypto';

/**
 * A key to be kept, out of bytes that are zeroed: it stands in memory of OpenSSL, in no heap snapshot,
 * and is overwritten when it is freed.
 */
export function secretKey(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

/** The key of the bytes of several, one after another. */
export function joinedKeys(keys: KeyObject[]): Buffer {
  const parts = keys.map((key) => key.export());
  const joined = Buffer.concat(parts);
  for (const part of parts) part.fill(0);
  return joined;
}
