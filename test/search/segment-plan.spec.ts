import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  completeSeq,
  coveredUpTo,
  nextTask,
  SegmentSizes,
  type SegmentRange,
} from '../../src/search/segment-plan.js';

const sizes = Object.assign(new SegmentSizes(), { messages: 4, merged: 4 });
const never: (lastSeq: number) => boolean = () => false;

/** Does what is planned until nothing is left; a segment of rows may end before it should. */
function carryOut(
  lastSeq: number,
  ranges: SegmentRange[],
  { isSpared = never, most = 4 } = {},
): SegmentRange[] {
  let all = ranges;
  for (let steps = 0; ; steps++) {
    expect(steps).toBeLessThan(500);
    const task = nextTask(lastSeq, all, sizes, isSpared);
    if (!task) return all;
    const replaced = task.kind === 'merge' ? task.ranges : [];
    const { firstSeq } = task.kind === 'merge' ? replaced[0] : task;
    const end = task.kind === 'merge' ? replaced.at(-1)!.lastSeq : task.lastSeq;
    const made = {
      firstSeq,
      lastSeq: task.kind === 'merge' ? end : Math.min(end, firstSeq + most - 1),
      change: 1,
    };
    all = [...all.filter((range) => !replaced.includes(range)), made];
    all.sort((one, other) => one.lastSeq - other.lastSeq);
  }
}

const places = (ranges: SegmentRange[]): number[][] =>
  ranges.map(({ firstSeq, lastSeq }) => [firstSeq, lastSeq]);

describe('what is to be done in a room', () => {
  it('begins with the newest messages, and makes one of neighbours once all are there', () => {
    expect(nextTask(3, [], sizes, never)).toBeUndefined();
    expect(nextTask(39, [], sizes, never)).toEqual({ kind: 'build', firstSeq: 33, lastSeq: 36 });
    expect(places(carryOut(39, []))).toEqual([
      [1, 16],
      [17, 32],
      [33, 36],
    ]);
  });

  it('does the same up to a place, whatever stands behind it', () => {
    const ranges = Array.from({ length: 8 }, (_, n) => ({
      firstSeq: 1 + 4 * n,
      lastSeq: 4 + 4 * n,
      change: 1,
    }));
    const task = nextTask(16, ranges, sizes, never);
    expect(task).toEqual({ kind: 'merge', ranges: ranges.slice(0, 4) });
  });

  it('fills what was deleted, and leaves what has too much text', () => {
    const whole = [
      { firstSeq: 1, lastSeq: 16, change: 1 },
      { firstSeq: 33, lastSeq: 36, change: 1 },
    ];
    expect(places(carryOut(36, whole))).toEqual([
      [1, 16],
      [17, 32],
      [33, 36],
    ]);
    const spared = carryOut(36, [whole[0]], { isSpared: (lastSeq) => lastSeq === 32 });
    expect(places(spared)).toEqual([[1, 16], ...[17, 21, 25, 29, 33].map((n) => [n, n + 3])]);
  });

  it('comes to an end with no gap and no overlap, whatever there was', () => {
    const some = fc.uniqueArray(fc.nat(11), { maxLength: 12 });
    const holds = (lastSeq: number, blocks: number[], most: number): void => {
      const ranges = blocks
        .sort((one, other) => one - other)
        .filter((block) => block * 4 + 4 <= lastSeq)
        .map((block) => ({ firstSeq: block * 4 + 1, lastSeq: block * 4 + 4, change: 1 }));
      const complete = completeSeq(lastSeq, sizes);
      const all = carryOut(lastSeq, ranges, { most });
      expect(coveredUpTo(complete, all)).toBe(complete);
      expect(all.map(({ firstSeq }) => firstSeq - 1)).toEqual([
        ...(all.length > 0 ? [0] : []),
        ...all.slice(0, -1).map((range) => range.lastSeq),
      ]);
    };
    fc.assert(fc.property(fc.nat(60), some, fc.integer({ min: 1, max: 4 }), holds));
  });
});
