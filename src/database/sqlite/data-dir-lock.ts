import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { DataDirInUseError } from '../database.errors.js';
import { FileAccessError, isDenied, makePrivate, opening } from './file-access.js';
import { keepStatements } from './kept-statements.js';

/**
 * Holds a folder for this process alone. The lock is SQLite's exclusive lock on an empty database
 * of its own, so the kernel releases it however the process ends.
 */
export class DataDirLock {
  private constructor(private readonly file: Sqlite.Database) {}

  /** @throws DataDirInUseError */
  static acquire(dataDir: string): DataDirLock {
    opening(dataDir, () => mkdirSync(dataDir, { recursive: true, mode: 0o700 }));
    const path = join(dataDir, 'conclave.lock');
    makePrivate(path);
    const file = new Sqlite(path, { timeout: 0 });
    keepStatements(file);
    try {
      file.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      file.close();
      const isHeld = error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY');
      if (isHeld) throw new DataDirInUseError(dataDir);
      throw isDenied(error) ? new FileAccessError(path, error) : error;
    }
    return new DataDirLock(file);
  }

  release(): void {
    this.file.close();
  }
}
