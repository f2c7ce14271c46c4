import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TooManyFailuresError } from '../../src/auth/auth.errors.js';
import { FailedLogIns } from '../../src/auth/failed-log-ins.js';
import { Settings } from '../../src/config/settings.js';
import { RateCounter } from '../../src/rate-limit/rate-counter.js';
import type { RedisClient } from '../../src/redis/redis-client.js';
import { Gate } from '../support/gate.js';

const ACCOUNT = 'ada@example.org';
const MINUTE_MS = 60_000;

let failures: FailedLogIns;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const settings = new Settings({ NODE_ENV: 'test', RATE_LIMIT: 'on' });
  failures = new FailedLogIns(new RateCounter({} as RedisClient), settings);
});
afterEach(() => vi.useRealTimers());

const addressOf = (n: number): string => `192.0.2.${n}`;
const isWrong = (): Promise<boolean> => Promise.resolve(false);
const isRight = (): Promise<boolean> => Promise.resolve(true);
const nextMinute = (): void => void vi.setSystemTime(Date.now() + MINUTE_MS + 1);

/** How many of so many guesses from an address are let through. */
async function made(count: number, ip: string, guess = isWrong): Promise<number> {
  const guesses = Array.from({ length: count }, () => failures.guess(ACCOUNT, ip, guess));
  const outcomes = await Promise.allSettled(guesses);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(TooManyFailuresError);
  }
  return outcomes.filter(({ status }) => status === 'fulfilled').length;
}

describe('an address', () => {
  it('has ten guesses a minute, at once or one after the other', async () => {
    expect(await made(12, addressOf(1))).toBe(10);
    nextMinute();
    for (let n = 1; n <= 12; n++) expect(await made(1, addressOf(1))).toBe(n <= 10 ? 1 : 0);
    expect(await made(1, addressOf(2))).toBe(1);
  });

  it('has its guesses back that were right, or could not be judged', async () => {
    for (let n = 0; n < 30; n++) expect(await made(1, addressOf(1), isRight)).toBe(1);
    const fault = new Error('no database');
    for (let n = 0; n < 30; n++) {
      const guess = failures.guess(ACCOUNT, addressOf(1), () => Promise.reject(fault));
      await expect(guess).rejects.toBe(fault);
    }
    expect(await made(11, addressOf(1))).toBe(10);
  });

  it('holds a guess that is under way for a failure', async () => {
    const gate = new Gate();
    const waiting = made(10, addressOf(1), async () => {
      await gate.pass();
      return true;
    });
    await gate.reached;
    expect(await made(1, addressOf(1))).toBe(0);
    gate.open();
    expect(await waiting).toBe(10);
    expect(await made(1, addressOf(1))).toBe(1);
  });
});

describe('an account', () => {
  it('leaves each address one guess a minute after a hundred failures in an hour', async () => {
    for (let n = 1; n <= 10; n++) expect(await made(10, addressOf(n))).toBe(10);
    expect(await made(3, addressOf(11))).toBe(1);
    nextMinute();
    expect(await made(3, addressOf(1))).toBe(1);
    vi.setSystemTime(Date.now() + 60 * MINUTE_MS);
    expect(await made(11, addressOf(1))).toBe(10);
  });

  it('does so from the guess on that follows the hundredth failure', async () => {
    for (let n = 1; n <= 9; n++) expect(await made(10, addressOf(n))).toBe(10);
    expect(await made(9, addressOf(10))).toBe(9);
    expect(await made(1, addressOf(11))).toBe(1);
    expect(await made(1, addressOf(10))).toBe(0);
  });

  it('counts no guess that was refused', async () => {
    expect(await made(100, addressOf(1))).toBe(10); // ninety are refused
    for (let n = 2; n <= 10; n++) expect(await made(10, addressOf(n))).toBe(10);
    expect(await made(2, addressOf(11))).toBe(1);
  });
});
