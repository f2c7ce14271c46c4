import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseOutage } from '../src/common/database-outage.js';
import { Database } from '../src/database/database.js';
import { runSql } from '../src/database/plain-sql.js';
import { TestApp } from './support/test-app.js';
import { isPostgres } from './support/test-database.js';
import { until } from './support/until.js';

const READS = 200;

let app: TestApp;
let database: Database;
beforeAll(async () => {
  app = await TestApp.start();
  database = app.nest.get(Database);
});
afterAll(() => app.stop());

const read = (sql: string, value: number | string): Promise<unknown[][]> =>
  runSql(database.reader.manager, sql, [value]);
const echo = (n: number): Promise<unknown[][]> => read('SELECT abs(?)', n);

describe('reads at the same time', () => {
  it('get each its own answer', async () => {
    const asked = Array.from({ length: READS }, (_, n) => n);
    const answers = await Promise.all(asked.map(echo));
    expect(answers.map(([[n]]) => Number(n))).toEqual(asked);
  });

  it('do not fail with one of them', async () => {
    const results = await Promise.allSettled([
      echo(1),
      read('SELECT * FROM nothing_of_that_name WHERE id = ?', 2),
      echo(3),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});

describe.runIf(isPostgres)('reads on one connection to PostgreSQL', () => {
  type Act = 'pg_cancel_backend' | 'pg_terminate_backend';
  const slow = (act: Act): string => `SELECT pg_sleep(?::float8) /* ${act} */`;

  /** Ends the read that hangs, or its connection. */
  const end = (act: Act, sql: string): Promise<void> =>
    until(async () => {
      const find = `SELECT ${act}(pid) FROM pg_stat_activity WHERE query = $1 AND state = 'active'`;
      return (await database.reader.query<unknown[]>(find, [sql.replace('?', '$1')])).length > 0;
    });

  async function expectOutages(reads: Promise<unknown>[]): Promise<void> {
    for (const result of await Promise.allSettled(reads)) {
      expect(result.status === 'rejected' && databaseOutage(result.reason)).toBeTruthy();
    }
  }

  it('take few of the connections', async () => {
    const idle = database.pool!.totalCount;
    const reads = Promise.all(Array.from({ length: READS }, (_, n) => echo(n)));
    await until(() => Promise.resolve(database.waiting < READS));
    expect(database.pool!.totalCount).toBeLessThanOrEqual(Math.max(idle, 4));
    await reads;
    expect(database.waiting).toBe(0);
  });

  it.each<Act>(['pg_cancel_backend', 'pg_terminate_backend'])(
    'end together when one of them is ended by %s, and the next ones are answered',
    async (act) => {
      const begun = Date.now();
      const ended = expectOutages([1, 2, 3].map(() => read(slow(act), 30)));
      await end(act, slow(act));
      await ended;
      expect(Date.now() - begun).toBeLessThan(4000);
      expect(Number((await echo(7))[0][0])).toBe(7);
    },
  );

  it('end together when what they ask for is locked before it is prepared', async () => {
    const sql = 'SELECT count(*) FROM reaction WHERE emoji = ?';
    await database.write(async (manager) => {
      await manager.query('LOCK TABLE reaction IN ACCESS EXCLUSIVE MODE');
      const ended = expectOutages([1, 2, 3].map(() => read(sql, 'x')));
      await end('pg_cancel_backend', sql);
      await ended;
    });
    expect(Number((await read(sql, 'x'))[0][0])).toBe(0);
  });
});
