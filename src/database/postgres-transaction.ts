import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { runAll, type Statement } from './plain-sql.js';
import { together } from './together.js';
import type { Work } from './work.js';

/**
 * A transaction whose beginning goes out together with its first statements, and whose commit with
 * its last: PostgreSQL answers the commit of one that has failed with a rollback.
 */
export async function postgresTransaction<T>(dataSource: DataSource, work: Work<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  const tasks: (() => void)[] = [];
  let last: Statement[] = [];
  try {
    const client = (await runner.connect()) as Client;
    const begun = client.query('START TRANSACTION');
    // As TypeORM notes it, whose own way waits for the answer and costs as much again.
    Object.assign(runner, { isTransactionActive: true, transactionDepth: 1 });
    const done = work(
      runner.manager,
      (task) => tasks.push(task),
      (statements) => (last = statements),
    );
    const [, value] = await together([begun, done]);
    await together([runAll(runner.manager, last), client.query('COMMIT')]);
    Object.assign(runner, { isTransactionActive: false, transactionDepth: 0 });
    for (const task of tasks) task();
    return value;
  } catch (error) {
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
  }
}
