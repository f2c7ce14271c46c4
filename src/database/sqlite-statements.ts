import type { Database, Statement } from 'better-sqlite3';
import { type DataSource, QueryFailedError } from 'typeorm';

const prepared = new WeakMap<Database, Map<string, Statement>>();

/** Runs a statement of a fixed text on the connection that TypeORM has opened; rows are arrays. */
export function runOnSqlite(dataSource: DataSource, sql: string, values: unknown[]): unknown[][] {
  const { databaseConnection } = dataSource.driver as unknown as { databaseConnection: Database };
  dataSource.logger.logQuery(sql, values);
  try {
    const statement = prepare(databaseConnection, sql);
    if (statement.reader) return statement.all(...values) as unknown[][];
    statement.run(...values);
    return [];
  } catch (error) {
    throw new QueryFailedError(sql, values, error as Error);
  }
}

function prepare(database: Database, sql: string): Statement {
  let statements = prepared.get(database);
  if (!statements) prepared.set(database, (statements = new Map<string, Statement>()));
  let statement = statements.get(sql);
  if (!statement) {
    statement = database.prepare(sql);
    if (statement.reader) statement.raw();
    statements.set(sql, statement);
  }
  return statement;
}
