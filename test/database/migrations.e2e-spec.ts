import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Settings } from '../../src/config/settings.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { entities } from '../../src/entities.js';
import { TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let dataSource: DataSource;
beforeAll(async () => {
  database = await TestDatabase.create();
  const settings = new Settings(database.environment);
  dataSource = await new DataSource(dataSourceOptions(settings, entities)).initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

describe('the migrations', () => {
  it('make exactly the tables of the entities', async () => {
    await dataSource.runMigrations();
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('can be undone and run again', async () => {
    for (const { name } of [...dataSource.migrations].reverse()) {
      await dataSource.undoLastMigration();
      expect(name).toBeDefined();
    }
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.length).toBeGreaterThanOrEqual(entities.length);
    expect(await dataSource.runMigrations()).toHaveLength(dataSource.migrations.length);
  });
});
