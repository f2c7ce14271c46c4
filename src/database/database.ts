import { AsyncLocalStorage } from 'node:async_hooks';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { DataSource, EntityManager, EntitySubscriberInterface } from 'typeorm';
import type { Parameter, Statement } from './statement.js';
import type { Reads, Work } from './transaction.js';

/**
 * The one place of transactions. Injected repositories read what is committed, and on SQLite can
 * do nothing else: their connection is read-only. Whatever writes comes through `write`.
 */
export abstract class Database implements Reads, OnApplicationShutdown {
  /** Finds a mistake of ours in development: in production it would slow every promise down. */
  private readonly insideWrite: AsyncLocalStorage<true> | undefined;

  /**
   * @param reader what injected repositories read from
   * @param all the data sources, in the order in which they are closed
   */
  protected constructor(
    readonly reader: DataSource,
    private readonly all: DataSource[],
    isProduction: boolean,
  ) {
    this.insideWrite = isProduction ? undefined : new AsyncLocalStorage();
  }

  /** Whether other processes write to the same database. */
  abstract readonly isShared: boolean;

  /** To PostgreSQL; none where it is a file. */
  readonly connections: { readonly totalCount: number; readonly idleCount: number } | undefined;

  /** Who waits for a connection to PostgreSQL, or for the next commit on SQLite. */
  abstract get waiting(): number;

  abstract rows<T extends unknown[]>(statement: Statement, parameters: Parameter[]): Promise<T[]>;

  /**
   * Reads in one snapshot: all of what `work` reads was true at one moment. It does nothing else.
   *
   * @param caller who asks: few snapshots are read at once, and callers take turns
   */
  abstract snapshot<T>(caller: string, work: (reads: Reads) => Promise<T>): Promise<T>;

  /**
   * Leaves no trace of what was deleted in the files that the database writes. On SQLite the log
   * before the last checkpoint still holds it; on PostgreSQL a VACUUM is the operator's.
   */
  abstract wipe(): Promise<void>;

  protected abstract transact<T>(work: Work<T>): Promise<T>;

  get manager(): EntityManager {
    return this.reader.manager;
  }

  /** Runs `work` in a transaction and answers after its commit, what is to follow it having run. */
  write<T>(work: Work<T>): Promise<T> {
    const { insideWrite } = this;
    if (!insideWrite) return this.transact(work);
    if (insideWrite.getStore()) throw new Error('write() inside write(): pass the handle on');
    return this.transact((tx) => insideWrite.run(true, () => work(tx)));
  }

  subscribe(subscriber: EntitySubscriberInterface): void {
    for (const dataSource of this.all) dataSource.subscribers.push(subscriber);
  }

  /** Rejects when the database does not answer. */
  async ping(): Promise<void> {
    await this.reader.query('SELECT 1');
  }

  /** Runs after the last request. */
  async onApplicationShutdown(): Promise<void> {
    for (const dataSource of this.all) if (dataSource.isInitialized) await dataSource.destroy();
  }
}
