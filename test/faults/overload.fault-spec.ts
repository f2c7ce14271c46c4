import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { ServerProcess } from '../support/server-process.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';
import { isShort, note, tell } from './support/figures.js';
import { type Ask, LoadGenerator } from './support/load-generator.js';
import { type Acknowledged, checkRoom } from './support/room-check.js';
import { watchMemory } from './support/watch-memory.js';

const SECONDS = isShort ? 3 : 10;
const FACTOR = 3;
const CONNECTIONS = 1000;
/** As many as it takes for none of them to reach a user's share of the places. */
const USERS = 10;
const SLOWEST_MS = 3000;
/** Requests that the server lets in before it refuses. */
const UNDER_WAY = 300;
const MEMORY_BYTES = 700 * 1024 ** 2;
/** Its times are those of the generator's machine too, which may do something else for a moment. */
const RETRIES = { retry: 2 };
const name = `overload, ${isPostgres ? 'PostgreSQL' : 'SQLite'}`;

interface User {
  id: string;
  token: string;
}

/**
 * Three sends and a page, the users in turn; the ledger keeps what was acknowledged. The page is a long one: three
 * times what the server can do must be less than the generator can, or its own line is what is measured.
 */
function mix(chatId: string, users: User[], ledger: Acknowledged[]): () => Ask {
  let count = 0;
  return () => {
    const { id: sender, token } = users[count % users.length];
    if (++count % 4 === 0) return { path: `/message/?chat_id=${chatId}&limit=200`, token };
    const client_id = randomUUID();
    const text = client_id.padEnd(200, 'x');
    const heard = (status: number, answer: string): void => {
      if (status !== 201) return;
      const { id, seq } = JSON.parse(answer) as Acknowledged;
      ledger.push({ id, seq, sender, text });
    };
    return { path: '/message/', token, body: { chatid: chatId, message: text, client_id }, heard };
  };
}

async function signUp(server: ServerProcess, index: number): Promise<User> {
  const account = { email: `${index}@example.org`, password: 'correct horse battery staple' };
  const { body } = await new Client(server.url).post('/userauth/userSignup', account);
  return { id: body.user.id, token: body.access_token };
}

describe('three times what the server can do', () => {
  let database: TestDatabase;
  let server: ServerProcess;
  let client: Client;
  let users: User[];
  let chatId: string;
  const ledger: Acknowledged[] = [];
  const generators: LoadGenerator[] = [];

  beforeAll(async () => {
    database = await TestDatabase.create();
    server = await ServerProcess.start(database.environment);
    users = await Promise.all(Array.from({ length: USERS }, (_, index) => signUp(server, index)));
    client = new Client(server.url, users[0].token);
    chatId = (await client.post('/chat/', { chat_name: 'Room' })).body.id;
  });
  afterAll(async () => {
    for (const generator of generators) generator.close();
    await ServerProcess.killAll();
    await database?.drop();
  });

  const newGenerator = async (connections: number): Promise<LoadGenerator> => {
    const next = mix(chatId, users, ledger);
    const generator = new LoadGenerator(server.url, next, connections);
    generators.push(generator);
    await generator.connect();
    return generator;
  };

  it('refuses nobody at full speed, then quickly, and is well right after', RETRIES, async () => {
    const capacity = await fullSpeed();
    const overload = await newGenerator(CONNECTIONS);
    const memory = watchMemory(server);
    // Two of three are too many: enough of them to fill a server of any speed.
    const seconds = Math.max(SECONDS, (3 * UNDER_WAY) / (2 * capacity));
    const sent = await overload.openLoop(FACTOR * capacity, seconds);
    const bytes = memory.stop();
    const [accepted, pages, refused] = [201, 200, 503].map((status) => overload.latency(status));
    const rate = (accepted.count + pages.count) / seconds;
    note(
      `${name}: ${round(capacity)} requests/s at full speed; of ${sent} in ${round(seconds)} s ` +
        `${refused.count} refused (median ${refused.median} ms), ${round(rate)}/s accepted: ` +
        `sends median ${accepted.median} ms, p99 ${accepted.p99} ms, pages median ` +
        `${pages.median} ms, p99 ${pages.p99} ms; at most ${round(bytes / 1024 ** 2)} MiB`,
    );
    expect([...overload.times.keys()].sort()).toEqual([200, 201, 503]);
    const { headers, body } = overload.samples.get(503)!;
    expect(headers['content-type']).toContain('application/problem+json');
    expect(headers['retry-after']).toBe('1');
    expect(JSON.parse(body)).toMatchObject({
      status: 503,
      type: 'urn:conclave:problem:unavailable',
    });
    const slowest = Math.max(SLOWEST_MS, (3 * 1000 * UNDER_WAY) / capacity);
    expect(Math.max(accepted.p99, pages.p99)).toBeLessThan(slowest);
    expect(bytes).toBeLessThan(MEMORY_BYTES);
    await expectWell();
    await expectNoneLost();
  });

  /** Answers a second, none of them a refusal. */
  async function fullSpeed(): Promise<number> {
    let rate = 0;
    for (const callers of [64, 64, 256]) {
      const generator = await newGenerator(callers);
      rate = Math.max(rate, await generator.closedLoop(callers, SECONDS));
      expect([...generator.times.keys()].sort(), `${callers} callers`).toEqual([200, 201]);
    }
    return rate;
  }

  async function expectWell(): Promise<void> {
    const after = await newGenerator(16);
    await after.closedLoop(16, 1);
    expect([...after.times.keys()].sort()).toEqual([200, 201]);
    expect(after.latency(201).p99).toBeLessThan(SLOWEST_MS / 2);
    expect((await client.get('/health/ready')).status).toBe(200);
  }

  async function expectNoneLost(): Promise<void> {
    const verdict = await checkRoom(client, chatId, ledger);
    tell(name, verdict, `${FACTOR} times what it can do`);
    expect(verdict).toMatchObject({ lost: 0, twice: 0, gaps: 0, total: verdict.acknowledged });
  }
});

function round(value: number): string {
  return Math.round(value).toLocaleString('en');
}
