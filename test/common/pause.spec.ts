import { describe, expect, it } from 'vitest';
import { Pause } from '../../src/common/pause.js';

const PIECE_MS = 20;

function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

async function timeOf(resting: Promise<void>): Promise<number> {
  const begun = performance.now();
  await resting;
  return performance.now() - begun;
}

function piece(pause: Pause): void {
  pause.begin();
  work(PIECE_MS);
  pause.end();
}

/** Of a few, since the machine may have something else to do. */
async function shortestOf(pause: Pause): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < 6; n++) {
    piece(pause);
    times.push(await timeOf(pause.rest()));
  }
  return Math.min(...times);
}

describe('a pause', () => {
  it('is short while nobody else has anything to do, and long while somebody has', async () => {
    const pause = new Pause();
    expect(await shortestOf(pause)).toBeLessThan(6 * PIECE_MS);
    let isBusy = true;
    const others = (): void => {
      work(5);
      if (isBusy) setImmediate(others);
    };
    others();
    piece(pause);
    await pause.rest(); // sees them
    expect(await shortestOf(pause)).toBeGreaterThan(11 * PIECE_MS);
    isBusy = false;
    expect(await shortestOf(pause)).toBeLessThan(6 * PIECE_MS);
  });

  it('ends as soon as there is nothing to wait for any more', async () => {
    const pause = new Pause({ idle: 1000, busy: 1000, busyFrom: 0.6 });
    const ending = new AbortController();
    for (const isFirst of [true, false]) {
      piece(pause);
      const resting = timeOf(pause.rest(ending.signal));
      if (isFirst) ending.abort();
      expect(await resting).toBeLessThan(1000);
    }
  });
});
