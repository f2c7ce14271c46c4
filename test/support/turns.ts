import { expect } from 'vitest';

/** Twice the 20 ms that a turn may take: where two workers share a core, each takes longer. */
const MOST_STOPPED_MS = 40;
/** A collection of garbage may fall into one attempt. */
const ATTEMPTS = 8;

/** Milliseconds of this process's time on a core: what else the machine does plays no part in it. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export function quantile(values: number[], share: number): number {
  return [...values].sort((one, other) => one - other)[Math.floor((values.length - 1) * share)];
}

/** Takes the time of each turn of the event loop until told to end. */
export async function takeTurns(until: Promise<unknown>): Promise<number[]> {
  const turns: number[] = [];
  let isOver = false;
  void until.finally(() => (isOver = true));
  let begun = cpuMs();
  await new Promise<void>((resolve) => {
    const turn = (): void => {
      const now = cpuMs();
      turns.push(now - begun);
      begun = now;
      if (isOver) resolve();
      else setImmediate(turn);
    };
    setImmediate(turn);
  });
  return turns;
}

/**
 * Expects that something does not stop the event loop for longer than it may.
 *
 * @param begin makes ready what it needs each time, and answers what is to be measured
 */
export async function expectShortTurns(
  begin: () => Promise<() => Promise<unknown>>,
): Promise<void> {
  const longest: number[] = [];
  while (longest.length < ATTEMPTS && !longest.some((turn) => turn < MOST_STOPPED_MS)) {
    const work = await begin();
    const asked = work();
    longest.push(quantile(await takeTurns(asked), 1));
    await asked;
  }
  expect(Math.min(...longest), longest.join()).toBeLessThan(MOST_STOPPED_MS);
}
