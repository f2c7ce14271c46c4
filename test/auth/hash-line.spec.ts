import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { HashingQueueFullError } from '../../src/auth/auth.errors.js';
import { HashLine } from '../../src/auth/hash-line.js';
import { callerFrom } from '../support/caller.js';

/** What a hash takes, and how many of these one lane has room for in five seconds. */
const HASH_MS = 500;
const ROOM = 10;
const [FLOODER, OTHER, THIRD] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];

let line: HashLine;
/** Names of the hashes that have begun, in that order. */
let begun: string[];
/** Names of those that were refused. */
let refused: string[];

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));
beforeEach(() => {
  vi.useFakeTimers();
  line = new HashLine(1, HASH_MS);
  [begun, refused] = [[], []];
});
afterEach(() => vi.useRealTimers());

function ask(ip: string, name: string, caller = callerFrom(ip), hashMs = HASH_MS): Promise<void> {
  const hash = async (): Promise<void> => {
    begun.push(name);
    await new Promise((resolve) => setTimeout(resolve, hashMs));
  };
  return line.run(caller, hash).catch((error: unknown) => {
    expect(error).toBeInstanceOf(HashingQueueFullError);
    expect((error as HashingQueueFullError).retryAfterSeconds).toBe(5);
    refused.push(name);
  });
}

function askMany(ip: string, count: number, name: string): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, (_, n) => ask(ip, `${name}${n}`)));
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('the line', () => {
  it('holds five seconds of work, for one address too, and refuses the newest beyond', async () => {
    void askMany(FLOODER, 1 + ROOM + 2, 'a');
    await pass(0);
    expect(line.length).toBe(ROOM);
    expect(refused).toEqual([`a${ROOM + 1}`, `a${ROOM + 2}`]);
    await pass(ROOM * HASH_MS);
    expect(begun).toEqual(Array.from({ length: 1 + ROOM }, (_, n) => `a${n}`));
    expect(refused).toHaveLength(2);
  });

  it('has room by what hashes have taken lately', async () => {
    for (let n = 0; n < 40; n++)
      await Promise.all([ask(OTHER, 'quick', undefined, 100), pass(100)]);
    void askMany(FLOODER, 100, 'a');
    await pass(0);
    expect(line.length).toBeGreaterThan(40);
    expect(line.length).toBeLessThan(52);
    line.clear();
    await pass(HASH_MS);
    for (let n = 0; n < 40; n++)
      await Promise.all([ask(OTHER, 'slow', undefined, 2500), pass(2500)]);
    void askMany(FLOODER, 100, 'a');
    await pass(0);
    expect(line.length).toBe(2);
  });

  it('has room for as much more as there are lanes', async () => {
    line = new HashLine(3, HASH_MS);
    void askMany(FLOODER, 100, 'a');
    await pass(0);
    expect([begun.length, line.length]).toEqual([3, 3 * ROOM]);
  });

  it('has room for one, however long a hash takes', async () => {
    line = new HashLine(1, 20_000);
    void askMany(FLOODER, 3, 'a');
    await pass(0);
    expect([begun, refused, line.length]).toEqual([['a0'], ['a2'], 1]);
  });
});

