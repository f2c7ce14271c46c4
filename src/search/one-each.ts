import { SearchUnderWayError } from './search.errors.js';

/** What another search of the same user waits for the one before. */
const PATIENCE_MS = 1000;

/** Lets each user have one search at a time. */
export class OneEach {
  /** Of each user who has one, what their others wait for, the first to come first. */
  private readonly waiting = new Map<string, (() => void)[]>();
  /** How many wait. */
  count = 0;

  /** @throws SearchUnderWayError, and what `gone` was aborted with */
  async run<T>(userId: string, gone: AbortSignal, search: () => Promise<T>): Promise<T> {
    await this.enter(userId, gone);
    try {
      return await search();
    } finally {
      const next = this.waiting.get(userId)!.shift();
      if (next) next();
      else this.waiting.delete(userId);
    }
  }

  private async enter(userId: string, gone: AbortSignal): Promise<void> {
    gone.throwIfAborted();
    const line = this.waiting.get(userId);
    if (!line) return void this.waiting.set(userId, []);
    this.count++;
    try {
      await new Promise<void>((begin, reject) => {
        const settle = (): void => {
          clearTimeout(timer);
          gone.removeEventListener('abort', leave);
        };
        const turn = (): void => (settle(), begin());
        const giveUp = (error: Error): void => {
          settle();
          line.splice(line.indexOf(turn), 1);
          reject(error);
        };
        const leave = (): void => giveUp(gone.reason as Error);
        const timer = setTimeout(() => giveUp(new SearchUnderWayError()), PATIENCE_MS);
        gone.addEventListener('abort', leave);
        line.push(turn);
      });
    } finally {
      this.count--;
    }
  }
}
