/** Twice the 20 ms that a turn may take: where two workers share a core, each takes longer. */
export const MOST_STOPPED_MS = 40;

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
