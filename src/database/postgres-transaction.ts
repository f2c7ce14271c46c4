import type { DataSource, EntityManager } from 'typeorm';
import type { Client } from 'pg';
import { together } from './together.js';

/** A transaction whose beginning goes out together with its first statements. */
export async function postgresTransaction<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    const client = (await runner.connect()) as Client;
    const begun = client.query('START TRANSACTION');
    // As TypeORM notes it, which would wait for the answer.
    Object.assign(runner, { isTransactionActive: true, transactionDepth: 1 });
    const [, value] = await together([begun, work(runner.manager)]);
    await runner.commitTransaction();
    return value;
  } catch (error) {
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
  }
}
