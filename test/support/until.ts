import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a condition. @throws after so many milliseconds */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  ms = 60_000,
  what = isSo.toString(),
): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`Not within ${ms} ms: ${what}`);
    await sleep(10);
  }
}
