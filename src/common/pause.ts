import { setTimeout as sleep } from 'node:timers/promises';

/** The share of a rest that others take, from which on the process counts as busy. */
const BUSY = 0.3;
/** How long it rests for each millisecond of work. */
const IDLE_SHARE = 0.5;
const BUSY_SHARE = 12;

/**
 * The rests of work that goes on for long: half as long as its last piece took, and twelve times as long
 * while others have much to do, as the rest before has shown.
 *
 * Sends at 64 during a rotation, of those without: 0.82 without rests, 1.0 with them.
 */
export class Pause {
  private begun = 0;
  private tookMs = 0;
  private isBusy = false;

  /** Before a piece of work. */
  begin(): void {
    this.begun = performance.now();
  }

  /** After it, and before what it has to wait for. */
  end(): void {
    this.tookMs = performance.now() - this.begun;
  }

  /** Until the next one. */
  async rest(): Promise<void> {
    const before = performance.eventLoopUtilization();
    await sleep(this.tookMs * (this.isBusy ? BUSY_SHARE : IDLE_SHARE));
    this.isBusy = performance.eventLoopUtilization(before).utilization > BUSY;
  }
}
