import type { Timers } from '../../src/timers.js';

interface Timer {
  work: () => void;
  at: number;
}

/** Timers that go on when a test says so. */
export class ManualTimers implements Timers {
  private ms = 1_000_000;
  private readonly waiting = new Set<Timer>();

  /** Milliseconds until each of the timers that run. */
  get pending(): number[] {
    return [...this.waiting].map(({ at }) => at - this.ms).sort((a, b) => a - b);
  }

  now(): number {
    return this.ms;
  }

  setTimeout(work: () => void, ms: number): Timer {
    const timer = { work, at: this.ms + ms };
    this.waiting.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.waiting.delete(timer as Timer);
  }

  /** Lets that much time pass; what it brings has been done then. */
  async pass(ms: number): Promise<void> {
    const end = this.ms + ms;
    await settled();
    for (let next = this.next(end); next; next = this.next(end)) {
      this.ms = Math.max(this.ms, next.at);
      this.waiting.delete(next);
      next.work();
      await settled();
    }
    this.ms = end;
  }

  private next(end: number): Timer | undefined {
    const due = [...this.waiting].filter(({ at }) => at <= end);
    return due.sort((a, b) => a.at - b.at)[0];
  }
}

/** Everything that waits for nothing but promises has been done. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
