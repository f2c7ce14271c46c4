import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import { DataSource, In } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { Settings } from '../../src/config/settings.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { FIRST_KEY, WrappedKey } from '../../src/encryption/wrapped-key.entity.js';
import { entities } from '../../src/entities.js';
import { TestDatabase } from '../support/test-database.js';

const run = promisify(execFile);

describe('statements of SQLite', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  beforeAll(async () => {
    database = await TestDatabase.create();
    const options = dataSourceOptions(new Settings(database.environment), entities);
    dataSource = await new DataSource(options).initialize();
    await dataSource.runMigrations();
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  async function givenKeys(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => newId());
    for (const ownerId of ids) {
      const key = { ownerId, kind: 'chat', since: FIRST_KEY, keyId: 'a', token: `'?' ${ownerId}` };
      await dataSource.manager.insert(WrappedKey, key as WrappedKey);
    }
    return ids;
  }

  it('find and delete by lists of every length with one text for all', async () => {
    const { manager } = dataSource;
    const ids = await givenKeys(60);
    const prepared = vi.spyOn(Sqlite.prototype, 'prepare');
    for (let n = 1; n <= ids.length; n++) {
      const given = ids.slice(0, n);
      const where = { ownerId: In(given), kind: 'chat' as const, since: In([FIRST_KEY, 'x']) };
      const found = await manager.find(WrappedKey, { where, order: { ownerId: 'ASC' } });
      expect(found.map(({ ownerId }) => ownerId)).toEqual(given);
    }
    for (let n = 2; n < 10; n++) {
      const { affected } = await manager.delete(WrappedKey, { ownerId: In(ids.splice(0, n)) });
      expect(affected ?? n).toBe(n);
      expect(await manager.countBy(WrappedKey, { kind: 'chat' })).toBe(ids.length);
    }
    expect(prepared.mock.calls.length).toBeLessThanOrEqual(4);
  });

  it('are prepared once for each text, however many lie between', async () => {
    const prepared = vi.spyOn(Sqlite.prototype, 'prepare');
    for (let n = 0; n < 450; n++) await dataSource.query(`SELECT ${n % 150} AS n`);
    expect(prepared).toHaveBeenCalledTimes(150);
  });

  it('of pragmas act each time', () => {
    const { databaseConnection: connection } = dataSource.driver as unknown as {
      databaseConnection: Sqlite.Database;
    };
    for (const timeout of [1, 2, 1, 2, 5000]) {
      connection.pragma(`busy_timeout = ${timeout}`);
      expect(connection.pragma('busy_timeout', { simple: true })).toBe(timeout);
    }
    expect(connection.pragma('foreign_keys = ON')).toEqual([]);
    expect(connection.pragma('foreign_keys')).toEqual([{ foreign_keys: 1 }]);
  });

  it('survive that garbage is collected (which can fail on Node 24.19 and later 24 alone)', async () => {
    const args = ['--import', 'tsx', 'test/support/statement-loop.ts'];
    expect((await run(process.execPath, args)).stdout).toBe('survived\n');
  });
});
