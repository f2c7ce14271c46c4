import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PipelinedClient } from '../../src/database/postgres/pipelined-client.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';

let app: TestApp;
let user: TestUser;
let chatId: string;
let message: { chatid: string; message: string };
beforeAll(async () => {
  app = await TestApp.start();
  ({ user, chatId } = await app.givenMember());
  message = { chatid: chatId, message: 'hello' };
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => app.stop());

interface Asked {
  text: string;
  name: string | undefined;
}

/** What PostgreSQL is asked by one request, in order. */
async function asked(work: () => Promise<unknown>): Promise<Asked[]> {
  const query = vi.spyOn(pg.Client.prototype, 'query') as unknown as {
    mock: { calls: (string | { text: string; name: string })[][] };
  };
  await work();
  return query.mock.calls.map(([given]) =>
    typeof given === 'string' ? { text: given, name: undefined } : given,
  );
}

describe.skipIf(!isPostgres)('a send on PostgreSQL', () => {
  it('locks its room before it reads what the lock protects, and writes before it commits', async () => {
    const { id } = (await user.client.post('/message/', message)).body;
    const send = () => user.client.post('/message/', { ...message, reply_to: id });
    await send();
    const texts = (await asked(send)).map(({ text }) => text);
    const order = [
      /^START TRANSACTION$/,
      /FROM chat .*FOR NO KEY UPDATE/s,
      /JOIN member/,
      /FROM users .*FOR KEY SHARE/s,
      /FROM message/,
      /^WITH .*UPDATE chat.*INSERT INTO member.*INSERT INTO message/s,
      /^COMMIT$/,
    ].map((pattern) => texts.findIndex((text) => pattern.test(text)));
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(texts).toHaveLength(7);
  });

  it('names its statements, so that each is planned once', async () => {
    const page = () => user.client.get(`/message/?chat_id=${chatId}&limit=50`);
    await page();
    const names = (await asked(page)).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain(undefined);
    expect(PipelinedClient.prototype).toBeInstanceOf(pg.Client);
  });
});
