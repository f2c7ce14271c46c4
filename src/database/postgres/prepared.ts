import type { QueryArrayConfig } from 'pg';
import type { Parameter, Statement, WriteStatement } from '../statement.js';

type Row = (string | number)[];

const prepared = new Map<Statement | WriteStatement, QueryArrayConfig>();

/** What PostgreSQL parses and plans once for each connection; its rows are arrays. */
export function preparedStatement(statement: Statement | WriteStatement): QueryArrayConfig {
  let known = prepared.get(statement);
  if (!known) {
    const { name, postgres: text } = statement;
    const config: QueryArrayConfig = { name, text, rowMode: 'array' };
    // Inherited: pg copies own properties for each query, one by one, which costs more than it does itself.
    prepared.set(statement, (known = Object.create(config) as QueryArrayConfig));
  }
  return known;
}

/** Values as pg takes them: it writes a list as an array itself, and gets a list of rows by columns. */
export function encoded(parameters: Parameter[]): unknown[] {
  return parameters.flatMap((value): unknown[] =>
    Array.isArray(value) && Array.isArray(value[0]) ? columnsOf(value as Row[]) : [value],
  );
}

function columnsOf(rows: Row[]): unknown[][] {
  return rows[0].map((_, index) => rows.map((row) => row[index]));
}
