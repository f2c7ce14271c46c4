import type { Range } from '../crypto/streaming-aead.js';
import { UnsatisfiableRangeError } from './attachment.errors.js';

/**
 * The one range that a header asks for: `bytes=0-99`, `bytes=100-`, `bytes=-100`. Several, or what is
 * none, are answered with the whole.
 *
 * @param size of the whole, 1 byte or more
 * @throws UnsatisfiableRangeError where it begins behind the end
 */
export function rangeOf(header: string | undefined, size: number): Range | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    if (Number(last) === 0) throw new UnsatisfiableRangeError();
    return { start: Math.max(0, size - Number(last)), end: size };
  }
  if (last !== '' && Number(last) < Number(first)) return undefined;
  if (Number(first) >= size) throw new UnsatisfiableRangeError();
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  return { start: Number(first), end };
}
