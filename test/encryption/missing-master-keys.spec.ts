import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { KeyUnavailableError } from '../../src/encryption/encryption.errors.js';
import { MissingMasterKeys } from '../../src/encryption/missing-master-keys.js';

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it('answers and counts each that was wanted, and tells of one a second', () => {
  const told = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
  const missing = new MissingMasterKeys();
  const met = (keyId: string): unknown => missing.met(keyId);
  expect([met('a'), met('b')]).toEqual([new KeyUnavailableError(), new KeyUnavailableError()]);
  vi.advanceTimersByTime(999);
  met('c');
  vi.advanceTimersByTime(1);
  met('d');
  met('e');
  expect(missing.count).toBe(5);
  expect(told.mock.calls).toEqual([
    [{ event: 'master_key.missing', key_id: 'a' }],
    [{ event: 'master_key.missing', key_id: 'd' }],
  ]);
});
