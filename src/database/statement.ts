/** A value, a list of values, or a list of rows of values: each is one parameter. */
export type Parameter = string | number | Buffer | null | string[] | (string | number)[][];

/**
 * One statement, written out for each database; rows are arrays in the order of the columns.
 *
 * A list is an array to PostgreSQL (`= ANY($1::uuid[])`) and JSON to SQLite (`IN (SELECT value FROM
 * json_each(?))`); a list of rows an array for each of its columns (`unnest($1::uuid[], $2::int[])`),
 * and JSON (`IN (SELECT value->>0, value->>1 FROM json_each(?))`).
 */
export interface Statement {
  /** What PostgreSQL and those who read its log know it by. */
  name: string;
  postgres: string;
  sqlite: string;
}

/** A row by the names of its columns. */
export type Row = Record<string, string | number | null>;

/**
 * A statement that writes lists of rows. PostgreSQL runs it once, each list a parameter of JSON (`FROM
 * json_populate_recordset(NULL::chat, $1)`); SQLite runs the text of a list once for each of its rows,
 * whose values it calls by their names (`@id`).
 */
export interface WriteStatement {
  name: string;
  postgres: string;
  sqlite: string[];
}

/** What is to be written, a list for each parameter; no row is touched twice. */
export interface Write {
  statement: WriteStatement;
  lists: Row[][];
}

/**
 * Rows of a list, as something that PostgreSQL joins with a table: it expects a hundred of what comes
 * from JSON, and rather than look for so many by an index it goes through the whole table. A limit that
 * it does not know beforehand makes it expect ten.
 *
 * The update of one of 20,000 rooms: 3.4 ms without, 0.03 with.
 *
 * @param parameter its place, `$1`
 */
export function rowsOf(table: string, parameter: `$${number}`): string {
  return `(SELECT * FROM json_populate_recordset(NULL::${table}, ${parameter})
    LIMIT (SELECT json_array_length(${parameter})))`;
}

/** As PostgreSQL's clock tells it, in milliseconds since 1970: those of several processes differ. */
export const POSTGRES_NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
/** The same on SQLite. */
export const SQLITE_NOW = "CAST(unixepoch('subsec') * 1000 AS integer)";
/** Stands on SQLite for what is between processes: the one there is the only one. */
export const NEVER = 'SELECT 1 WHERE 0';

/** All of them, by name. */
export const statements = new Map<string, Statement | WriteStatement>();

/** Registers a statement. @throws Error where its name is another one's */
export function statement<T extends Statement | WriteStatement>(given: T): T {
  if (statements.has(given.name)) throw new Error(`Two statements are named ${given.name}`);
  statements.set(given.name, given);
  return Object.freeze(given);
}

/** Whether there is nothing to ask for. */
export function isEmpty(parameters: Parameter[]): boolean {
  return parameters.some((value) => Array.isArray(value) && value.length === 0);
}
