import { validate, version } from 'uuid';
import { afterEach, expect, it, vi } from 'vitest';
import { newId } from '../../src/crypto/ids.js';

afterEach(() => vi.useRealTimers());

it('makes UUIDv7s, each once, that sort in the order in which they were made', () => {
  const ids = Array.from({ length: 100_000 }, newId);
  expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
});

it('goes on counting while the clock stands still, and when it is set back', () => {
  const before = newId();
  vi.useFakeTimers({ now: Date.now() - 60_000, toFake: ['Date'] });
  const meanwhile = [newId(), newId()];
  expect([before, ...meanwhile].sort()).toEqual([before, ...meanwhile]);
});

it('says in its first 48 bits when it was made', () => {
  const begin = Date.now();
  const madeAt = parseInt(newId().replaceAll('-', '').slice(0, 12), 16);
  expect(madeAt).toBeGreaterThanOrEqual(begin);
  expect(madeAt).toBeLessThanOrEqual(Date.now());
});
