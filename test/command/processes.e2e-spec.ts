import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { beside, conclaveJson } from '../support/command.js';
import { RedisProcess } from '../support/redis-process.js';
import { ServerProcess } from '../support/server-process.js';
import { Listener } from '../support/socket.js';
import { PASSWORD } from '../support/test-app.js';
import { TestDatabase } from '../support/test-database.js';
import { lacking } from '../support/two-apps.js';

const SECOND_MS = 1000;
/** What is not told is found by a look every few seconds: one time may be in time by chance. */
const TIMES = 4;

describe.skipIf(lacking)(`conclave beside two servers${lacking && ` (${lacking})`}`, () => {
  let redis: RedisProcess;
  let database: TestDatabase;
  let asked: ServerProcess;
  let other: ServerProcess;
  beforeAll(async () => {
    [redis, database] = await Promise.all([RedisProcess.start(), TestDatabase.create()]);
    const environment = { ...database.environment, REDIS_URL: redis.url, LOG_LEVEL: 'info' };
    asked = await ServerProcess.start(environment); // the first one has the socket
    other = await ServerProcess.start(environment);
  });
  const listeners: Listener[] = [];
  afterEach(() => listeners.splice(0).forEach((each) => each.close()));
  afterAll(async () => {
    await ServerProcess.killAll();
    await redis.stop();
    await database.drop();
  });

  /** A new account, signed in at the other server, where it listens. */
  async function given(email: string): Promise<{ client: Client; listener: Listener }> {
    const account = { email, password: PASSWORD };
    const { body } = await new Client(other.url).post('/userauth/userSignup', account);
    const listener = await Listener.connect(other.url, body.access_token);
    listeners.push(listener);
    return { client: new Client(other.url, body.access_token), listener };
  }

  /** Milliseconds from the end of the command to what follows from it at the other server. */
  async function delay(args: string[], heard: Promise<unknown>): Promise<number> {
    await conclaveJson(beside(database), args);
    const begun = performance.now();
    await heard;
    return performance.now() - begun;
  }

  /** Only the one that was asked did the work. */
  function expectDoneOnce(event: string): void {
    const lines = (server: ServerProcess): number =>
      server.output
        .split('\n')
        .filter((line) => line.includes(`"${event}"`) && line.includes('"via":"command"')).length;
    expect([lines(asked), lines(other)]).toEqual([TIMES, 0]);
  }

  it('ends sessions, whose sockets at the other one close within a second', async () => {
    for (let n = 0; n < TIMES; n++) {
      const email = `ada${n}@example.org`;
      const { client, listener } = await given(email);
      expect((await client.get('/userauth/me')).status).toBe(200);
      expect(await delay(['users', 'end-sessions', email], listener.ended)).toBeLessThan(SECOND_MS);
      expect((await client.get('/userauth/me')).status).toBe(401);
    }
    expectDoneOnce('session.all_revoked');
  });

  it('deletes rooms, of which is heard at the other one within a second', async () => {
    const { client, listener } = await given('grace@example.org');
    for (let n = 0; n < TIMES; n++) {
      const { body: chat } = await client.post('/chat/', { chat_name: `Room ${n}` });
      const heard = listener.until(
        ({ name, payload }) => name === 'chat.deleted' && payload.chat_id === chat.id,
      );
      expect(await delay(['rooms', 'delete', chat.id], heard)).toBeLessThan(SECOND_MS);
      expect((await client.get(`/chat/${chat.id}`)).status).toBe(404);
    }
    expectDoneOnce('chat.deleted');
  });
});
