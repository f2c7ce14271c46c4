import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FairLine } from '../../src/common/fair-line.js';
import { Pace } from '../../src/http/pace.js';

/** Items are named by their caller and a number. */
function lineOf(...items: string[]): FairLine<string> {
  const line = new FairLine<string>();
  for (const item of items) line.push(item[0], item);
  return line;
}

function drain(line: FairLine<string>): string {
  const items: string[] = [];
  while (line.length > 0) items.push(line.shift()!);
  return items.join(' ');
}

describe('a fair line', () => {
  it('lets callers take turns, each in the order in which he came', () => {
    expect(drain(lineOf('a1', 'a2', 'a3', 'b1', 'c1', 'c2'))).toBe('a1 b1 c1 a2 c2 a3');
  });

  it('lets who comes seldom go before those who have more to come', () => {
    const line = lineOf('a1', 'a2', 'a3', 'b1', 'b2', 'b3');
    expect([line.shift(), line.shift(), line.shift()]).toEqual(['a1', 'b1', 'a2']);
    line.push('c', 'c1');
    expect(line.shift()).toBe('c1');
    line.push('c', 'c2'); // within the round, so that nobody waits for ever
    expect(drain(line)).toBe('b2 a3 c2 b3');
    expect(line.shift()).toBeUndefined();
  });

  it('has the newest of whoever has most give way to whoever has less', () => {
    const line = lineOf('a1', 'b1', 'b2', 'b3', 'c1', 'c2');
    expect(['a', 'b', 'c', 'd'].map((caller) => line.hasRoomFor(caller))).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(line.giveWay()).toBe('b3');
    expect(line.hasRoomFor('a')).toBe(false);
    expect([line.length, drain(line)]).toEqual([5, 'a1 b1 c1 b2 c2']);
  });
});

describe('the pace of callers without a token', () => {
  it('begins so many in a second', async () => {
    const pace = new Pace({ perSecond: 500, waiting: 1000 });
    const begun: number[] = [];
    const began = performance.now();
    const all = Array.from({ length: 100 }, (_, n) => n);
    await Promise.all(
      all.map(
        (n) => new Promise<void>((begin) => pace.enter('a', () => begin(void begun.push(n)))),
      ),
    );
    expect(begun).toEqual(all);
    expect(performance.now() - began).toBeGreaterThan(150);
    await sleep(30);
    let isBegun = false;
    pace.enter('a', () => (isBegun = true));
    expect(isBegun).toBe(true); // at once, where nobody waits
  });

  it('keeps an address that asks seldom waiting for none that asks much', async () => {
    const pace = new Pace({ perSecond: 500, waiting: 10 });
    const told: string[] = [];
    const enter = (address: string, n: number): void =>
      pace.enter(address, (refusal) => told.push(`${address}${n} ${refusal ?? 'begun'}`));
    for (let n = 0; n < 5; n++) enter('x', n); // of this tick
    for (let n = 0; n < 11; n++) enter('a', n);
    expect(told.splice(0)).toEqual([0, 1, 2, 3, 4].map((n) => `x${n} begun`).concat('a10 pace'));
    enter('b', 0);
    expect(told.splice(0)).toEqual(['a9 pace']);
    await sleep(40);
    expect(told.slice(0, 3)).toEqual(['a0 begun', 'b0 begun', 'a1 begun']);
  });
});
