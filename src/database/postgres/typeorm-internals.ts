import type { Client, Pool } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';

/** What we use of TypeORM's privates on PostgreSQL. */

/** The pool that TypeORM has made. @throws Error where it is not where it was */
export function poolOf({ driver }: DataSource): Pool {
  const { master: pool } = driver as unknown as { master?: Pool };
  if (typeof pool?.connect === 'function') return pool;
  throw new Error('TypeORM keeps its pool for PostgreSQL elsewhere now: see typeorm-internals.ts');
}

/**
 * Opens a transaction on a runner as TypeORM notes it, whose own way waits for the answer and costs as
 * much again.
 */
export async function begin(
  runner: QueryRunner,
  sql: string,
): Promise<{ client: Client; begun: Promise<unknown> }> {
  const client = (await runner.connect()) as Client;
  const begun = client.query(sql);
  Object.assign(runner, { isTransactionActive: true, transactionDepth: 1 });
  return { client, begun };
}

export function noteCommitted(runner: QueryRunner): void {
  Object.assign(runner, { isTransactionActive: false, transactionDepth: 0 });
}
