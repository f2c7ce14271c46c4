import type { DataSourceOptions } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { postgresOptions } from './postgres/options.js';
import type { Entities } from './shared-options.js';
import { sqliteOptions } from './sqlite/options.js';

/** What TypeORM's CLI connects with: a migration may take its time. */
export function dataSourceOptions(settings: Settings, entities: Entities): DataSourceOptions {
  return settings.databaseUrl
    ? postgresOptions(settings, entities, {})
    : sqliteOptions(settings, entities);
}
