import type { Pool } from 'pg';
import { type EntityManager, QueryFailedError } from 'typeorm';

/** Runs a named statement; a read outside of transactions asks the pool without a query runner. */
export async function runOnPostgres(
  manager: EntityManager,
  sql: string,
  values: unknown[],
): Promise<unknown[][]> {
  if (manager.queryRunner) return manager.query<unknown[][]>(sql, values);
  const { driver, logger } = manager.dataSource;
  logger.logQuery(sql, values);
  try {
    const { rows } = await (driver as unknown as { master: Pool }).master.query(sql, values);
    return rows as unknown[][];
  } catch (error) {
    throw new QueryFailedError(sql, values, error as Error);
  }
}
