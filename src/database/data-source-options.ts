import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { DataSourceOptions, EntityTarget, ObjectLiteral } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { migrations } from './migrations/migrations.js';
import { postgresBounds } from './postgres-bounds.js';
import { PipelinedClient } from './named-statements.js';
import { SnakeNamingStrategy } from './snake-naming.strategy.js';
import { prepareSqlite } from './sqlite-pragmas.js';

export type Entities = (EntityTarget<ObjectLiteral> & (new () => ObjectLiteral))[];

/** Connections to PostgreSQL. */
export const POOL_SIZE = 10;

/** What the application and the TypeORM CLI connect with; a migration may take its time. */
export function dataSourceOptions(
  settings: Settings,
  entities: Entities,
  access: 'read-write' | 'read-only' | 'migration' = 'read-write',
): DataSourceOptions {
  const isReadOnly = access === 'read-only';
  const shared = {
    entities,
    migrations,
    migrationsTableName: 'migrations',
    namingStrategy: new SnakeNamingStrategy(),
    logging: false,
  };
  if (settings.databaseUrl) {
    return {
      ...shared,
      type: 'postgres',
      url: settings.databaseUrl,
      applicationName: 'conclave',
      connectTimeoutMS: 5000,
      poolSize: POOL_SIZE,
      extra: {
        Client: PipelinedClient,
        pipeline: true,
        ...(access !== 'migration' && postgresBounds),
      },
    };
  }
  return {
    ...shared,
    type: 'better-sqlite3',
    database: join(settings.dataDir, 'conclave.sqlite'),
    timeout: 5000,
    readonly: isReadOnly,
    prepareDatabase: (database: Database) =>
      prepareSqlite(database, isReadOnly ? 'read-only' : 'read-write'),
  };
}
