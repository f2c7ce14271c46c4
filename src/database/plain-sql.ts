import type { EntityManager } from 'typeorm';
import { nameStatement } from './named-statements.js';

/** A value, a list of values, or a list of pairs of ids. */
export type Parameter = string | number | null | string[] | [string, string][];

const texts = { postgres: new Map<string, string>(), sqlite: new Map<string, string>() };

const LISTS = {
  postgres: {
    'IN ??': 'IN (SELECT (pair->>0)::uuid, (pair->>1)::uuid FROM json_array_elements(?) AS pair)',
    'IN ?': '= ANY(?)',
  },
  sqlite: {
    'IN ??': 'IN (SELECT value->>0, value->>1 FROM json_each(?))',
    'IN ?': 'IN (SELECT value FROM json_each(?))',
  },
};

export function isPostgres(manager: EntityManager): boolean {
  return manager.dataSource.options.type === 'postgres';
}

/**
 * Runs one statement of a fixed text, so that the database prepares it once.
 *
 * @param sql with `?` for a value, `IN ?` for a list of ids, `IN ??` for a list of pairs of ids, and
 *   `FOR …` for row locks, which SQLite does without
 */
export function runSql<T>(
  manager: EntityManager,
  sql: string,
  parameters: Parameter[],
): Promise<T> {
  const dialect = isPostgres(manager) ? 'postgres' : 'sqlite';
  let text = texts[dialect].get(sql);
  if (text === undefined) {
    text = nameStatement(translate(sql, dialect));
    texts[dialect].set(sql, text);
  }
  return manager.query<T>(
    text,
    parameters.map((parameter) =>
      isJson(parameter, dialect) ? JSON.stringify(parameter) : parameter,
    ),
  );
}

function isJson(parameter: Parameter, dialect: keyof typeof LISTS): boolean {
  return Array.isArray(parameter) && (dialect === 'sqlite' || Array.isArray(parameter[0]));
}

function translate(sql: string, dialect: keyof typeof LISTS): string {
  const text = sql.replace(/IN \?\??/g, (list) => LISTS[dialect][list as 'IN ?' | 'IN ??']);
  if (dialect === 'sqlite') return text.replace(/ FOR (NO KEY UPDATE|KEY SHARE)/, '');
  let count = 0;
  return text.replaceAll('?', () => `$${++count}`);
}
