import type { Database } from 'better-sqlite3';
import type { DataSource, QueryRunner } from 'typeorm';

/** What we use of TypeORM's privates on SQLite. */

/** The connection that TypeORM has opened. @throws Error where it is not where it was */
export function connectionOf({ driver }: DataSource): Database {
  const { databaseConnection } = driver as unknown as { databaseConnection?: Database };
  if (typeof databaseConnection?.prepare === 'function') return databaseConnection;
  throw new Error('TypeORM keeps its connection to SQLite elsewhere now: see typeorm-internals.ts');
}

/** Tells TypeORM that we have begun or ended a transaction on its connection, so that it begins none. */
export function noteTransaction(runner: QueryRunner, isOpen: boolean): void {
  Object.assign(runner, { isTransactionActive: isOpen, transactionDepth: isOpen ? 1 : 0 });
}
