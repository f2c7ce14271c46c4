import { FairLine } from '../common/fair-line.js';

/** Lets so many jobs run at once; the others wait, and callers take turns. */
export class Semaphore {
  private running = 0;
  private readonly line = new FairLine<() => void>();

  constructor(private readonly limit: number) {}

  /** How many wait. */
  get waiting(): number {
    return this.line.length;
  }

  /** @param caller whose job it is: nobody waits for all that another one asks */
  async run<T>(caller: string, job: () => Promise<T>): Promise<T> {
    if (this.running < this.limit) this.running++;
    else await new Promise<void>((resolve) => this.line.push(caller, resolve));
    try {
      return await job();
    } finally {
      const next = this.line.shift();
      if (next) next();
      else this.running--;
    }
  }
}
