import { randomUUID } from 'node:crypto';
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
let otherId: string;
let second: TestUser;
let secondChatId: string;
beforeAll(async () => {
  app = await TestApp.start();
  database = app.nest.get(Database);
  ({ user, chatId } = await app.givenMember());
  otherId = (await app.givenUser()).id;
  const { body } = await user.client.post('/message/', { chatid: chatId, message: 'hello' });
  messageId = body.id;
  // Lists of more than one item make other statements.
  secondChatId = await app.givenChat(user);
  second = await app.givenUser();
  for (const id of [chatId, secondChatId]) {
    await user.client.request('PUT', `/chat/${id}/members/${second.id}`);
    await second.client.post('/message/', { chatid: id, message: 'hello' });
  }
  await user.client.request('PUT', `/message/${messageId}/reactions/${encodeURIComponent('👍')}`);
});
afterAll(() => app.stop());

interface Query {
  sql: string;
  parameters: unknown[];
}

/** Every statement that looks for rows while `work` runs. */
async function queriesOf(work: () => Promise<unknown>): Promise<Query[]> {
  const seen: Query[] = [];
  // Writes and snapshots have connections of their own on SQLite.
  const { writer, snapshots } = database as unknown as Record<string, DataSource>;
  const sources = [database.reader, writer, snapshots];
  const before = database.reader.logger;
  const ignore = (): void => undefined;
  const logger: Logger = {
    logQuery: (sql, parameters = []) => {
      if (/^(SELECT .* FROM|WITH|UPDATE|DELETE)/i.test(sql))
        seen.push({ sql, parameters: parameters as unknown[] });
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

/** Looking by these alone finds most of the table, or all of a room. */
const WIDE = [
  /^SEARCH (chat|users) .*\((deleted_at|erased_at|cleared_at|visibility)=\?\)/,
  /^SEARCH message .*\((chat_id|sender_id)=\?\)/,
];

/** Steps of the plan that read a whole table: none where every query stands behind an index. */
async function fullScans({ sql, parameters }: Query): Promise<string[]> {
  if (!isPostgres) {
    const rows = await database.reader.query<{ detail: string }[]>(
      `EXPLAIN QUERY PLAN ${sql}`,
      parameters,
    );
    return rows
      .map(({ detail }) => detail)
      .filter((detail) => /^SCAN/.test(detail) || WIDE.some((wide) => wide.test(detail)))
      .filter((detail) => !/^SCAN.*(USING|CONSTANT|json_each|dummy_table)/.test(detail)); // neither a list nor a constant is a table
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

  const writes: [string, () => Promise<{ status: number }>][] = [
    ['POST /sync', () => user.client.post('/sync', { rooms: { [chatId]: 0 } })],
    [
      'POST /sync of two rooms',
      () => user.client.post('/sync', { rooms: { [chatId]: 0, [secondChatId]: 0 } }),
    ],
    [
      'POST /message/ of two people to two rooms at once',
      async () => {
        const sends = [user, second, user, second, user].map(({ client }, n) =>
          client.post('/message/', {
            chatid: n % 3 ? chatId : secondChatId,
            message: 'hello',
            client_id: randomUUID(),
            reply_to: n % 3 ? messageId : undefined,
          }),
        );
        return { status: Math.max(...(await Promise.all(sends)).map(({ status }) => status)) };
      },
    ],
    ['POST /message/', () => user.client.post('/message/', { chatid: chatId, message: 'hello' })],
    [
      'POST /message/ with client_id and reply_to',
      () => {
        const named = { client_id: randomUUID(), reply_to: messageId };
        return user.client.post('/message/', { chatid: chatId, message: 'hello', ...named });
      },
    ],
    [
      'PATCH /message/{id}',
      () => user.client.patch(`/message/${messageId}`, { message: randomUUID() }),
    ],
    ['PUT /message/{id}/reactions', () => put(`/message/${messageId}/reactions/%F0%9F%8E%89`)],
    [
      'DELETE /message/{id}/reactions',
      () => user.client.request('DELETE', `/message/${messageId}/reactions/%F0%9F%8E%89`),
    ],
    ['PUT /chat/{id}/read', () => put(`/chat/${chatId}/read`, { seq: 2 })],
    ['PATCH /chat/{id}', () => user.client.patch(`/chat/${chatId}`, { chat_name: randomUUID() })],
    ['PUT /chat/{id}/members/{id}', () => put(`/chat/${chatId}/members/${otherId}`)],
    [
      'DELETE /chat/{id}/members/{id}',
      () => user.client.request('DELETE', `/chat/${chatId}/members/${otherId}`),
    ],
    ['POST /chat/direct', () => user.client.post('/chat/direct', { user_id: otherId })],
    ['POST /chat/', () => user.client.post('/chat/', { chat_name: 'new' })],
    ['PATCH /userauth/me', () => user.client.patch('/userauth/me', { fname: 'Ada' })],
    ['DELETE /message/{id}', () => user.client.request('DELETE', `/message/${messageId}`)],
  ];
  it.each(writes)('%s', async (_name, write) => {
    const queries = await queriesOf(async () => {
      expect((await write()).status).toBeLessThan(300);
    });
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) expect(await fullScans(query), query.sql).toEqual([]);
  });
});

const put = (path: string, body?: object): Promise<{ status: number }> =>
  user.client.request('PUT', path, body);
