import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Settings } from '../../src/config/settings.js';
import type { Database } from '../../src/database/database.js';
import { openDatabase } from '../../src/database/open-database.js';
import { entities } from '../../src/entities.js';
import { missingPostgres, PostgresProcess } from '../faults/support/postgres-process.js';
import { expectProblem } from '../support/expect-problem.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const lacking = isPostgres ? missingPostgres() : 'needs PostgreSQL';

describe.skipIf(lacking)(
  `a PostgreSQL that takes no writes${lacking ? ` (${lacking})` : ''}`,
  () => {
    let postgres: PostgresProcess;
    let database: TestDatabase;
    let environment: NodeJS.ProcessEnv;
    beforeAll(async () => {
      postgres = await PostgresProcess.create();
      database = await TestDatabase.create();
      environment = { ...database.environment, DATABASE_URL: postgres.url };
    });
    afterAll(async () => {
      await postgres.remove();
      await database.drop();
    });

    const open = (changes: NodeJS.ProcessEnv = {}): Promise<Database> =>
      openDatabase(new Settings({ ...environment, ...changes }), entities);

    it('is not ready after a failover, says why, is refused at a start, and goes on once promoted', async () => {
      const app = await TestApp.start(environment, database);
      postgres.becomeStandby();
      await postgres.stop('fast');
      await postgres.start();
      const ready = async (): Promise<number> => (await app.anonymous.get('/health/ready')).status;
      const why = async (): Promise<string> =>
        (await app.anonymous.get('/health/ready')).body.detail;
      await until(async () => (await why()) !== 'Not ready: database.');
      expect(
        expectProblem(await app.anonymous.get('/health/ready'), 503, 'unavailable').detail,
      ).toBe(
        'Not ready: database, for it is a read-only standby. Name the primary by DATABASE_URL, or promote it.',
      );
      await expect(open()).rejects.toThrow(
        'The database at DATABASE_URL does not open: it is a read-only standby. Name the primary',
      );
      await postgres.promote();
      await until(async () => (await ready()) === 200);
      await app.givenMember();
      await app.close();
    });

    it('is refused at a start where the setting says so', async () => {
      const DATABASE_URL = `${postgres.url}?options=-c%20default_transaction_read_only%3Don`;
      await expect(open({ DATABASE_URL })).rejects.toThrow(
        'does not open: it takes no writes, since default_transaction_read_only is on',
      );
    });
  },
);
