import Sqlite from 'better-sqlite3';
import { keepStatements, keptStatement } from '../../database/sqlite/kept-statements.js';

/** A file of SQLite that no server has open, but for the one that is backed up. */
export class SqliteFile {
  private constructor(private readonly database: Sqlite.Database) {}

  static open(path: string, access: 'read-only' | 'read-write'): SqliteFile {
    const readonly = access === 'read-only';
    const database = new Sqlite(path, { readonly, fileMustExist: true });
    keepStatements(database);
    if (!readonly) {
      database.pragma('journal_mode = MEMORY'); // no file beside it
      database.pragma('secure_delete = ON');
    }
    return new SqliteFile(database);
  }

  /** The first column of the first row. */
  get(sql: string): unknown {
    const [row] = keptStatement(this.database, sql, 'arrays').all() as unknown[][];
    return row?.[0];
  }

  row(sql: string): Record<string, unknown> {
    return keptStatement(this.database, sql, 'objects').get() as Record<string, unknown>;
  }

  run(sql: string, ...values: string[]): number {
    return keptStatement(this.database, sql, 'objects').run(...values).changes;
  }

  /** @throws Error where a page or an index of it is damaged */
  requireSound(): void {
    const found = this.get('PRAGMA quick_check');
    if (found !== 'ok') throw new Error(`It is damaged: ${String(found)}`);
  }

  close(): void {
    this.database.close();
  }
}
