import { setTimeout as sleep } from 'node:timers/promises';

/** How long it rests for each millisecond of work, and from when on the process counts as busy. */
interface Shares {
  idle: number;
  busy: number;
  /** The share of a rest that others take. */
  busyFrom: number;
}

/**
 * The rests of work that goes on for long: half as long as its last piece took, and twelve times as long
 * while others have much to do, as the rest before has shown.
 *
 * Sends at 64 during a rotation, of those without: 0.82 without rests, 1.0 with them.
 */
export class Pause {
  private begun = 0;
  private tookMs = 0;
  /** Whether others had much to do in the last rest. */
  isBusy = false;

  constructor(private readonly shares: Shares = { idle: 0.5, busy: 12, busyFrom: 0.3 }) {}

  /** Before a piece of work. */
  begin(): void {
    this.begun = performance.now();
  }

  /** After it, and before what it has to wait for. @returns how long it took, in milliseconds */
  end(): number {
    return (this.tookMs = performance.now() - this.begun);
  }

  /** Until the next one. @param ending aborted where there is none any more */
  async rest(ending?: AbortSignal): Promise<void> {
    const { idle, busy, busyFrom } = this.shares;
    const before = performance.eventLoopUtilization();
    const ms = this.tookMs * (this.isBusy ? busy : idle);
    await sleep(ms, undefined, { signal: ending }).catch(() => undefined);
    this.isBusy = performance.eventLoopUtilization(before).utilization > busyFrom;
  }
}
