import type { EntityManager } from 'typeorm';
import { nameStatement } from './named-statements.js';
import { runAloneOnPostgres, runOnPostgres } from './postgres-statements.js';
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
type Size = 'one' | 'many';

const LIST = /IN \?(?:\((.+?)\))?/g;

/** What a database gets, by the text given: where each list holds one item, and else. */
const texts = {
  postgres: { one: new Map<string, string>(), many: new Map<string, string>() },
  sqlite: { one: new Map<string, string>(), many: new Map<string, string>() },
};
/** Each number of statements that are joined makes a text of its own. */
const MOST_JOINED = 4;

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
  const { text, values } = translated({ sql, parameters }, dialect);
  const rows =
    dialect === 'sqlite'
      ? runOnSqlite(manager.dataSource, text, values)
      : await runOnPostgres(manager, text, values);
  return rows as T[];
}

/** The same on a connection of its own, to PostgreSQL: a transaction of one statement. */
export async function runAlone<T extends unknown[]>(
  { dataSource }: EntityManager,
  statement: Statement,
): Promise<T[]> {
  const { text, values } = translated(statement, 'postgres');
  return (await runAloneOnPostgres(dataSource, text, values)) as T[];
}

function translated(
  { sql, parameters }: Statement,
  dialect: Dialect,
): { text: string; values: unknown[] } {
  const lists = parameters.filter(Array.isArray);
  if (lists.length === 0) return { text: textOf(sql, dialect, 'one'), values: parameters };
  const size = lists.some(isLong) ? 'many' : 'one';
  const values =
    size === 'one'
      ? parameters.flat(2)
      : parameters.map((value) => (isJson(value, dialect) ? JSON.stringify(value) : value));
  return { text: textOf(sql, dialect, size), values };
}

/**
 * Runs statements that answer no rows and touch no row twice: a few of them as one on PostgreSQL,
 * since each costs about as much as what it does.
 */
export async function runAll(manager: EntityManager, statements: Statement[]): Promise<void> {
  const isJoined = isPostgres(manager) && statements.length > 1 && statements.length <= MOST_JOINED;
  const given = isJoined ? [join(statements)] : statements;
  await together(given.map(({ sql, parameters }) => runSql(manager, sql, parameters)));
}

function join(statements: Statement[]): Statement {
  const texts = statements.map(({ sql }) => sql);
  const last = texts.pop()!;
  const parts = texts.map((sql, n) => `part_${n} AS (${sql})`);
  return {
    sql: `WITH ${parts.join(', ')} ${last}`,
    parameters: statements.flatMap(({ parameters }) => parameters),
  };
}

function textOf(sql: string, dialect: Dialect, size: Size): string {
  const known = texts[dialect][size];
  let text = known.get(sql);
  if (text === undefined) {
    text = translate(size === 'one' ? sql.replace(LIST, oneItem) : sql, dialect);
    if (dialect === 'postgres') nameStatement(text);
    known.set(sql, text);
  }
  return text;
}

function oneItem(_: string, types = ''): string {
  return types ? `= (${types.replace(/\w+/g, '?')})` : '= ?';
}

function isEmptyList(value: Parameter): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isLong(value: Parameter): boolean {
  return Array.isArray(value) && value.length > 1;
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
