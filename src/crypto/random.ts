import { randomFillSync } from 'node:crypto';

const SIZE = 16;

// One call to the generator costs as much as signing a token, so it is asked for many at a time.
const pool = Buffer.allocUnsafeSlow(256 * SIZE);
let used = pool.length;

/** 16 random bytes, handed out once; to be used before the next call, which may refill the pool. */
export function random16(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += SIZE;
  return pool.subarray(used - SIZE, used);
}
