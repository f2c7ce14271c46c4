import type { Transaction } from '../database/transaction.js';
import type { JobLoop } from './job-loop.js';

/** Work in the background. Whatever is a provider and a job, `Jobs` finds, runs and stops. */
export abstract class Job {
  /** At most 50 characters; it stays, since processes of several versions share it. */
  abstract readonly name: string;
  /** How often it looks for work by itself; without it only when it is woken. */
  abstract readonly everySeconds: number | undefined;
  /** Set by `Jobs`. */
  loop: JobLoop | undefined;

  /** There may be work: it looks now, and once more where it is at it. */
  wake(): void {
    this.loop?.wake();
  }

  /** The same in a while, once for all who ask for it until then. */
  wakeIn(seconds: number): void {
    this.loop?.wakeIn(seconds);
  }

  /** Does all there is to do now; what tests wait for. @throws what it fails by */
  settle(): Promise<void> {
    return this.loop!.settle();
  }
}

/** Work on what is in the database, in small steps, in one process at a time. */
export abstract class PeriodicJob extends Job {
  /** Whether this process can do it; where not, another one is to own it. */
  readonly isOn: boolean = true;

  /**
   * One small batch, found in the database, so that it goes on wherever it was left. Not run, or
   * undone, where another process has become the owner.
   *
   * @returns whether there may be more
   */
  abstract step(tx: Transaction): Promise<boolean>;

  /**
   * Between two steps: what takes much of the process leaves the rest of it to others.
   *
   * @param ending aborted as the server ends
   */
  rest?(ending: AbortSignal): Promise<void>;

  /** What follows the commit of a step and is not the database's, such as files. */
  carryOut?(): Promise<void>;
}

/** Work on what this process has in memory; every process does its own. */
export abstract class LocalJob extends Job {
  /** Whether it runs once more as the server ends. */
  readonly runsAtEnd: boolean = false;

  abstract run(): Promise<void>;
}
