import { beforeEach, expect, it } from 'vitest';
import { Lanes } from '../src/lanes.js';
import { Answered } from './support/calls.js';
import { settled } from './support/manual-timers.js';

let lanes: Lanes;
let parts: Answered<number, void>;
let failed: number;

beforeEach(() => {
  lanes = new Lanes();
  parts = new Answered();
  failed = 0;
});

async function begin(from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) lanes.use(() => parts.call(n)).catch(() => failed++);
  await settled();
}

it('lets three go at once, in their order', async () => {
  await begin(1, 5);
  expect(parts.asked).toEqual([1, 2, 3]);
  await parts.answer();
  expect(parts.asked).toEqual([1, 2, 3, 4]);
});

it('lets fewer go after each that fails, but one', async () => {
  await begin(1, 9);
  for (let n = 1; n <= 5; n++) await parts.fail(new Error('cut'));
  expect(failed).toBe(5);
  expect(parts.asked).toEqual([1, 2, 3, 4, 5, 6]);
  expect(parts.waiting).toBe(1);
});

it('lets more go again after four in a row that went well', async () => {
  await begin(1, 20);
  for (let n = 1; n <= 3; n++) await parts.fail(new Error('cut'));
  expect(parts.waiting).toBe(1);
  for (let n = 1; n <= 4; n++) await parts.answer();
  expect(parts.waiting).toBe(2);
  for (let n = 1; n <= 8; n++) await parts.answer();
  expect(parts.waiting).toBe(3);
});
