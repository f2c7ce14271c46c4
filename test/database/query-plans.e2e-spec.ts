import { randomUUID } from 'node:crypto';
import { DiscoveryService } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../src/database/database.js';
import { AttachmentRemoval } from '../../src/attachment/attachment-removal.js';
import { LeftChecks } from '../../src/attachment/left-checks.js';
import { SessionPurge } from '../../src/auth/session-purge.js';
import { endMemberships } from '../../src/chat/end-memberships.js';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { KeyRotation } from '../../src/encryption/key-rotation.js';
import { GonePurge } from '../../src/events/gone-purge.js';
import { PeriodicJob } from '../../src/jobs/job.js';
import { RoomPurge } from '../../src/message/change/room-purge.js';
import { SegmentIndexer } from '../../src/search/segment-indexer.js';
import { Files } from '../support/attachments.js';
import { claimsOf, EXCHANGE_SECRET, exchange, signToken } from '../support/exchange-token.js';
import { Client } from '../support/client.js';
import { fullScans } from '../support/full-scans.js';
import { queriesOf, type Query } from '../support/queries.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';

let app: TestApp;
let database: Database;
let user: TestUser;
let chatId: string;
let messageId: string;
let otherId: string;
let second: TestUser;
let secondChatId: string;
beforeAll(async () => {
  app = await TestApp.start({ EXCHANGE_SECRET });
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

/** Every statement that looks for rows while `work` runs. */
async function lookUpsOf(work: () => Promise<unknown>): Promise<Query[]> {
  const queries = await queriesOf(database, work);
  return queries.filter(({ sql }) => /^(SELECT .* FROM|WITH|UPDATE|DELETE)/is.test(sql));
}

describe('every query stands behind an index', () => {
  it('and this test would notice one that does not', async () => {
    const sql = `SELECT id FROM users WHERE fname = 'Ada'`;
    expect(await fullScans(database, { sql, parameters: [] })).toHaveLength(1);
  });

  const routes: [string, () => string][] = [
    ['GET /chat/', () => '/chat/'],
    ['GET /chat/?after', () => `/chat/?after=${chatId}`],
    ['GET /chat/?joined', () => '/chat/?joined=true'],
    ['GET /chat/?q', () => '/chat/?q=room%20new'],
    ['GET /chat/?q&after&joined', () => `/chat/?q=room&joined=true&after=${chatId}`],
    ['GET /chat/{id}', () => `/chat/${chatId}`],
    ['GET /chat/{id}/members', () => `/chat/${chatId}/members`],
    ['GET /message/', () => `/message/?chat_id=${chatId}`],
    ['GET /message/?before', () => `/message/?chat_id=${chatId}&before=5`],
    ['GET /message/?after', () => `/message/?chat_id=${chatId}&after=0`],
    ['GET /message/?changed_after', () => `/message/?chat_id=${chatId}&changed_after=0`],
    ['GET /message/?ids', () => `/message/?chat_id=${chatId}&ids=${messageId},${otherId}`],
    ['GET /message/search', () => `/message/search?q=hello&chat_id=${chatId}`],
    [
      'GET /message/search of all rooms, of one sender',
      () => `/message/search?q=hello&sender_id=${user.id}&highlight=true`,
    ],
    ['GET /message/{id}', () => `/message/${messageId}`],
    ['GET /userauth/me', () => '/userauth/me'],
    ['GET /userauth/sessions', () => '/userauth/sessions'],
    ['GET /users/{id}', () => `/users/${user.id}`],
    ['GET /users/?email', () => `/users/?email=${user.email}`],
    ['GET /users/?ids', () => `/users/?ids=${user.id},${otherId}`],
  ];
  it.each(routes)('%s', async (_name, path) => {
    const queries = await lookUpsOf(async () => {
      expect((await user.client.get(path())).status).toBe(200);
    });
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) expect(await fullScans(database, query), query.sql).toEqual([]);
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
    [
      'PUT /chat/{id}/read that moves, past what is deleted',
      async () => {
        const ids = [];
        for (let n = 0; n < 3; n++) {
          const sent = await user.client.post('/message/', { chatid: chatId, message: 'hello' });
          ids.push(sent.body.id);
        }
        await user.client.request('DELETE', `/message/${ids[2]}`);
        const { seq } = (await user.client.get(`/message/${ids[0]}`)).body;
        return second.client.request('PUT', `/chat/${chatId}/read`, { seq });
      },
    ],
    [
      'PUT /chat/{id}/read by one who was put there',
      async () => {
        const third = await app.givenUser();
        await user.client.request('PUT', `/chat/${chatId}/members/${third.id}`);
        return third.client.request('PUT', `/chat/${chatId}/read`, { seq: 0 });
      },
    ],
    [
      'DELETE /chat/{id}, and what ends its memberships',
      async () => {
        const id = await app.givenChat(user);
        await user.client.request('PUT', `/chat/${id}/members/${otherId}`);
        await user.client.request('PUT', `/chat/${id}/members/${second.id}`);
        expect(await database.write((tx) => endMemberships(tx, id, 2))).toBe(2);
        return user.client.request('PUT', `/chat/${id}/members/me`);
      },
    ],
    ['PATCH /chat/{id}', () => user.client.patch(`/chat/${chatId}`, { chat_name: randomUUID() })],
    ['PUT /chat/{id}/members/{id}', () => put(`/chat/${chatId}/members/${otherId}`)],
    [
      'DELETE /chat/{id}/members/{id}',
      () => user.client.request('DELETE', `/chat/${chatId}/members/${otherId}`),
    ],
    ['POST /chat/direct', () => user.client.post('/chat/direct', { user_id: otherId })],
    ['POST /chat/', () => user.client.post('/chat/', { chat_name: 'new' })],
    [
      'POST /userauth/exchange, twice, and the erasure of its user',
      async () => {
        const claims = claimsOf({ email: `${randomUUID()}@example.org`, fname: 'Ada' });
        await exchange(app, { ...claims, fname: undefined });
        const { body } = await exchange(app, claims);
        const client = new Client(app.url, body.access_token);
        return client.request('DELETE', '/userauth/me', { token: signToken(claims) });
      },
    ],
    [
      'an attachment, from its beginning to its removal',
      async () => {
        const files = new Files(app);
        const own = await files.upload(user, chatId, Buffer.from('abc'), {
          client_id: randomUUID(),
        });
        await user.client.request('DELETE', `/attachment/${own}`);
        const { id, messageId: sent } = await files.send(user, chatId, Buffer.from('abc'));
        await files.bytes(second, id);
        await fetch(await files.ticket(second, id));
        await user.client.request('DELETE', `/message/${sent}`);
        await app.nest.get(AttachmentRemoval).settle();
        return user.client.get(`/message/${sent}`);
      },
    ],
    ['PATCH /userauth/me', () => user.client.patch('/userauth/me', { fname: 'Ada' })],
    ['DELETE /message/{id}', () => user.client.request('DELETE', `/message/${messageId}`)],
  ];
  it.each(writes)('%s', async (_name, write) => {
    const queries = await lookUpsOf(async () => {
      expect((await write()).status).toBeLessThan(300);
    });
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) expect(await fullScans(database, query), query.sql).toEqual([]);
  });
});

describe('background work that finds nothing to do', () => {
  const known = [
    AttachmentRemoval,
    ErasureTask,
    GonePurge,
    KeyRotation,
    LeftChecks,
    RoomPurge,
    SegmentIndexer,
    SessionPurge,
  ];

  it('is all known to this test', () => {
    const providers = app.nest.get(DiscoveryService, { strict: false }).getProviders();
    const jobs = providers.filter(({ instance }) => (instance as unknown) instanceof PeriodicJob);
    expect(new Set(jobs.map(({ metatype }) => metatype))).toEqual(new Set(known));
  });

  it.each(known)('%o', async (job) => {
    const queries = await lookUpsOf(() => app.nest.get<PeriodicJob>(job).settle());
    if (isPostgres || job !== GonePurge) expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) expect(await fullScans(database, query), query.sql).toEqual([]);
  });
});

it('counts what is deleted and not read on the index of what is deleted', async () => {
  const asked = await lookUpsOf(() => second.client.get(`/chat/${chatId}`));
  // Jobs may ask something meanwhile.
  const query = asked.find(({ sql }) => sql.includes('message.deleted_at IS NOT NULL'))!;
  const explain = isPostgres ? 'EXPLAIN' : 'EXPLAIN QUERY PLAN';
  const plan = await database.reader.transaction(async (manager) => {
    if (isPostgres) await manager.query('SET LOCAL enable_seqscan = off');
    return JSON.stringify(await manager.query(`${explain} ${query.sql}`, query.parameters));
  });
  expect(plan).toContain('ix_message_deleted');
  expect(plan).not.toContain('ix_message_chat_id_seq');
});

const put = (path: string, body?: object): Promise<{ status: number }> =>
  user.client.request('PUT', path, body);
