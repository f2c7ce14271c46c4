import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';

export class DataDirInUseError extends Error {
  constructor(dataDir: string) {
    super(
      `Another process serves ${dataDir}. On SQLite one process owns its DATA_DIR: ` +
        'stop the other one, choose another DATA_DIR, or set DATABASE_URL to run several.',
    );
  }
}

/**
 * Holds a folder for this process alone. The lock is SQLite's exclusive lock on an empty database
 * of its own, so the kernel releases it however the process ends.
 */
export class DataDirLock {
  private constructor(private readonly file: Sqlite.Database) {}

  /** @throws DataDirInUseError */
  static acquire(dataDir: string): DataDirLock {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const file = new Sqlite(join(dataDir, 'conclave.lock'), { timeout: 0 });
    try {
      file.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      file.close();
      const isHeld = error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY');
      throw isHeld ? new DataDirInUseError(dataDir) : error;
    }
    return new DataDirLock(file);
  }

  release(): void {
    this.file.close();
  }
}
