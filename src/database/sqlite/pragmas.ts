import type { Database } from 'better-sqlite3';
import { keepStatements } from './kept-statements.js';

export const BUSY_TIMEOUT_MS = 5000;
const SYNCHRONOUS_FULL = 2;
const TEMP_STORE_MEMORY = 2;

/**
 * Makes a commit survive a power cut and a destroyed key leave no trace in free pages, and reads
 * every setting back: SQLite ignores a pragma that it does not know or cannot fulfil.
 */
export function prepareSqlite(database: Database, access: 'read-write' | 'read-only'): void {
  keepStatements(database); // before any is made
  if (access === 'read-write') {
    expectPragma(database, 'journal_mode', 'WAL', 'wal');
    expectPragma(database, 'secure_delete', 'ON', 1);
  }
  expectPragma(database, 'synchronous', 'FULL', SYNCHRONOUS_FULL);
  expectPragma(database, 'foreign_keys', 'ON', 1);
  expectPragma(database, 'busy_timeout', String(BUSY_TIMEOUT_MS), BUSY_TIMEOUT_MS);
  expectPragma(database, 'temp_store', 'MEMORY', TEMP_STORE_MEMORY); // nothing outside DATA_DIR
}

function expectPragma(database: Database, name: string, value: string, expected: unknown): void {
  database.pragma(`${name} = ${value}`);
  const actual = database.pragma(name, { simple: true });
  if (actual !== expected) {
    throw new Error(`SQLite keeps ${name} at ${String(actual)} instead of ${String(expected)}`);
  }
}
