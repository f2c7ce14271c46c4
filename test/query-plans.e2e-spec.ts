import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataSource, Logger } from 'typeorm';
import { Database } from '../src/database/database.js';
import { TestApp, type TestUser } from './support/test-app.js';
import { isPostgres } from './support/test-database.js';

let app: TestApp;
let database: Database;
let user: TestUser;
let chatId: string;
let messageId: string;
beforeAll(async () => {
  app = await TestApp.start();
  database = app.nest.get(Database);
  ({ user, chatId } = await app.givenMember());
  const { body } = await user.client.post('/message/', { chatid: chatId, message: 'hello' });
  messageId = body.id;
  await user.client.request('PUT', `/message/${messageId}/reactions/${encodeURIComponent('👍')}`);
});
afterAll(() => app.stop());

interface Query {
  sql: string;
  parameters: unknown[];
}

/** Every statement that reads rows while `work` runs. */
async function queriesOf(work: () => Promise<unknown>): Promise<Query[]> {
  const seen: Query[] = [];
  // Snapshots have a connection of their own on SQLite.
  const sources = [database.reader, (database as unknown as { snapshots: DataSource }).snapshots];
  const before = database.reader.logger;
  const ignore = (): void => undefined;
  const logger: Logger = {
    logQuery: (sql, parameters = []) => {
      if (/^SELECT .* FROM/i.test(sql)) seen.push({ sql, parameters: parameters as unknown[] });
    },
    logQueryError: ignore,
    logQuerySlow: ignore,
    logSchemaBuild: ignore,
    logMigration: ignore,
    log: ignore,
  };
  for (const source of sources) source.logger = logger;
  await work();
  for (const source of sources) source.logger = before;
  return seen;
}

/** Steps of the plan that read a whole table: none where every query stands behind an index. */
async function fullScans({ sql, parameters }: Query): Promise<string[]> {
  if (!isPostgres) {
    const rows = await database.reader.query<{ detail: string }[]>(
      `EXPLAIN QUERY PLAN ${sql}`,
      parameters,
    );
    const scans = rows.map(({ detail }) => detail).filter((detail) => /^SCAN/.test(detail));
    return scans.filter((detail) => !/USING|CONSTANT|json_each/.test(detail)); // a list is no table
  }
  // On a small table PostgreSQL reads it whole by choice; without that choice only by need.
  return database.reader.transaction(async (manager) => {
    await manager.query('SET LOCAL enable_seqscan = off');
    const rows = await manager.query<{ 'QUERY PLAN': string }[]>(`EXPLAIN ${sql}`, parameters);
    return rows.map((row) => row['QUERY PLAN']).filter((line) => line.includes('Seq Scan'));
  });
}

describe('every query stands behind an index', () => {
  it('and this test would notice one that does not', async () => {
    const sql = `SELECT id FROM users WHERE fname = 'Ada'`;
    expect(await fullScans({ sql, parameters: [] })).toHaveLength(1);
  });

  const routes: [string, () => string][] = [
    ['GET /chat/', () => '/chat/'],
    ['GET /chat/?after', () => `/chat/?after=${chatId}`],
    ['GET /chat/?joined', () => '/chat/?joined=true'],
    ['GET /chat/{id}', () => `/chat/${chatId}`],
    ['GET /chat/{id}/members', () => `/chat/${chatId}/members`],
    ['GET /message/', () => `/message/?chat_id=${chatId}`],
    ['GET /message/?before', () => `/message/?chat_id=${chatId}&before=5`],
    ['GET /message/?after', () => `/message/?chat_id=${chatId}&after=0`],
    ['GET /message/?changed_after', () => `/message/?chat_id=${chatId}&changed_after=0`],
    ['GET /message/{id}', () => `/message/${messageId}`],
    ['GET /userauth/me', () => '/userauth/me'],
    ['GET /userauth/sessions', () => '/userauth/sessions'],
    ['GET /users/{id}', () => `/users/${user.id}`],
    ['GET /users/?email', () => `/users/?email=${user.email}`],
  ];
  it.each(routes)('%s', async (_name, path) => {
    const queries = await queriesOf(async () => {
      expect((await user.client.get(path())).status).toBe(200);
    });
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) expect(await fullScans(query), query.sql).toEqual([]);
  });

  it('POST /sync', async () => {
    const queries = await queriesOf(async () => {
      const { status } = await user.client.post('/sync', { rooms: { [chatId]: 0 } });
      expect(status).toBe(200);
    });
    expect(queries.length).toBeGreaterThanOrEqual(2);
    for (const query of queries) expect(await fullScans(query), query.sql).toEqual([]);
  });
});
