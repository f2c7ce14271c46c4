import type { DataSource } from 'typeorm';
import type { Client } from 'pg';
import { together } from './together.js';
import type { Work } from './work.js';

/** A transaction whose beginning goes out together with its first statements. */
export async function postgresTransaction<T>(dataSource: DataSource, work: Work<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  const tasks: (() => void)[] = [];
  try {
    const client = (await runner.connect()) as Client;
    const begun = client.query('START TRANSACTION');
    // As TypeORM notes it, which would wait for the answer.
    Object.assign(runner, { isTransactionActive: true, transactionDepth: 1 });
    const done = work(runner.manager, (task) => tasks.push(task));
    const [, value] = await together([begun, done]);
    await runner.commitTransaction();
    for (const task of tasks) task();
    return value;
  } catch (error) {
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
  }
}
