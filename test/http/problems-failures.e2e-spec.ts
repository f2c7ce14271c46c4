import { Logger } from '@nestjs/common';
import { QueryFailedError } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Whitelist } from '../../src/auth/whitelist.js';
import { ChatService } from '../../src/chat/chat.service.js';
import { Database } from '../../src/database/database.js';
import { expectProblem } from '../support/expect-problem.js';
import type { Answer, Client } from '../support/client.js';
import { TestApp } from '../support/test-app.js';

let app: TestApp;
let client: Client;
beforeAll(async () => {
  app = await TestApp.start();
  client = app.as(await app.givenUser());
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => app.stop());

describe('a failure that nobody expects', () => {
  const thrown = {
    'an error': new Error('no /srv/conclave/src/chat/chat.service.ts in node_modules'),
    'a type error': new TypeError("Cannot read properties of undefined (reading 'id')"),
    'a refused statement': new QueryFailedError('SELECT * FROM "users"', [], withCode('23505')),
    'a string': 'SELECT * FROM users',
    nothing: undefined,
    null: null,
  };

  it.each(Object.entries(thrown))('is a 500 that tells nothing: %s', async (_, error) => {
    const logged = vi.spyOn(Logger.prototype, 'error');
    vi.spyOn(app.nest.get(ChatService), 'list').mockRejectedValueOnce(error);
    const { request_id } = expectProblem(await client.get('/chat/'), 500, 'internal');
    expect(logged).toHaveBeenCalledWith(expect.objectContaining({ request_id, err: error }));
    expect((await client.get('/chat/')).status).toBe(200);
  });

  it('is a 500 that tells nothing: a table that is gone', async () => {
    await app.sql('ALTER TABLE chat RENAME TO chat_gone');
    const answers = [await client.get('/chat/'), await client.post('/chat/', { chat_name: 'x' })];
    await app.sql('ALTER TABLE chat_gone RENAME TO chat');
    for (const answer of answers) expectProblem(answer, 500, 'internal');
    expect((await client.get('/chat/')).status).toBe(200);
  });
});

describe('a database that does not answer', () => {
  const outages = [
    withCode('ECONNREFUSED'),
    withCode('ECONNRESET'),
    withCode('EAI_AGAIN'),
    new Error('Connection terminated unexpectedly'),
    new Error('timeout exceeded when trying to connect'),
    ...[
      '57P01',
      '57P03',
      '53300',
      '25006',
      '08006',
      'SQLITE_FULL',
      'SQLITE_IOERR_WRITE',
      'SQLITE_CORRUPT',
    ].map((code) => new QueryFailedError('SELECT 1', [], withCode(code))),
  ];

  const expectOutage = (answer: Answer): void => {
    expectProblem(answer, 503, 'unavailable');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  };

  it.each(outages)('is a 503 with Retry-After: %o', async (error) => {
    vi.spyOn(app.nest.get(ChatService), 'list').mockRejectedValueOnce(error);
    expectOutage(await client.get('/chat/'));
  });

  it('is no 401 when it keeps the guard from looking', async () => {
    const whitelist = app.nest.get(Whitelist);
    vi.spyOn(whitelist, 'requireLive').mockRejectedValueOnce(withCode('ECONNREFUSED'));
    expectOutage(await client.get('/chat/'));
  });

  it('makes the server not ready', async () => {
    vi.spyOn(app.nest.get(Database), 'ping').mockRejectedValueOnce(withCode('ECONNREFUSED'));
    expectOutage(await app.anonymous.get('/health/ready'));
    const status = async (): Promise<number> => (await app.anonymous.get('/health/ready')).status;
    await expect.poll(status, { timeout: 5000 }).toBe(200);
  });
});

function withCode(code: string): Error {
  return Object.assign(new Error(`connect ${code} 10.0.0.1:5432 at /srv/conclave/src/main.ts:1`), {
    code,
  });
}
