import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '../place.js';
import { SqliteFile } from './sqlite-file.js';

/**
 * Copies the SQLite database into a file, also while the server runs and writes: what was committed at
 * one moment, without free pages. In the server nothing waits for it but the emptying of the
 * write-ahead log, and whoever waits for that. The name of its line of history stays behind.
 */
export function copySqlite({ dataDir }: Place, draft: string): void {
  const path = join(dataDir, 'conclave.sqlite');
  if (!existsSync(path)) {
    throw new Error(`${path} is not there: set DATA_DIR, or DATABASE_URL, as the server has it`);
  }
  const source = SqliteFile.open(path, 'read-only');
  source.run('VACUUM INTO ?', draft);
  source.close();
  const copy = SqliteFile.open(draft, 'read-write');
  copy.run('DELETE FROM installation');
  copy.requireSound();
  copy.close();
}
