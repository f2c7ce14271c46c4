import { expect, it } from 'vitest';
import { Transfers } from '../../src/attachment/transfers.js';

const LIMITS = { all: 3, ofUser: 2, waitMs: 100 };

it('gives a place that is free to whoever waits and has fewest', async () => {
  const transfers = new Transfers(LIMITS);
  const [first, second] = [await transfers.take('eve'), await transfers.take('eve')];
  await transfers.take('bob');
  const order: string[] = [];
  const wait = (user: string) => transfers.take(user).then(() => order.push(user));
  const waiting = [wait('eve'), wait('bob'), wait('ada')];
  expect(transfers.waiting).toBe(3);
  first();
  first(); // once is enough
  second();
  await Promise.allSettled(waiting);
  expect(order).toEqual(['ada', 'eve']);
  expect([transfers.underWay, transfers.refused]).toEqual([3, 1]);
});

it('refuses, in words, whom no place comes free for', async () => {
  const transfers = new Transfers(LIMITS);
  await Promise.all([transfers.take('eve'), transfers.take('eve'), transfers.take('bob')]);
  await expect(transfers.take('eve')).rejects.toMatchObject({ kind: 'too-many-requests' });
  await expect(transfers.take('ada')).rejects.toMatchObject({ kind: 'unavailable' });
  expect([transfers.waiting, transfers.refused]).toEqual([0, 2]);
});

it('keeps nobody out of the line for one who waits a thousand times', async () => {
  const transfers = new Transfers(LIMITS);
  const [first] = [await transfers.take('eve'), await transfers.take('eve')];
  const place = await transfers.take('bob');
  const line = Array.from({ length: 1000 }, () => transfers.take('eve'));
  const refused = Promise.allSettled(line);
  const ada = transfers.take('ada');
  expect(transfers.waiting).toBe(1000);
  place();
  await expect(ada).resolves.toBeTypeOf('function');
  await expect(line.at(-1)).rejects.toMatchObject({ kind: 'too-many-requests' });
  first();
  await refused;
});
