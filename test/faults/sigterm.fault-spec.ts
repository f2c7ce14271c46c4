import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { ServerProcess } from '../support/server-process.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';
import { isShort, tell } from './support/figures.js';
import { Writers } from './support/writers.js';

const CYCLES = isShort ? 1 : 8;
const WRITERS = 8;
const LOG_INS = isShort ? 8 : 16;
const ENDED_MS = 10_000;
const READ_MS = 100;
const ACCOUNT = { email: 'ada@example.org', password: 'correct horse battery staple' };

describe('SIGTERM under 8 writers and some log-ins', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await TestDatabase.create();
  });
  afterAll(async () => {
    await ServerProcess.killAll();
    await database?.drop();
  });

  const start = (): Promise<ServerProcess> =>
    ServerProcess.start({ ...database.environment, PBKDF2_ITERATIONS: '600000' });

  it('answers what was accepted, ends with 0 and keeps every message', async () => {
    let server = await start();
    const { status } = await new Client(server.url).post('/userauth/userSignup', ACCOUNT);
    expect(status).toBe(201);
    const writers = await Writers.start(server.url, WRITERS);
    const took: number[] = [];
    const logIns: Record<string, number> = {};
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      await writers.untilAcknowledged(100);
      const asked = Array.from({ length: LOG_INS }, () => logIn(server.url));
      await untilRead(server.url);
      const begin = Date.now();
      expect(await server.stop('SIGTERM'), server.output).toBe(0);
      took.push(Date.now() - begin);
      for (const answer of await Promise.all(asked)) logIns[answer] = (logIns[answer] ?? 0) + 1;
      await expect(fetch(`${server.url}/health/live`)).rejects.toThrow();
      server = await start();
      writers.moveTo(server.url);
    }
    await writers.untilAcknowledged(100);
    await writers.stop();
    const verdict = await writers.verify();
    tell(
      `SIGTERM, ${isPostgres ? 'PostgreSQL' : 'SQLite'} × ${CYCLES}`,
      verdict,
      `ended after at most ${Math.max(...took)} ms; accepted, not answered ` +
        `${writers.answers.lost ?? 0}`,
    );
    expect(verdict).toMatchObject({ lost: 0, twice: 0, gaps: 0, total: verdict.acknowledged });
    expect(writers.unexpected).toEqual([]);
    expect(writers.answers.lost, 'accepted, and not answered').toBeUndefined();
    expect(Object.keys(logIns).filter((answer) => answer !== '200' && answer !== '503')).toEqual(
      [],
    );
    expect(Math.max(...took)).toBeLessThan(ENDED_MS);
  });
});

/** Connections are taken in their order: once a new one is answered, those before it were read. */
async function untilRead(url: string): Promise<void> {
  await sleep(READ_MS);
  const [response] = (await once(get(`${url}/health/live`, { agent: false }), 'response')) as [
    IncomingMessage,
  ];
  response.resume();
  await once(response, 'end');
  await sleep(READ_MS);
}

/** The status of the answer, or why there was none. */
async function logIn(url: string): Promise<string> {
  try {
    const { status, headers } = await new Client(url).post('/userauth/userLogin', ACCOUNT);
    return status === 503 && !headers.has('retry-after') ? '503 bare' : String(status);
  } catch (error) {
    return String((error as Error).cause ?? error);
  }
}
