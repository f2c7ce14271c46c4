import { v7 } from 'uuid';
import { random16 } from './random.js';

/** An id's 16 bytes. */
export function idBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

/** Writes an id's 16 bytes into others. @returns how many there are */
export function writeId(data: Buffer, id: string, at: number): number {
  return data.write(id.replaceAll('-', ''), at, 'hex');
}

/** A UUIDv7 of another time, in milliseconds since 1970; lower case. */
export function idAt(msecs: number): string {
  return v7({ msecs, random: random16() });
}

/** The id of 16 bytes. */
export function idOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

let msecs = 0;
let seq = 0;

/**
 * A new UUIDv7, lower case: ids of one process sort in the order in which they were made. They count
 * within a millisecond, from a random number on: another process counts from another one.
 */
export function newId(): string {
  const now = Date.now();
  const random = random16();
  if (now > msecs) [msecs, seq] = [now, random.readUInt32BE(6) >>> 1];
  else seq++;
  return v7({ msecs, seq, random });
}
