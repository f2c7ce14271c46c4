import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { expectProblem } from '../support/expect-problem.js';
import { Client } from '../support/client.js';
import { ServerProcess } from '../support/server-process.js';
import { isRefused, isShort, tell } from './support/figures.js';
import { Reads } from './support/reads.js';
import { Tmpfs } from './support/tmpfs.js';
import { Writers } from './support/writers.js';

const SIZE_MIB = 16;
/** Bytes left to the server when the ballast is there. */
const ROOM = 2 ** 20;
const FULL_MS = isShort ? 2000 : 10_000;
const TIMES = isShort ? 1 : 3;
const NAME = 'full disk, SQLite';
const ACCOUNT = { email: 'late@example.org', password: 'correct horse battery staple' };

const refusal = Tmpfs.refusal();
let disk: Tmpfs | undefined;
let writers: Writers | undefined;
beforeEach(() => {
  if (refusal === undefined) disk = Tmpfs.mount(SIZE_MIB);
});
afterEach(async () => {
  await writers?.abandon();
  await ServerProcess.killAll();
  disk?.remove();
});

it.skipIf(isRefused(NAME, refusal))(
  `${NAME}: 503 until there is room again, needs a tmpfs`,
  async () => {
    const ballast = join(disk!.path, 'ballast');
    const server = await start(disk!.path);
    writers = await Writers.start(server.url, 8, { textLength: 4000 });
    const recoveries: number[] = [];
    for (let time = 0; time < TIMES; time++) {
      writeFileSync(ballast, Buffer.alloc(disk!.free - ROOM));
      await untilRefused(writers);
      await expectRefusals(server, writers);

      rmSync(ballast);
      const freed = Date.now();
      await writers.untilAcknowledged(1);
      recoveries.push(Date.now() - freed);
      await writers.untilAcknowledged(50);
    }
    await writers.stop();

    const { answers, unexpected } = writers;
    const verdict = await writers.verify();
    const recovery = `writes again after at most ${Math.max(...recoveries)} ms`;
    tell(`${NAME} × ${TIMES}`, verdict, `503 × ${answers[503]}; ${recovery}`);
    expect(unexpected).toEqual([]);
    expect(Math.max(...recoveries)).toBeLessThan(5000);
    expect(verdict).toMatchObject({ lost: 0, twice: 0, gaps: 0, total: verdict.acknowledged });
  },
);

/** While the disk is full: reads go on, and whatever has to be written is a 503. */
async function expectRefusals(server: ServerProcess, { client, chatId }: Writers): Promise<void> {
  const anonymous = new Client(server.url);
  const reads = Reads.start(client, chatId);
  expectProblem(await anonymous.post('/userauth/userSignup', ACCOUNT), 503, 'unavailable');
  expectProblem(await client.post('/chat/', { chat_name: 'Late' }), 503, 'unavailable');
  expect((await anonymous.get('/health/live')).status).toBe(200);
  expect((await anonymous.get('/health/ready')).status).toBe(200);
  await sleep(FULL_MS);
  const answers = await reads.stop();
  expect(Object.keys(answers)).toEqual(['200']);
  expect(answers[200]).toBeGreaterThan(FULL_MS / 200);
}

/** Resolves once all that the writers get, for a second, is a 503. */
async function untilRefused({ ledger, answers }: Writers): Promise<void> {
  for (let isRefused = false; !isRefused;) {
    const [acknowledged, refused] = [ledger.length, answers[503] ?? 0];
    await sleep(1000);
    isRefused = ledger.length === acknowledged && (answers[503] ?? 0) > refused;
  }
}

function start(dataDir: string): Promise<ServerProcess> {
  const fast = { NODE_ENV: 'test', PBKDF2_ITERATIONS: '1000', PORT: '0' };
  return ServerProcess.start({ ...fast, DATA_DIR: dataDir });
}
