import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { RedisProcess } from '../support/redis-process.js';
import { ResumingSocket, ResumingStream, type Resuming } from '../support/resuming.js';
import { ServerProcess } from '../support/server-process.js';
import { PASSWORD } from '../support/test-app.js';
import { TestDatabase } from '../support/test-database.js';
import { lacking } from '../support/two-apps.js';
import { until } from '../support/until.js';

const WRITERS = 4;
const SENDS_BEFORE = 20;
const SENDS = 60;
const LAST_MS = 20_000;

interface Sent {
  id: string;
  seq: number;
}

describe.skipIf(lacking)(`kill -9 of one of two processes${lacking && ` (${lacking})`}`, () => {
  let redis: RedisProcess;
  let database: TestDatabase;
  let servers: ServerProcess[];
  const listeners: Resuming[] = [];
  beforeAll(async () => {
    [redis, database] = await Promise.all([RedisProcess.start(), TestDatabase.create()]);
    const environment = { ...database.environment, REDIS_URL: redis.url, LOG_LEVEL: 'info' };
    const first = await ServerProcess.start(environment); // migrates, and makes the secrets
    servers = [first, await ServerProcess.start(environment)];
  });
  afterEach(() => listeners.splice(0).forEach((each) => each.close()));
  afterAll(async () => {
    await ServerProcess.killAll();
    await redis.stop();
    await database.drop();
  });

  /** Sends until it is acknowledged, by either of them. */
  async function send(token: string, body: object, urls: string[]): Promise<Sent> {
    for (let n = 0; ; n++) {
      const client = new Client(urls[n % urls.length], token);
      const answer = await client.post('/message/', body).catch(() => undefined);
      if (answer && [200, 201].includes(answer.status)) return answer.body;
      expect(answer?.status ?? 503).toBe(503);
      await sleep(50);
    }
  }

  it('every client has every acknowledged message exactly once', { timeout: 90_000 }, async () => {
    const urls = servers.map(({ url }) => url);
    const { body: account } = await new Client(urls[0]).post('/userauth/userSignup', {
      email: 'writer@example.org',
      password: PASSWORD,
    });
    const token: string = account.access_token;
    const chat = await new Client(urls[0], token).post('/chat/', { chat_name: 'Room' });
    const chatId: string = chat.body.id;
    for (const from of [0, 1, 0, 1]) {
      listeners.push(await ResumingSocket.open({ urls, from, token, chatId }));
    }
    for (const from of [0, 1]) {
      listeners.push(await ResumingStream.open({ urls, from, token, chatId }));
    }

    const acknowledged: Sent[] = [];
    const write = async (writer: number): Promise<void> => {
      const order = writer % 2 ? urls : [...urls].reverse();
      for (let n = 0; n < SENDS; n++) {
        const client_id = `${writer}-${n}`;
        const body = { chatid: chatId, message: `message ${client_id}`, client_id };
        acknowledged.push(await send(token, body, order));
      }
    };
    const writing = Promise.all(Array.from({ length: WRITERS }, (_, n) => write(n)));
    await until(() => acknowledged.length >= WRITERS * SENDS_BEFORE, LAST_MS);
    servers[0].kill('SIGKILL');
    expect(await servers[0].ended).toBe('SIGKILL');
    await writing;

    const seqs = acknowledged.map(({ seq }) => seq).sort((one, other) => one - other);
    const total = WRITERS * SENDS;
    expect(seqs).toEqual(Array.from({ length: total }, (_, n) => n + 1));
    await until(() => listeners.every(({ kept }) => kept.size === total), LAST_MS, 'all have all');
    const truth = acknowledged.map(({ id, seq }) => `${seq} ${id}`).sort();
    for (const { kept, repeated } of listeners) {
      expect([...kept].map(([id, seq]) => `${seq} ${id}`).sort()).toEqual(truth);
      expect(repeated).toBe(0);
    }
    expect(listeners.filter(({ cuts }) => cuts > 0)).toHaveLength(3);
  });
});
