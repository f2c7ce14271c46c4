import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { segmentTurn } from '../../src/attachment/segment-turns.js';

it('gives eight segments a turn of the event loop, first come first served', async () => {
  await nextTurn();
  const begun: number[][] = [[]];
  const work = async (n: number): Promise<void> => {
    await segmentTurn();
    begun.at(-1)!.push(n);
  };
  const all = Promise.all(Array.from({ length: 30 }, (_, n) => work(n)));
  while (begun.flat().length < 30) {
    await nextTurn();
    begun.push([]);
  }
  await all;
  expect(begun.flat()).toEqual(Array.from({ length: 30 }, (_, n) => n));
  expect(Math.max(...begun.map(({ length }) => length))).toBe(8);
});

it('makes nobody wait who comes alone', async () => {
  await nextTurn();
  await nextTurn();
  expect(segmentTurn()).toBeUndefined();
});
