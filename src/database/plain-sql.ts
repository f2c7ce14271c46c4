import type { EntityManager } from 'typeorm';
import { nameStatement } from './named-statements.js';
import { runOnPostgres } from './postgres-statements.js';
import { runOnSqlite } from './sqlite-statements.js';
import { together } from './together.js';

/** A value, a list of values, or a list of rows of values. */
export type Parameter = string | number | null | string[] | string[][];

/** A statement as `runSql` takes it. */
export interface Statement {
  sql: string;
  parameters: Parameter[];
}

type Dialect = 'postgres' | 'sqlite';

const texts = { postgres: new Map<string, string>(), sqlite: new Map<string, string>() };

export function isPostgres({ dataSource }: EntityManager): boolean {
  return dataSource.options.type === 'postgres';
}

/**
 * Runs a statement of a fixed text, which the database prepares once.
 *
 * @param sql with `?` for a value, `IN ?` for a list, `IN ?(uuid, text)` for a list of rows of these
 *   types, and `FOR …` for a row lock, which SQLite does without
 * @returns rows, each an array in the order of the columns; none where a list is empty
 */
export async function runSql<T extends unknown[]>(
  manager: EntityManager,
  sql: string,
  parameters: Parameter[],
): Promise<T[]> {
  if (parameters.some(isEmptyList)) return [];
  const dialect = isPostgres(manager) ? 'postgres' : 'sqlite';
  const text = textOf(sql, dialect);
  const values = parameters.map((value) =>
    isJson(value, dialect) ? JSON.stringify(value) : value,
  );
  const rows =
    dialect === 'sqlite'
      ? runOnSqlite(manager.dataSource, text, values)
      : await runOnPostgres(manager, text, values);
  return rows as T[];
}

/** Runs statements that answer no rows, all asked at once. */
export async function runAll(manager: EntityManager, statements: Statement[]): Promise<void> {
  await together(statements.map(({ sql, parameters }) => runSql(manager, sql, parameters)));
}

function textOf(sql: string, dialect: Dialect): string {
  let text = texts[dialect].get(sql);
  if (text === undefined) {
    text = translate(sql, dialect);
    if (dialect === 'postgres') nameStatement(text);
    texts[dialect].set(sql, text);
  }
  return text;
}

function isEmptyList(value: Parameter): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isJson(value: Parameter, dialect: Dialect): boolean {
  return Array.isArray(value) && (dialect === 'sqlite' || Array.isArray(value[0]));
}

function translate(sql: string, dialect: Dialect): string {
  const text = sql.replace(/IN \?\((.+?)\)/g, (_, types: string) => rowList(types, dialect));
  if (dialect === 'sqlite') {
    return text
      .replaceAll('LIMIT ?', 'LIMIT +?') // without the sign it is planned anew each time it is run
      .replaceAll('IN ?', 'IN (SELECT value FROM json_each(?))')
      .replace(/ FOR (NO KEY UPDATE|KEY SHARE)/, '');
  }
  let count = 0;
  return text.replaceAll('IN ?', '= ANY(?)').replaceAll('?', () => `$${++count}`);
}

function rowList(types: string, dialect: Dialect): string {
  const fields = types.split(', ');
  return dialect === 'sqlite'
    ? `IN (SELECT ${fields.map((_, n) => `value->>${n}`).join()} FROM json_each(?))`
    : `IN (SELECT ${fields.map((type, n) => `(item->>${n})::${type}`).join()} FROM json_array_elements(?) AS item)`;
}
