import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import type { Settings } from '../../config/settings.js';
import { type Entities, sharedOptions } from '../shared-options.js';
import { postgresBounds } from './bounds.js';
import { PipelinedClient } from './pipelined-client.js';

/** Connections to PostgreSQL. */
export const POOL_SIZE = 10;

/** @param bounds none for a migration, which may take its time */
export function postgresOptions(
  { databaseUrl }: Settings,
  entities: Entities,
  bounds: object = postgresBounds,
): PostgresDataSourceOptions {
  return {
    ...sharedOptions(entities),
    type: 'postgres',
    url: databaseUrl,
    applicationName: 'conclave',
    connectTimeoutMS: 5000,
    poolSize: POOL_SIZE,
    extra: { Client: PipelinedClient, pipeline: true, ...bounds },
  };
}
