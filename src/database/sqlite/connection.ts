import type { Database } from 'better-sqlite3';
import { type DataSource, QueryFailedError } from 'typeorm';
import { isEmpty, type Parameter, type Statement } from '../statement.js';
import { keptStatement } from './kept-statements.js';
import { connectionOf } from './typeorm-internals.js';

/** Runs our own statements on the connection that TypeORM has opened. */
export class Connection {
  readonly database: Database;

  constructor(private readonly dataSource: DataSource) {
    this.database = connectionOf(dataSource);
  }

  /** @returns rows, each an array in the order of the columns; none where a list is empty */
  rows(statement: Statement, parameters: Parameter[]): unknown[][] {
    if (isEmpty(parameters)) return [];
    const values = parameters.map((value) =>
      Array.isArray(value) ? JSON.stringify(value) : value,
    );
    return this.run(
      statement.sqlite,
      statement.sqlite.includes('?1') ? [byNumber(values)] : values,
    );
  }

  /** @param values in the order of the marks, or one row that they name */
  run(sql: string, values: (Parameter | Record<string, unknown>)[] = []): unknown[][] {
    this.dataSource.logger.logQuery(sql, values);
    try {
      const statement = keptStatement(this.database, sql, 'arrays');
      if (statement.reader) return statement.all(...values) as unknown[][];
      statement.run(...values);
      return [];
    } catch (error) {
      throw new QueryFailedError(sql, values, error as Error);
    }
  }
}

/** Marks with numbers are names to the driver. */
function byNumber(values: (string | number | Buffer | null)[]): Record<string, unknown> {
  return Object.fromEntries(values.map((value, index) => [index + 1, value]));
}
