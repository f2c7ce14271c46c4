import type { Settings } from '../config/settings.js';
import type { Entities } from './shared-options.js';
import type { Database } from './database.js';
import { DataDirInUseError } from './database.errors.js';

/**
 * Opens the database that the settings name and brings its schema up to date. This is where its kind
 * is chosen; the driver of the other one is never loaded.
 *
 * @throws DataDirInUseError on SQLite, when another process serves the same folder
 */
export async function openDatabase(settings: Settings, entities: Entities): Promise<Database> {
  try {
    return settings.databaseUrl
      ? await (await import('./postgres/postgres-database.js')).openPostgres(settings, entities)
      : await (await import('./sqlite/sqlite-database.js')).openSqlite(settings, entities);
  } catch (error) {
    if (error instanceof DataDirInUseError) throw error;
    const name = settings.databaseUrl ? 'at DATABASE_URL' : `in ${settings.dataDir}`;
    const cause = error instanceof Error ? error.message : String(error);
    throw new Error(`The database ${name} does not open: ${cause}`, { cause: error });
  }
}