describe('addresses', () => {
  it('take turns', async () => {
    void askMany(FLOODER, 5, 'a');
    void askMany(OTHER, 2, 'b');
    void ask(THIRD, 'c');
    await pass(8 * HASH_MS);
    expect(begun).toEqual(['a0', 'a1', 'b0', 'c', 'a2', 'b1', 'a3', 'a4']);
  });

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
  ])('%s and %s are one', async (one, same) => {
    void askMany(one, 3, 'a');
    void ask(same, 'b');
    void ask('2001:db8:1:3::1', 'c');
    await pass(5 * HASH_MS);
    expect(begun).toEqual(['a0', 'a1', 'c', 'a2', 'b']);
  });

  it('give way where they hold most, the newest first', async () => {
    void askMany(FLOODER, 1 + ROOM, 'a');
    void askMany(OTHER, 2, 'b');
    void ask(THIRD, 'c');
    await pass(0);
    expect(refused).toEqual([`a${ROOM}`, `a${ROOM - 1}`, `a${ROOM - 2}`]);
    await pass(5 * HASH_MS);
    expect(begun).toEqual(['a0', 'a1', 'b0', 'c', 'a2', 'b1']);
  });

  it('know beforehand when they would be refused, and nothing changes by asking', async () => {
    void askMany(FLOODER, ROOM, 'a');
    await pass(0);
    const requireRoom = (ip: string): void => line.requireRoom(callerFrom(ip));
    requireRoom(FLOODER);
    void ask(FLOODER, 'last');
    await pass(0);
    expect(() => requireRoom(FLOODER)).toThrow(HashingQueueFullError);
    requireRoom(OTHER);
    expect([line.length, refused]).toEqual([ROOM, []]);
  });

  it('are refused themselves once they would hold as much as any other', async () => {
    void askMany(FLOODER, 1 + ROOM, 'a');
    void askMany(OTHER, 100, 'b');
    await pass(0);
    expect(line.length).toBe(ROOM);
    expect(refused.filter((name) => name.startsWith('a'))).toHaveLength(ROOM / 2);
    expect(refused).toHaveLength(100);
  });

  it('are refused themselves where they would only change places with another', async () => {
    void askMany(FLOODER, 1 + 4, 'a');
    void askMany(OTHER, 3, 'b');
    void askMany(THIRD, 3, 'c');
    await pass(0);
    expect([line.length, refused]).toEqual([ROOM, []]);
    await ask(OTHER, 'fourth');
    expect(refused).toEqual(['fourth']);
  });
});

describe('whoever waits', () => {
  it('is answered within six seconds of their request, come what may', async () => {
    void askMany(FLOODER, 1 + ROOM, 'a');
    for (let n = 0; n < 30; n++) {
      void ask(OTHER, 'b');
      void ask(THIRD, 'c');
      await pass(HASH_MS);
    }
    expect(begun.filter((name) => name.startsWith('a'))).toHaveLength(5);
    const late = callerFrom(OTHER);
    await pass(5000); // in which it was hashed once
    void ask(OTHER, 'running');
    void ask(OTHER, 'late', late);
    await pass(6000 - 5000 - HASH_MS);
    expect(refused).toContain('late');
  });

  it('is passed over once their client has gone, and makes room', async () => {
    const gone = new AbortController();
    void ask(FLOODER, 'first');
    const leaving = Array.from({ length: ROOM }, (_, n) =>
      ask(FLOODER, `gone${n}`, callerFrom(FLOODER, gone.signal)),
    );
    await pass(HASH_MS / 2);
    gone.abort();
    await Promise.all(leaving);
    expect(line.length).toBe(0);
    void ask(FLOODER, 'next');
    await pass(HASH_MS);
    expect(begun).toEqual(['first', 'next']);
    await ask(FLOODER, 'gone before', callerFrom(FLOODER, gone.signal));
    expect(refused).toContain('gone before');
  });

  it('is refused when the server ends, and what runs is not', async () => {
    const running = ask(FLOODER, 'running');
    const waiting = askMany(OTHER, 3, 'b');
    line.clear();
    await waiting;
    expect([refused.length, line.length]).toEqual([3, 0]);
    await Promise.all([running, pass(HASH_MS)]);
    expect(refused).not.toContain('running');
  });
});

it('is told of in one line of the log a second, however many are refused', async () => {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  void askMany(FLOODER, 100, 'a');
  await pass(1000);
  const refused = 100 - 1 - ROOM;
  expect(warn.mock.calls).toEqual([[{ event: 'log_ins.refused', refused, waiting: ROOM - 1 }]]);
  warn.mockRestore();
});

it('goes on after a hash that fails', async () => {
  const failed = line.run(callerFrom(FLOODER), () => Promise.reject(new Error('no memory')));
  void ask(OTHER, 'next');
  await expect(failed).rejects.toThrow('no memory');
  expect(begun).toEqual(['next']);
});
