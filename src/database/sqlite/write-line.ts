import { setImmediate } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';
import { databaseOutage } from '../database-outage.js';
import type { Work } from '../transaction.js';
import { Connection } from './connection.js';
import { SqliteTransaction } from './sqlite-transaction.js';
import { noteTransaction } from './typeorm-internals.js';
import { WriteAheadLog } from './write-ahead-log.js';

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
export class WriteLine {
  private waiting: Job[] = [];
  private isDraining = false;
  private readonly connection: Connection;
  private readonly log: WriteAheadLog;

  constructor(private readonly runner: QueryRunner) {
    this.connection = new Connection(runner.manager.dataSource);
    this.log = new WriteAheadLog(this.connection.database, () => void this.drain());
  }

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

  /** Resolves once the write-ahead log holds nothing of what was committed. */
  async emptyLog(): Promise<void> {
    await this.log.empty();
  }

  close(): void {
    this.log.close();
  }

  private async drain(): Promise<void> {
    if (this.isDraining) return;
    this.isDraining = true;
    while (this.waiting.length > 0 || this.log.isDue) {
      // The driver works without yielding: let whatever has arrived by now come along.
      await setImmediate();
      if (this.waiting.length > 0) await this.commit(this.waiting.splice(0));
      if (this.log.isDue) this.log.truncate();
    }
    this.isDraining = false;
  }

  private async commit(jobs: Job[]): Promise<void> {
    try {
      this.connection.run('BEGIN');
      noteTransaction(this.runner, true);
      const answers: (() => void)[] = [];
      // What undoes the transaction undoes a job that is alone in it.
      const attempt = jobs.length === 1 ? this.do : this.attempt;
      for (const job of jobs) answers.push(await attempt(job));
      this.connection.run('COMMIT');
      this.log.noteCommit();
      for (const answer of answers) answer();
    } catch (error) {
      this.undo();
      for (const job of jobs) job.reject(error);
    } finally {
      noteTransaction(this.runner, false);
    }
  }

  /** Runs one job and returns what to answer once all is committed. */
  private readonly do = async ({ work, resolve }: Job): Promise<() => void> => {
    const tx = new SqliteTransaction(this.runner.manager, this.connection);
    const value = await work(tx);
    await tx.flush();
    return () => {
      for (const task of tx.tasks) task();
      resolve(value);
    };
  };

  /** The same in a savepoint. */
  private readonly attempt = async (job: Job): Promise<() => void> => {
    this.connection.run('SAVEPOINT job');
    try {
      const answer = await this.do(job);
      this.connection.run('RELEASE job');
      return answer;
    } catch (error) {
      this.undoJob(error);
      return () => job.reject(error);
    }
  };

  private undoJob(reason: unknown): void {
    try {
      this.connection.run('ROLLBACK TO job');
      this.connection.run('RELEASE job');
    } catch (failure) {
      // Where SQLite ended the transaction itself there is no savepoint left to go back to.
      throw databaseOutage(reason) ? reason : failure;
    }
  }

  private undo(): void {
    try {
      this.connection.run('ROLLBACK');
    } catch {
      // SQLite has ended it itself, as it does on a full disk or a broken read.
    }
  }
}
