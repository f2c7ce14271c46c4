import { join } from 'node:path';
import type { Database as Connection } from 'better-sqlite3';
import type { BetterSqlite3DataSourceOptions } from 'typeorm/driver/better-sqlite3/BetterSqlite3DataSourceOptions.js';
import type { Settings } from '../../config/settings.js';
import { type Entities, sharedOptions } from '../shared-options.js';
import { prepareSqlite } from './pragmas.js';

export function sqliteFile({ dataDir }: Settings): string {
  return join(dataDir, 'conclave.sqlite');
}

export function sqliteOptions(
  settings: Settings,
  entities: Entities,
  access: 'read-write' | 'read-only' = 'read-write',
): BetterSqlite3DataSourceOptions {
  return {
    ...sharedOptions(entities),
    type: 'better-sqlite3',
    database: sqliteFile(settings),
    timeout: 5000,
    readonly: access === 'read-only',
    prepareDatabase: (connection: Connection) => prepareSqlite(connection, access),
  };
}
