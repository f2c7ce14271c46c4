import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Settings } from '../../src/config/settings.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { History } from '../../src/database/history.js';
import { bringUpToDate } from '../../src/database/migrate.js';
import { migrations } from '../../src/database/migrations/migrations.js';
import { entities } from '../../src/entities.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';

const FIRST = 'InitialSchema1763800000000';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

interface Row {
  id: number;
  history: string;
  schema_hash: string;
}

let database: TestDatabase;
beforeEach(async () => {
  database = await TestDatabase.create();
});
afterEach(() => database.drop());

/** Statements on the database while no server runs; the rows of the last one. */
async function sql<T>(...statements: string[]): Promise<T[]> {
  const { dataDir, url } = database;
  let rows: T[] = [];
  if (url) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    for (const each of statements) rows = (await client.query(each)).rows as T[];
    await client.end();
    return rows;
  }
  const file = new Sqlite(`${dataDir}/conclave.sqlite`);
  for (const each of statements) {
    const statement = file.prepare(each);
    if (statement.reader) rows = statement.all() as T[];
    else statement.run();
  }
  file.close();
  return rows;
}

const tableNames = async (): Promise<string[]> => {
  const rows = await sql<{ name: string }>(
    isPostgres
      ? `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`
      : `SELECT name FROM sqlite_master WHERE type = 'table'`,
  );
  return rows.map(({ name }) => name).sort();
};

async function row(): Promise<Row> {
  const rows = await sql<Row>('SELECT * FROM installation');
  expect(rows).toHaveLength(1);
  return rows[0];
}

const start = async (): Promise<void> => (await TestApp.start({}, database)).close();

/** Words of a start that was refused. */
const refusal = (): Promise<string> =>
  start().then(
    () => 'it started',
    (error: Error) => error.message,
  );

const REFUSED = isPostgres
  ? /^The database at DATABASE_URL does not open: it was made by an unreleased version.* Rename the database conclave_test_\w+, or name another one by DATABASE_URL, and start again\.$/
  : /^The database in \S+ does not open: it was made by an unreleased version.* Move \S+\/conclave\.sqlite \(and what begins with its name\) away, and start again\.$/;

describe('the installation', () => {
  it('is one row, which a restart keeps', async () => {
    await start();
    const first = await row();
    expect(first.id).toBe(1);
    expect(first.history).toMatch(UUID);
    expect(first.schema_hash).toMatch(/^[0-9a-f]{64}$/);
    await start();
    expect(await row()).toEqual(first);
  });

  it('begins a new line of history where the row is missing, as after a restore', async () => {
    await start();
    const first = await row();
    await sql('DELETE FROM installation');
    await start();
    const second = await row();
    expect(second.history).not.toBe(first.history);
    expect(second).toEqual({ ...first, history: second.history });
  });

  it('gets a new line while servers run, one for all who ask', async () => {
    const app = await TestApp.start({}, database);
    const others = isPostgres ? [await TestApp.start({}, database)] : [];
    const all = [app, ...others].map(({ nest }) => nest.get(History));
    const first = await all[0].current();
    for (const history of all) expect(await history.current()).toBe(first);
    await app.sql('DELETE FROM installation');
    const asked = await Promise.all(
      Array.from({ length: 20 }, (_, n) => all[n % all.length].current()),
    );
    expect(new Set(asked).size).toBe(1);
    expect(asked[0]).not.toBe(first);
    await Promise.all([app, ...others].map((each) => each.close()));
    expect((await row()).history).toBe(asked[0]);
  });

  it.runIf(isPostgres)('is one row however many servers start at once', async () => {
    const apps = await Promise.all(Array.from({ length: 4 }, () => TestApp.start({}, database)));
    const histories = await Promise.all(apps.map(({ nest }) => nest.get(History).current()));
    expect(new Set(histories).size).toBe(1);
    await Promise.all(apps.map((app) => app.close()));
    await row();
  });
});

describe('a database of an unreleased version', () => {
  /** As they were before there was an installation. */
  const MADE_BEFORE = [
    `CREATE TABLE migrations (id integer PRIMARY KEY, "timestamp" bigint NOT NULL, name varchar NOT NULL)`,
    'CREATE TABLE users (id varchar PRIMARY KEY, email varchar(254))',
  ];

  it('is refused in words where its first migration made no installation', async () => {
    await sql(...MADE_BEFORE, `INSERT INTO migrations VALUES (1, 1763800000000, '${FIRST}')`);
    const before = await tableNames();
    expect(await refusal()).toMatch(REFUSED);
    expect(await tableNames()).toEqual(before);
  });

  it('is refused where its first migration had another name', async () => {
    await sql(...MADE_BEFORE, `INSERT INTO migrations VALUES (1, 1763700000000, 'First')`);
    expect(await refusal()).toMatch(REFUSED);
  });

  it('is refused where its tables were other ones, before anything is migrated', async () => {
    await start();
    await sql(`UPDATE installation SET schema_hash = '${'0'.repeat(64)}'`);
    const kept = await row();
    expect(await refusal()).toMatch(REFUSED);
    await expect(migrate([...migrations, Later2000000000000])).rejects.toThrow(
      'unreleased version',
    );
    expect(await row()).toEqual(kept);
    expect(await tableNames()).not.toContain('later');
  });
});

describe('a version that is released later', () => {
  it('builds upon a database of this one, and one of its own has the same hash', async () => {
    await start();
    const before = await row();
    await migrate([...migrations, Later2000000000000]);
    expect(await row()).toEqual(before);
    expect(await tableNames()).toContain('later');
    await migrate([...migrations, Later2000000000000]);

    const own = await TestDatabase.create();
    const kept = database;
    database = own;
    await migrate([...migrations, Later2000000000000]);
    expect((await row()).schema_hash).toBe(before.schema_hash);
    database = kept;
    await own.drop();
  });
});

class Later2000000000000 implements MigrationInterface {
  name = 'Later2000000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE later (id integer)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE later');
  }
}

async function migrate(all: (new () => MigrationInterface)[]): Promise<void> {
  const options = dataSourceOptions(new Settings(database.environment), entities);
  const dataSource = await new DataSource({ ...options, migrations: all }).initialize();
  try {
    await bringUpToDate(dataSource, () => 'Move it away');
  } finally {
    await dataSource.destroy();
  }
}
