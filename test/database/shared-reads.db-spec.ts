import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseOutage } from '../../src/database/database-outage.js';
import type { Database } from '../../src/database/database.js';
import { type Statement } from '../../src/database/statement.js';
import { OpenedDatabase } from '../support/opened-database.js';
import { isPostgres } from '../support/test-database.js';
import { until } from '../support/until.js';

const READS = 200;

let opened: OpenedDatabase;
let database: Database;
beforeAll(async () => {
  opened = await OpenedDatabase.open();
  ({ database } = opened);
});
afterAll(() => opened.drop());

/** Not by `statement`: these are made for a test each. */
const statementOf = (sql: string): Statement => {
  const name = `test_${sql.length}_${sql.slice(-40)}`.replace(/\W+/g, '_');
  return { name, postgres: sql.replace('?', '$1'), sqlite: sql };
};
const known = new Map<string, Statement>();
const read = (sql: string, value: number | string): Promise<unknown[][]> => {
  if (!known.has(sql)) known.set(sql, statementOf(sql));
  return database.rows(known.get(sql)!, [value]);
};
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
    const idle = database.connections!.totalCount;
    const reads = Promise.all(Array.from({ length: READS }, (_, n) => echo(n)));
    await until(() => Promise.resolve(database.waiting < READS));
    expect(database.connections!.totalCount).toBeLessThanOrEqual(Math.max(idle, 4));
    await reads;
    expect(database.waiting).toBe(0);
  });

  it.each<Act>(['pg_cancel_backend', 'pg_terminate_backend'])(
    'end together when one of them is ended by %s, and the next ones are answered',
    async (act) => {
      // More than all connections take at once: those in line do not try too.
      const ended = expectOutages(Array.from({ length: 100 }, () => read(slow(act), 100)));
      await end(act, slow(act));
      await ended;
      expect(Number((await echo(7))[0][0])).toBe(7);
    },
  );

  it('end together when what they ask for is locked before it is prepared', async () => {
    const sql = 'SELECT count(*) FROM reaction WHERE emoji = ?';
    await database.write(async ({ manager }) => {
      await manager.query('LOCK TABLE reaction IN ACCESS EXCLUSIVE MODE');
      const ended = expectOutages([1, 2, 3].map(() => read(sql, 'x')));
      await end('pg_cancel_backend', sql);
      await ended;
    });
    expect(Number((await read(sql, 'x'))[0][0])).toBe(0);
  });
});
