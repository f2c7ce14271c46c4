import { createHmac, type KeyObject } from 'node:crypto';

/**
 * HMAC-SHA256, 32 bytes. It goes by way of a string of bytes: a Buffer that `digest` makes has
 * memory of its own, and to get and free that costs a third of the whole.
 */
export function hmacSha256(key: Buffer | KeyObject | string, data: Buffer | string): Buffer {
  return Buffer.from(createHmac('sha256', key).update(data).digest('binary'), 'binary');
}
