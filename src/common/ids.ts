import { v7 } from 'uuid';
import { random16 } from './random.js';

let msecs = 0;
let seq = 0;

/** A new UUIDv7, lower case: ids of one process sort in the order in which they were made. */
export function newId(): string {
  const now = Date.now();
  if (now > msecs) [msecs, seq] = [now, 0];
  else seq++;
  return v7({ msecs, seq, random: random16() });
}
