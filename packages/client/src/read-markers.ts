import { Problem } from './problem.js';
import { Pauses, type Timers } from './timers.js';

const EVERY_MS = 1000;

/** Tells the server how far rooms are read: the furthest of each, once a second at most. */
export class ReadMarkers {
  private readonly wanted = new Map<string, number>();
  private timer: unknown;
  private isBusy = false;
  private lastMs = -EVERY_MS;
  private readonly pauses = new Pauses(EVERY_MS, 30_000);

  constructor(
    private readonly timers: Timers,
    private readonly put: (chatId: string, seq: number) => Promise<unknown>,
    /** The server does not take it: the marker is where it was. */
    private readonly onRefused: () => void,
  ) {}

  /** What is not told yet, by room. */
  get pending(): ReadonlyMap<string, number> {
    return this.wanted;
  }

  mark(chatId: string, seq: number): void {
    this.wanted.set(chatId, Math.max(seq, this.wanted.get(chatId) ?? 0));
    this.schedule(this.lastMs + EVERY_MS - this.timers.now());
  }

  clear(): void {
    this.wanted.clear();
    this.timers.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private schedule(ms: number): void {
    if (this.isBusy) return;
    this.timer ??= this.timers.setTimeout(() => void this.flush(), Math.max(0, ms));
  }

  private async flush(): Promise<void> {
    this.timer = undefined;
    this.isBusy = true;
    this.lastMs = this.timers.now();
    const results = await Promise.all([...this.wanted].map(([id, seq]) => this.tell(id, seq)));
    this.isBusy = false;
    const isAway = results.includes(false);
    if (!isAway) this.pauses.reset();
    if (this.wanted.size > 0) this.schedule(isAway ? this.pauses.nextMs() : EVERY_MS);
  }

  /** @returns false where it is to be tried again */
  private async tell(chatId: string, seq: number): Promise<boolean> {
    try {
      await this.put(chatId, seq);
    } catch (error) {
      if (error instanceof Problem && error.isPassing) return false;
      this.onRefused();
    }
    if (this.wanted.get(chatId) === seq) this.wanted.delete(chatId);
    return true;
  }
}
