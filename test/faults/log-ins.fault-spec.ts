import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { ServerProcess } from '../support/server-process.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';
import { isShort, note } from './support/figures.js';

const FLOOD = 400;
const ROUNDS = isShort ? 1 : 5;
const QUIET_MS = 3000;
const LOG_IN_MS = 6000;
const SEND_MS = 1000;
const GONE = 200;
const GONE_AFTER_MS = 500;
/** So that an honest user stays within 1,200 requests a minute. */
const PAUSE_MS = 60;
const name = isPostgres ? 'PostgreSQL' : 'SQLite';
const ACCOUNT = { email: 'ada@example.org', password: 'correct horse battery staple' };

/** Its times are those of the flood's machine too, which may do something else for a moment. */
const RETRIES = { retry: 2 };

/** The loopback network is wide: each of these is an address of its own, with its own limits. */
const HONEST = '127.0.0.2';
let flooders = 0;
const newFlooder = (): string => `127.0.1.${++flooders}`;

interface Outcome {
  /** 0 where there was none. */
  status: number;
  ms: number;
  retryAfter: string | undefined;
}

describe(`${FLOOD} log-ins at once from one address`, () => {
  let database: TestDatabase;
  let server: ServerProcess;
  let token: string;
  let chatId: string;
  const agents = new Map<string, Agent>();

  beforeAll(async () => {
    database = await TestDatabase.create();
    server = await ServerProcess.start({
      ...database.environment,
      PBKDF2_ITERATIONS: '600000',
      RATE_LIMIT: 'on',
    });
    const { body } = await new Client(server.url).post('/userauth/userSignup', ACCOUNT);
    token = body.access_token;
    const chat = await new Client(server.url, token).post('/chat/', { chat_name: 'Room' });
    chatId = chat.body.id;
  });
  afterAll(async () => {
    for (const agent of agents.values()) agent.destroy();
    await ServerProcess.killAll();
    await database?.drop();
  });

  function post(from: string, path: string, body: object, patienceMs?: number): Promise<Outcome> {
    const begin = performance.now();
    const text = JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    };
    const agent = agents.get(from) ?? new Agent({ keepAlive: true, localAddress: from });
    agents.set(from, agent);
    const signal = patienceMs === undefined ? undefined : AbortSignal.timeout(patienceMs);
    return new Promise((resolve) => {
      const settle = (status: number, retryAfter?: string): void =>
        resolve({ status, ms: performance.now() - begin, retryAfter });
      const sent = request(server.url + path, { agent, method: 'POST', headers, signal });
      sent.on('error', () => settle(0));
      sent.on('response', (answer) => {
        answer.resume().on('end', () => settle(answer.statusCode!, answer.headers['retry-after']));
      });
      sent.end(text);
    });
  }

  const logIn = (from: string, account: object, patienceMs?: number): Promise<Outcome> =>
    post(from, '/userauth/userLogin', account, patienceMs);
  const flood = (from: string, count: number, patienceMs?: number): Promise<Outcome[]> =>
    Promise.all(
      Array.from({ length: count }, () =>
        logIn(from, { email: `${randomUUID()}@example.org`, password: 'x' }, patienceMs),
      ),
    );
  const send = (): Promise<Outcome> =>
    post(HONEST, '/message/', { chatid: chatId, message: randomUUID() });

  /** Does it again and again, with a pause, until `during` is over, and once at least. */
  async function meanwhile(
    during: Promise<unknown>,
    act: () => Promise<Outcome>,
  ): Promise<Outcome[]> {
    let isOver = false;
    void during.then(() => (isOver = true));
    const outcomes: Outcome[] = [];
    do {
      outcomes.push(await act());
      await sleep(PAUSE_MS);
    } while (!isOver);
    return outcomes;
  }

  it('keep nobody else from logging in or sending', RETRIES, async () => {
    await meanwhile(sleep(QUIET_MS), send); // until the server is warm
    const calm = sleep(QUIET_MS);
    const [quietLogIns, quietSends] = [
      await logIn(HONEST, ACCOUNT).then((one) => [one]),
      await meanwhile(calm, send),
    ];
    const [flooded, logIns, sends]: Outcome[][] = [[], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      const answers = flood(newFlooder(), FLOOD);
      const during = Promise.all([
        answers,
        meanwhile(answers, () => logIn(HONEST, ACCOUNT)),
        meanwhile(answers, send),
      ]);
      for (const [at, outcomes] of (await during).entries()) {
        [flooded, logIns, sends][at].push(...outcomes);
      }
    }
    const refused = flooded.filter(({ status }) => status === 503);
    note(
      `log-ins, ${name}: ${FLOOD} at once from one address × ${ROUNDS}, of which ` +
        `${refused.length} were refused (${times(refused)}), the others answered (` +
        `${times(flooded.filter(({ status }) => status !== 503))}); another address logged in ` +
        `${logIns.length} times (${times(logIns)}; alone ${times(quietLogIns)}) and sent ` +
        `${sends.length} messages (${times(sends)}; without the flood ${times(quietSends)})`,
    );
    expect(statuses(flooded)).toEqual([401, 503]);
    expect(refused.every(({ retryAfter }) => Number(retryAfter) > 0)).toBe(true);
    expect(statuses(logIns)).toEqual([200]);
    expect(statuses(sends)).toEqual([201]);
    expect(Math.max(...flooded.map(({ ms }) => ms))).toBeLessThan(2 * LOG_IN_MS);
    expect(Math.max(...logIns.map(({ ms }) => ms))).toBeLessThan(LOG_IN_MS);
    expect(Math.max(...sends.map(({ ms }) => ms))).toBeLessThan(SEND_MS);
  });

  it('whose clients have gone are not computed', async () => {
    const from = newFlooder();
    const answers = await flood(from, GONE, GONE_AFTER_MS);
    const gone = answers.filter(({ status }) => status === 0).length;
    expect(gone).toBeGreaterThan(1);
    await sleep(GONE_AFTER_MS);
    const waiting = await waitingHashes();
    const begin = performance.now();
    const after = await logIn(from, ACCOUNT);
    note(
      `log-ins, ${name}: ${gone} whose clients hang up after ${GONE_AFTER_MS} ms leave ${waiting} ` +
        `hashes waiting half a second later; the next log-in from there takes ` +
        `${Math.round(performance.now() - begin)} ms`,
    );
    expect([waiting, after.status]).toEqual([0, 200]);
  });

  async function waitingHashes(): Promise<number> {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Number(/^conclave_hashing_waiting (\d+)$/m.exec(text)![1]);
  }
});

function statuses(outcomes: Outcome[]): number[] {
  return [...new Set(outcomes.map(({ status }) => status))].sort();
}

function times(outcomes: Outcome[]): string {
  const sorted = outcomes.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (q: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * q)] ?? 0);
  return `median ${at(0.5)} ms, p99 ${at(0.99)} ms, slowest ${at(1)} ms`;
}
