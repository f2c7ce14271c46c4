import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { secretKey } from '../../src/crypto/secret-key.js';
import { newId } from '../../src/crypto/ids.js';
import { KeyMissingError, KeyUnavailableError } from '../../src/encryption/encryption.errors.js';
import { KeyList } from '../../src/encryption/key-list.js';
import { FIRST_KEY } from '../../src/encryption/wrapped-key.entity.js';

/** An id as it would be made so much later: the first 12 digits are its time. */
function later(id: string, ms: number): string {
  const time = (Number.parseInt(id.replace('-', '').slice(0, 12), 16) + ms)
    .toString(16)
    .padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

const [first, second, third] = [1, 2, 3].map(() => secretKey(randomBytes(32)));
const owner = newId();
const now = newId();
const [in1, in2] = [later(now, 1000), later(now, 2000)];

describe('a list of keys', () => {
  const keys = [
    { since: in1, key: second },
    { since: FIRST_KEY, key: first },
    { since: in2, key: third },
  ];
  const list = new KeyList(owner, keys);

  it('gives the key with the greatest since up to the id of the message', () => {
    expect(list.first).toBe(first);
    expect(list.serving(now)).toBe(first);
    expect(list.serving(later(now, 999))).toBe(first);
    expect(list.serving(in1)).toBe(second);
    expect(list.serving(later(now, 1999))).toBe(second);
    expect(list.serving(in2)).toBe(third);
    expect(list.serving('ffffffff-ffff-7fff-bfff-ffffffffffff')).toBe(third);
    expect(list.isSound).toBe(true);
    expect(list.failureFor(in2)).toBeUndefined();
    expect(keys.map(({ key }) => key)).toEqual([second, first, third]);
  });

  it('says whose key is missing where none is old enough', () => {
    const late = new KeyList(owner, [{ since: in1, key: second }]);
    for (const asking of [() => late.serving(now), () => late.first]) {
      expect(asking).toThrow(new KeyMissingError(owner));
    }
    expect(late.failureFor(now)).toBeUndefined();
  });
});

describe('a list of keys, one of which cannot be had', () => {
  const [unavailable, missing] = [new KeyUnavailableError(), new KeyMissingError(owner)];
  const list = new KeyList(owner, [
    { since: FIRST_KEY, key: first },
    { since: in1, key: () => unavailable },
    { since: in2, key: () => missing },
  ]);

  it('never falls back to an older one', () => {
    expect(list.serving(now)).toBe(first);
    expect(() => list.serving(in1)).toThrow(unavailable);
    expect(() => list.serving(in2)).toThrow(missing);
    expect(list.isSound).toBe(false);
  });

  it('tells what keeps this process, but not others, from using it', () => {
    expect(list.failureFor(now)).toBeUndefined();
    expect(list.failureFor(later(now, 1999))).toBe(unavailable);
    expect(list.failureFor(in2)).toBeUndefined();
  });
});
