import { setImmediate } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';
import { databaseOutage } from '../common/database-outage.js';
import { runAll, type Statement } from './plain-sql.js';
import { BUSY_TIMEOUT_MS } from './sqlite-pragmas.js';
import { runOnSqlite } from './sqlite-statements.js';
import type { Work } from './work.js';

const RETRY_MS = 20;

interface Waiting {
  resolve: () => void;
  reject: (error: unknown) => void;
}

interface Job {
  work: Work<unknown>;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * One line for all writes on SQLite. TypeORM shares one connection among all requests, so that two
 * overlapping transactions would become parts of each other. Here whatever waits shares the next
 * transaction and its commit, each of several jobs in a savepoint of its own: one that fails undoes
 * only itself, and none is told that it is done before the commit.
 */
export class SqliteWriteLine {
  private waiting: Job[] = [];
  private readonly checkpoints: Waiting[] = [];
  private isDraining = false;

  constructor(private readonly runner: QueryRunner) {}

  /** Jobs that the transaction in flight did not take. */
  get length(): number {
    return this.waiting.length;
  }

  run<T>(work: Work<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ work, resolve: resolve as Job['resolve'], reject });
      void this.drain();
    });
  }

  /** Empties the write-ahead log, between two transactions; what cannot be emptied now is later. */
  checkpoint(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.checkpoints.push({ resolve, reject });
      void this.drain();
    });
  }

  private async drain(): Promise<void> {
    if (this.isDraining) return;
    this.isDraining = true;
    while (this.waiting.length + this.checkpoints.length > 0) {
      // The driver works without yielding: let whatever has arrived by now come along.
      await setImmediate();
      if (this.waiting.length > 0) await this.commit(this.waiting.splice(0));
      if (this.checkpoints.length > 0) await this.truncateLog(this.checkpoints.splice(0));
    }
    this.isDraining = false;
  }

  private async truncateLog(waiting: Waiting[]): Promise<void> {
    try {
      // Waiting for a reader would stop the event loop, and with it the reader.
      await this.runner.query('PRAGMA busy_timeout = 0');
      const [{ busy }] = await this.runner.manager.query<[{ busy: number }]>(
        'PRAGMA wal_checkpoint(TRUNCATE)',
      );
      if (busy) setTimeout(() => this.retry(waiting), RETRY_MS);
      else for (const { resolve } of waiting) resolve();
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    } finally {
      await this.runner.query(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
  }

  private retry(waiting: Waiting[]): void {
    this.checkpoints.push(...waiting);
    void this.drain();
  }

  private async commit(jobs: Job[]): Promise<void> {
    try {
      this.begin();
      const answers: (() => void)[] = [];
      if (jobs.length === 1) answers.push(await this.runAlone(jobs[0]));
      else for (const job of jobs) answers.push(await this.attempt(job));
      this.end('COMMIT');
      for (const answer of answers) answer();
    } catch (error) {
      this.reset();
      for (const job of jobs) job.reject(error);
    }
  }

  /** What undoes the transaction undoes this job alone. */
  private async runAlone(job: Job): Promise<() => void> {
    const { value, tasks } = await this.do(job.work);
    return () => done(job, tasks, value);
  }

  private async do(work: Job['work']): Promise<{ value: unknown; tasks: (() => void)[] }> {
    const tasks: (() => void)[] = [];
    let last: Statement[] = [];
    const { manager } = this.runner;
    const value = await work(
      manager,
      (task) => tasks.push(task),
      (statements) => (last = statements),
    );
    await runAll(manager, last);
    return { value, tasks };
  }

  /** Runs one job in a savepoint and returns what to answer once all is committed. */
  private async attempt(job: Job): Promise<() => void> {
    await this.runner.startTransaction();
    try {
      const { value, tasks } = await this.do(job.work);
      await this.runner.commitTransaction();
      return () => done(job, tasks, value);
    } catch (error) {
      await this.runner.rollbackTransaction().catch((failure: unknown) => {
        // Where SQLite ended the transaction itself there is no savepoint left to go back to.
        throw databaseOutage(error) ? error : failure;
      });
      return () => job.reject(error);
    }
  }

  /** As TypeORM notes it, whose own way costs more than the statement. */
  private begin(): void {
    runOnSqlite(this.runner.manager.dataSource, 'BEGIN', []);
    Object.assign(this.runner, { isTransactionActive: true, transactionDepth: 1 });
  }

  private end(statement: 'COMMIT' | 'ROLLBACK'): void {
    try {
      runOnSqlite(this.runner.manager.dataSource, statement, []);
    } finally {
      Object.assign(this.runner, { isTransactionActive: false, transactionDepth: 0 });
    }
  }

  private reset(): void {
    try {
      this.end('ROLLBACK');
    } catch {
      // SQLite has ended it itself, as it does on a full disk or a broken read.
    }
  }
}

function done({ resolve }: Job, tasks: (() => void)[], value: unknown): void {
  for (const task of tasks) task();
  resolve(value);
}
