import type { Client, Pool } from 'pg';
import {
  type DataSource,
  type EntityManager,
  QueryFailedError,
  type QueryRunner,
  QueryRunnerAlreadyReleasedError,
} from 'typeorm';
import { SharedReads } from './shared-reads.js';

/** Runs a named statement: on the connection of the manager's transaction, else on a shared one. */
export async function runOnPostgres(
  { queryRunner, dataSource }: EntityManager,
  sql: string,
  values: unknown[],
): Promise<unknown[][]> {
  const { master: pool } = dataSource.driver as unknown as { master: Pool };
  dataSource.logger.logQuery(sql, values);
  try {
    const connection = queryRunner ? connectionOf(queryRunner) : SharedReads.on(pool);
    const { rows } = await connection.query<unknown[]>(sql, values);
    return rows;
  } catch (error) {
    throw new QueryFailedError(sql, values, error as Error);
  }
}

/** Runs a named statement on a connection that nothing else uses meanwhile. */
export async function runAloneOnPostgres(
  dataSource: DataSource,
  sql: string,
  values: unknown[],
): Promise<unknown[][]> {
  const { master: pool } = dataSource.driver as unknown as { master: Pool };
  dataSource.logger.logQuery(sql, values);
  try {
    const { rows } = await pool.query<unknown[]>(sql, values);
    return rows;
  } catch (error) {
    throw new QueryFailedError(sql, values, error as Error);
  }
}

/** Without TypeORM's way there, which costs as much again as the statement. */
function connectionOf(runner: QueryRunner): Client {
  const { databaseConnection: client } = runner as unknown as { databaseConnection?: Client };
  if (!client || runner.isReleased) throw new QueryRunnerAlreadyReleasedError();
  return client;
}
