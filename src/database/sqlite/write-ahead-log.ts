import { Logger } from '@nestjs/common';
import type { Database } from 'better-sqlite3';
import { BUSY_TIMEOUT_MS } from './pragmas.js';

/** From the first commit that the log holds; the rest of 30 s is for readers to end. */
const EMPTY_MS = 20_000;
/** While a reader holds it: as somebody waits for it, and as nobody does. */
const RETRY_MS = { waited: 20, else: 100 };

interface Waiting {
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * SQLite's write-ahead log. It holds what was deleted or replaced until it is emptied; what SQLite
 * does by itself only writes over its beginning.
 */
export class WriteAheadLog {
  private readonly logger = new Logger(WriteAheadLog.name);
  private readonly waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;
  /** Whether it is to be emptied as soon as no transaction is open. */
  isDue = false;

  /** @param onDue called when it becomes due */
  constructor(
    private readonly connection: Database,
    private readonly onDue: () => void,
  ) {
    this.noteCommit(); // what a process that was killed has left
  }

  noteCommit(): void {
    if (!this.isDue) this.timer ??= this.dueIn(EMPTY_MS);
  }

  /** Resolves once nothing of what was committed is in it. */
  empty(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.fallDue();
    });
  }

  /** Between two transactions. What cannot be emptied now, since somebody reads, is later. */
  truncate(): void {
    this.isDue = false;
    const waiting = this.waiting.splice(0);
    try {
      if (this.isHeld()) {
        this.waiting.push(...waiting);
        this.timer = this.dueIn(waiting.length > 0 ? RETRY_MS.waited : RETRY_MS.else);
      } else for (const { resolve } of waiting) resolve();
    } catch (err) {
      this.logger.warn({ event: 'database.log_not_emptied', err });
      this.noteCommit();
      for (const { reject } of waiting) reject(err);
    }
  }

  /** The last connection that closes empties it. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  private isHeld(): boolean {
    try {
      // Waiting for a reader would stop the event loop, and with it the reader.
      this.connection.pragma('busy_timeout = 0');
      return this.connection.pragma('wal_checkpoint(TRUNCATE)', { simple: true }) !== 0;
    } finally {
      this.connection.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
  }

  private dueIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.fallDue(), ms).unref();
  }

  private fallDue(): void {
    if (this.isClosed) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isDue = true;
    this.onDue();
  }
}
