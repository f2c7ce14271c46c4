import Sqlite, { type Database, type Statement } from 'better-sqlite3';

/** A list of two or more, or a single mark; TypeORM writes no other lists, and no mark elsewhere. */
const MARKS = /IN \((\?(?:, \?)+)\)|\?/g;

/** What is kept of a connection: statements by their text, those whose rows are arrays by themselves. */
type Kept = Record<'objects' | 'arrays', Map<string, Statement>>;
const connections = new Map<Database, Kept>();

/**
 * Keeps whatever is prepared on a connection for good, once for each text.
 *
 * Built with the headers of Node 24.19 and later, better-sqlite3 12 ends the process (`Assertion
 * failed: (env) != nullptr`, nodejs/node#65446) as soon as a statement or a connection of its own is
 * collected as garbage. Version 13 does not, and needs Node 22. A kept statement takes some 50 KiB,
 * so the lists of TypeORM, which have a mark for each item, become one parameter each: that bounds
 * the number of texts.
 */
export function keepStatements(database: Database): void {
  connections.set(database, { objects: new Map(), arrays: new Map() });
  database.prepare = ((sql: string) => withLists(database, sql)) as Database['prepare'];
  database.pragma = (source, options) => {
    // Many act, or read, as they are prepared: SQLite prepares them anew for each run after the first.
    const statement = keptStatement(database, `PRAGMA ${source}`, 'objects');
    const rows = statement.reader ? statement.all() : (statement.run(), []);
    return options?.simple ? Object.values(rows[0] ?? {})[0] : rows;
  };
}

/** The kept statement of this text. */
export function keptStatement(database: Database, sql: string, rows: keyof Kept): Statement {
  const kept = connections.get(database)![rows];
  let statement = kept.get(sql);
  if (!statement) {
    statement = prepare(database, sql);
    if (rows === 'arrays' && statement.reader) statement.raw();
    kept.set(sql, statement);
  }
  return statement;
}

function prepare(database: Database, sql: string): Statement {
  return Sqlite.prototype.prepare.call(database, sql);
}

function withLists(database: Database, sql: string): Pick<Statement, 'reader' | 'all' | 'run'> {
  const sizes = [...sql.matchAll(MARKS)].map(([, list]) => list?.split(', ').length ?? 1);
  const text = sql.replace(MARKS, (mark, list?: string) =>
    list ? 'IN (SELECT value FROM json_each(?))' : mark,
  );
  const statement = keptStatement(database, text, 'objects');
  if (text === sql) return statement;
  const fold = (values: unknown[]): unknown[] => {
    const left = [...values];
    return sizes.map((size) => (size === 1 ? left.shift() : JSON.stringify(left.splice(0, size))));
  };
  return {
    reader: statement.reader,
    all: (...values) => statement.all(...fold(values)),
    run: (...values) => statement.run(...fold(values)),
  };
}
