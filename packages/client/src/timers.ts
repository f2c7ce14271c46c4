/** The clock and the timers that a client uses; tests give it faster ones. */
export interface Timers {
  /** Milliseconds, of any origin that does not change. */
  now(): number;
  setTimeout(work: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

export const REAL_TIMERS: Timers = {
  now: () => Date.now(),
  setTimeout: (work, ms) => setTimeout(work, ms),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

/** Resolves after that many milliseconds, or once `signal` is aborted. */
export function pause(timers: Timers, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = timers.setTimeout(end, ms);
    function end(): void {
      timers.clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    }
    signal?.addEventListener('abort', end);
  });
}

/** Pauses between tries: each twice as long as the one before, a fifth of it by chance. */
export class Pauses {
  private tries = 0;

  constructor(
    private readonly firstMs: number,
    private readonly longestMs: number,
  ) {}

  nextMs(): number {
    const ms = Math.min(this.firstMs * 2 ** this.tries++, this.longestMs);
    return ms * (0.9 + Math.random() / 5);
  }

  reset(): void {
    this.tries = 0;
  }
}
