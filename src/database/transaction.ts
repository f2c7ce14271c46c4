import type { EntityManager, FindOneOptions } from 'typeorm';
import type { Parameter, Statement, Write } from './statement.js';

export type RowLock = 'for_no_key_update' | 'pessimistic_write';

/** Reads of what is committed, of one snapshot, or of what a transaction sees. */
export interface Reads {
  /** TypeORM's, for all that is not on a hot path. */
  readonly manager: EntityManager;
  /** @returns rows, each an array in the order of the columns; none where a list is empty */
  rows<T extends unknown[]>(statement: Statement, parameters: Parameter[]): Promise<T[]>;
}

/** One transaction. It awaits nothing but the database, since others wait behind it. */
export interface Transaction extends Reads {
  /** Whether other processes write to the same database. */
  readonly isShared: boolean;
  /** For `find`: locks what it finds until the transaction ends. SQLite has one writer and needs none. */
  rowLock(mode?: RowLock): Pick<FindOneOptions, 'lock'>;
  /** What is to happen right after the commit, and only then; it must not throw. */
  onCommit(task: () => void): void;
  /** What is written last: PostgreSQL gets it together with the commit, and undoes all should it fail. */
  commitWith(...writes: Write[]): void;
}

/**
 * What is done in one transaction. It may run again after a deadlock, so it changes nothing but the
 * database before it answers.
 */
export type Work<T> = (tx: Transaction) => Promise<T>;
