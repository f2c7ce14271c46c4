import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.js';
import { ServerProcess } from '../support/server-process.js';
import { isRefused, isShort, tell } from './support/figures.js';
import { missingPostgres, PostgresProcess } from './support/postgres-process.js';
import { Writers } from './support/writers.js';

const WRITERS = 8;
const CYCLES = isShort ? 1 : 5;
const DOWN_MS = isShort ? 1000 : 2000;
/** Longer than any answer may take that waits for the database. */
const PAUSE_MS = isShort ? 8000 : 20_000;
/** No caller waits longer, whatever the database does. */
const ANSWERED_MS = 15_000;
const RECOVERED_MS = 5000;
const PROBE_EVERY_MS = 500;

const isSkipped = isRefused('PostgreSQL restarted and paused', missingPostgres());

describe.skipIf(isSkipped)('under 8 writers', () => {
  let postgres: PostgresProcess;
  let dataDir: string;
  let server: ServerProcess;
  let writers: Writers;

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'conclave-test-'));
    postgres = await PostgresProcess.create();
  });
  beforeEach(async () => {
    server = await ServerProcess.start({
      NODE_ENV: 'test',
      PORT: '0',
      PBKDF2_ITERATIONS: '1000',
      DATA_DIR: dataDir,
      DATABASE_URL: postgres.url,
    });
    writers = await Writers.start(server.url, WRITERS, { timeoutMs: ANSWERED_MS });
  });
  afterEach(async () => {
    await writers?.abandon();
    await ServerProcess.killAll();
  });
  afterAll(async () => {
    await postgres?.remove();
    rmSync(dataDir, { recursive: true });
  });

  /** Each acknowledged message stands there once, and nobody got an answer that is none. */
  async function expectAllThere(name: string, figures: string): Promise<void> {
    await writers.stop();
    const verdict = await writers.verify();
    tell(name, verdict, `503 × ${writers.answers['503']}; ${figures}`);
    expect(writers.unexpected).toEqual([]);
    expect(verdict).toMatchObject({ lost: 0, twice: 0, gaps: 0, total: verdict.acknowledged });
    expect(writers.answers.lost, `answers later than ${ANSWERED_MS} ms, or none`).toBeUndefined();
    expect(writers.answers['503']).toBeGreaterThan(0);
    expect(server.output).not.toContain('"status":500');
  }

  it.each(['fast', 'immediate'] as const)('PostgreSQL is restarted, -m %s', async (mode) => {
    const recovered: number[] = [];
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      await writers.untilAcknowledged(200);
      await postgres.stop(mode);
      await sleep(DOWN_MS);
      await postgres.start();
      recovered.push(await untilRecovered());
    }
    await writers.untilAcknowledged(200);
    const figures = `writes again after at most ${Math.max(...recovered)} ms`;
    await expectAllThere(`PostgreSQL restarted -m ${mode} × ${CYCLES}`, figures);
    expect(Math.max(...recovered)).toBeLessThan(RECOVERED_MS);
  });

  it('PostgreSQL is paused', async () => {
    await writers.untilAcknowledged(200);
    const probes: Promise<Probe>[] = [];
    postgres.freeze();
    for (const end = Date.now() + PAUSE_MS; Date.now() < end; await sleep(PROBE_EVERY_MS)) {
      probes.push(...probe(writers.client, writers.chatId));
    }
    postgres.thaw();
    const recovered = await untilRecovered();
    const answers = await Promise.all(probes);
    const slowest = answers.reduce((a, b) => (a.ms > b.ms ? a : b));
    await writers.untilAcknowledged(200);
    await expectAllThere(
      `PostgreSQL paused for ${PAUSE_MS / 1000} s`,
      `writes again after ${recovered} ms, slowest of ${answers.length} ` +
        `other requests ${slowest.ms} ms (${slowest.name})`,
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]));
    expect(slowest.ms).toBeLessThan(ANSWERED_MS);
    expect(recovered).toBeLessThan(RECOVERED_MS);
  });

  it('somebody holds a lock and does not let go', async () => {
    await writers.untilAcknowledged(200);
    const other = new pg.Client({ connectionString: postgres.url });
    await other.connect();
    await other.query('BEGIN; LOCK TABLE chat');
    const begin = Date.now();
    const { status } = await writers.client.patch(`/chat/${writers.chatId}`, { chat_name: 'x' });
    const answered = Date.now() - begin;
    await other.query('COMMIT');
    await other.end();
    const recovered = await untilRecovered();
    await writers.untilAcknowledged(200);
    const figures = `a room's change answered after ${answered} ms, writes again after ${recovered} ms`;
    await expectAllThere('PostgreSQL with a lock held', figures);
    expect(status).toBe(503);
    expect(answered).toBeLessThan(ANSWERED_MS);
    expect(recovered).toBeLessThan(RECOVERED_MS);
  });

  /** Milliseconds until a message is acknowledged that was not yet asked for. */
  async function untilRecovered(): Promise<number> {
    const begin = Date.now();
    await writers.untilAcknowledged(1);
    return Date.now() - begin;
  }
});

interface Probe {
  name: string;
  status: number;
  ms: number;
}

/** One request of each kind, with the time it took. */
function probe(client: Client, chatId: string): Promise<Probe>[] {
  const requests = {
    live: () => client.get('/health/live'),
    ready: () => client.get('/health/ready'),
    page: () => client.get(`/message/?chat_id=${chatId}`),
    rooms: () => client.get('/chat/'),
    rename: () => client.patch(`/chat/${chatId}`, { chat_name: 'Paused' }),
  };
  return Object.entries(requests).map(async ([name, ask]) => {
    const begin = Date.now();
    const { status } = await ask();
    return { name, status, ms: Date.now() - begin };
  });
}
