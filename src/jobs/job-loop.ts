import { Logger } from '@nestjs/common';

/** After a failure, such as a database that is away. */
const RETRY_SECONDS = 10;

/** Runs one job over and over: never twice at once, again after a failure, and not after its end. */
export class JobLoop {
  private readonly logger = new Logger('jobs');
  private readonly timer: NodeJS.Timeout | undefined;
  private soon: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isWanted = false;
  private isOver = false;

  /** @param everySeconds undefined: only when it is woken */
  constructor(
    private readonly name: string,
    everySeconds: number | undefined,
    private readonly work: () => Promise<void>,
  ) {
    if (everySeconds === undefined) return;
    this.timer = setInterval(() => {
      if (!this.running) this.wake();
    }, everySeconds * 1000).unref();
  }

  /** Runs it now, and once more where it is running: it may have looked already. */
  wake(): void {
    this.isWanted = true;
    this.running ??= this.run();
    this.running.catch(() => undefined); // reported by then
  }

  /** The same in a while, once for all who ask for it until then. */
  wakeIn(seconds: number): void {
    if (this.isOver) return;
    this.soon ??= setTimeout(() => {
      this.soon = undefined;
      this.wake();
    }, seconds * 1000).unref();
  }

  /** Runs it now, and waits for it. @throws what it fails by */
  async settle(): Promise<void> {
    this.wake();
    await this.running;
  }

  /** Resolves once nothing of it runs. */
  async stop(): Promise<void> {
    this.isOver = true;
    clearInterval(this.timer);
    clearTimeout(this.soon);
    await this.running?.catch(() => undefined);
  }

  /** It may fail at once: the run is then over a moment later, once it is known to be under way. */
  private async begin(): Promise<void> {
    await this.work();
  }

  private async run(): Promise<void> {
    try {
      while (this.isWanted && !this.isOver) {
        this.isWanted = false;
        clearTimeout(this.soon);
        this.soon = undefined;
        await this.begin();
      }
    } catch (err) {
      this.logger.warn({ event: 'job.failed', job: this.name, err });
      this.wakeIn(RETRY_SECONDS);
      throw err;
    } finally {
      this.running = undefined; // at once: who wakes it from now on begins anew
    }
  }
}
