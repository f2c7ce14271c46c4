import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { random16 } from './random.js';
import { InvalidSealError } from './streaming-aead.js';

const CIPHER = 'aes-256-gcm';
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** What AES-256-GCM makes of some bytes. */
export interface Sealed {
  nonce: Buffer;
  tag: Buffer;
  ciphertext: Buffer;
}

/**
 * AES-256-GCM with a random nonce, for at most 2^32 seals under one key.
 *
 * @param associatedData has to be the same to open it again
 * @param nonce 12 bytes, never used before with this key (for tests); random unless given
 */
export function gcmSeal(
  key: KeyObject,
  plain: Buffer,
  associatedData: Buffer,
  nonce: Buffer = Buffer.from(random16().subarray(0, NONCE_BYTES)),
): Sealed {
  const cipher = createCipheriv(CIPHER, key, nonce);
  cipher.setAAD(associatedData);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return { nonce, tag: cipher.getAuthTag(), ciphertext };
}

/** @throws InvalidSealError where any of it is not what was sealed; nothing of it is given then */
export function gcmOpen(key: KeyObject, sealed: Sealed, associatedData: Buffer): Buffer {
  const { nonce, tag, ciphertext } = sealed;
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData);
  decipher.setAuthTag(tag);
  const plain = decipher.update(ciphertext);
  try {
    decipher.final();
  } catch {
    plain.fill(0);
    throw new InvalidSealError();
  }
  return plain;
}
