import { randomUUID } from 'node:crypto';

const MAX_COUNT = 0xfff;
let lastMs = 0;
let count = 0;

/**
 * A new UUIDv7, lower case: ids of one process sort in the order in which they were made.
 *
 * 48 bits of milliseconds since 1970, 12 bits that count within one (RFC 9562, section 6.2, method
 * 1), and 62 random bits of a UUIDv4, which Node draws many at a time.
 */
export function newId(): string {
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    count = 0;
  } else if (++count > MAX_COUNT) {
    lastMs++;
    count = 0;
  }
  const time = lastMs.toString(16).padStart(12, '0');
  const counted = `7${count.toString(16).padStart(3, '0')}`;
  return `${time.slice(0, 8)}-${time.slice(8)}-${counted}-${randomUUID().slice(19)}`;
}
