import type { BaseDataSourceOptions } from 'typeorm/data-source/BaseDataSourceOptions.js';
import type { EntityTarget, ObjectLiteral } from 'typeorm';
import { migrations } from './migrations/migrations.js';
import { SnakeNamingStrategy } from './snake-naming-strategy.js';

export type Entities = (EntityTarget<ObjectLiteral> & (new () => ObjectLiteral))[];

/** What is the same on both databases. */
export function sharedOptions(
  entities: Entities,
): Pick<
  BaseDataSourceOptions,
  'entities' | 'migrations' | 'migrationsTableName' | 'namingStrategy' | 'logging'
> {
  return {
    entities,
    migrations,
    migrationsTableName: 'migrations',
    namingStrategy: new SnakeNamingStrategy(),
    logging: false,
  };
}
