import { expect, it } from 'vitest';
import type { Message } from '../../src/message/message.entity.js';
import { gathered, UNIT_MS } from '../../src/search/gathered-units.js';
import type { Looked } from '../../src/search/range-search.js';

const found = [{ seq: 3 }] as Message[];

async function* stepsOf(steps: [ms: number, looked: Looked][], ends: string[]) {
  try {
    for (const [ms, looked] of steps) {
      const until = performance.now() + ms;
      while (performance.now() < until);
      yield await Promise.resolve(looked);
    }
  } finally {
    ends.push('ended');
  }
}

it('makes one unit of steps that find nothing, as long as they are short', async () => {
  const steps: [number, Looked][] = [
    ...Array.from({ length: 5 }, (_, n): [number, Looked] => [0, { fitting: [], from: 20 - n }]),
    [UNIT_MS, { fitting: [], from: 10 }],
    [0, { fitting: found, from: 3 }],
    [0, { fitting: found, from: 2 }],
    [UNIT_MS, { fitting: [], from: 1 }],
  ];
  const units: Looked[] = [];
  for await (const unit of gathered(stepsOf(steps, []))) units.push(unit);
  const told = units.filter(({ from }) => from <= 10); // the machine may have stopped before
  expect(told.map(({ from }) => from)).toEqual([10, 3, 2, 1]);
  expect(told.map(({ fitting }) => fitting.length)).toEqual([0, 1, 1, 0]);
});

it('ends the steps with the search', async () => {
  const ends: string[] = [];
  const units = gathered(stepsOf([[0, { fitting: found, from: 3 }]], ends));
  await units.next();
  await units.return();
  expect(ends).toEqual(['ended']);
});
