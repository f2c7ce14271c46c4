import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectProblem } from '../support/expect-problem.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';

async function read(app: TestApp, token?: string): Promise<{ status: number; text: string }> {
  const headers = new Headers();
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  const response = await fetch(`${app.url}/metrics`, { headers });
  return { status: response.status, text: await response.text() };
}

/** The value of a metric, or of all that begin so, added up. */
const valueOf = (text: string, name: string): number =>
  text
    .split('\n')
    .filter((line) => line.startsWith(name))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);

describe('/metrics', () => {
  let app: TestApp;
  beforeAll(async () => (app = await TestApp.start()));
  afterAll(() => app.stop());

  it('counts requests by the pattern of their route, and names no id', async () => {
    const { user, chatId } = await app.givenMember();
    await app.as(user).post('/message/', { chatid: chatId, message: 'hello' });
    await app.as(user).get(`/chat/${chatId}`);
    await app.as(user).get(`/message/?chat_id=${chatId}`);
    const { text } = await read(app);
    const count = 'conclave_http_request_duration_seconds_count';
    expect(valueOf(text, `${count}{method="POST",route="/message",status="201"}`)).toBe(1);
    expect(valueOf(text, `${count}{method="GET",route="/chat/:chat_id",status="200"}`)).toBe(1);
    expect(text).not.toContain(chatId);
    expect(text).not.toContain('hello');
  });

  it('tells of every part of the server', async () => {
    const { user, chatId } = await app.givenMember();
    const { body } = await app.as(user).post('/message/', { chatid: chatId, message: 'sealed' });
    await app.sql('UPDATE message SET ciphertext = ? WHERE id = ?', ['no token', body.id]);
    await app.as(user).get(`/message/${body.id}`);
    const { text } = await read(app);
    expect(valueOf(text, 'conclave_unreadable_messages_total')).toBe(1);
    expect(valueOf(text, 'conclave_writer_batch_size_sum')).toBeGreaterThan(0);
    expect(valueOf(text, 'conclave_whitelist_cache_hits_total')).toBeGreaterThan(0);
    expect(valueOf(text, 'conclave_key_cache_hits_total')).toBeGreaterThan(0);
    for (const name of [
      'database_waiting',
      'writer_waiting',
      'hashing_waiting',
      'sockets',
      'event_streams',
    ]) {
      expect(text).toContain(`conclave_${name} 0`);
    }
    for (const name of ['keys_cached', 'body_cache_bytes', 'refused_total']) {
      expect(text).toContain(`conclave_${name} `);
    }
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    const build = `conclave_build_info{version="${version}",node="${process.version}"} 1`;
    expect(text).toContain(build);
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(text.includes('conclave_database_connections ')).toBe(isPostgres);
  });
});

describe('/metrics in production', () => {
  const token = randomBytes(24).toString('base64url');
  const production = {
    NODE_ENV: 'production',
    PBKDF2_ITERATIONS: '600000',
    MASTER_KEYS: `${randomBytes(32).toString('base64url')}=`,
    JWT_SECRET: randomBytes(48).toString('base64url'),
  };

  it.each([
    ['that was set', { ...production, METRICS_TOKEN: token }, 200],
    ['but answers nobody where none was', production, 401],
  ])('asks for the token %s', async (_, environment, expected) => {
    const app = await TestApp.start(environment);
    try {
      expect((await read(app, token)).status).toBe(expected);
      expect((await read(app, `${token}x`)).status).toBe(401);
      expectProblem(await app.anonymous.get('/metrics'), 401, 'unauthenticated');
    } finally {
      await app.stop();
    }
  });
});
