import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ServerProcess } from '../support/server-process.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';
import { isShort, tell } from './support/figures.js';
import { freePort } from './support/free-port.js';
import { randomFrom, seed } from '../support/random.js';
import { Writers } from './support/writers.js';

const CYCLES = isShort ? 4 : 20;
const WRITERS = 8;
const LONGEST_LIFE_MS = isShort ? 1000 : 3000;
const NAME = `kill -9, ${isPostgres ? 'PostgreSQL' : 'SQLite'}`;

let database: TestDatabase;
let writers: Writers | undefined;
beforeEach(async () => {
  database = await TestDatabase.create();
});
afterEach(async () => {
  await writers?.abandon();
  await ServerProcess.killAll();
  await database?.drop();
});

it(`${NAME}: what was acknowledged is there once, seed ${seed}`, async () => {
  const environment = { ...database.environment, PORT: String(await freePort()) };
  const random = randomFrom(seed);
  let server = await ServerProcess.start(environment);
  writers = await Writers.start(server.url, WRITERS);
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    await writers.untilAcknowledged(1);
    await sleep(random() * LONGEST_LIFE_MS);
    await server.stop('SIGKILL');
    server = await ServerProcess.start(environment);
  }
  await writers.stop();

  const verdict = await writers.verify();
  tell(`${NAME} × ${CYCLES}`, verdict, `answer lost, asked again ${writers.answers[200] ?? 0}`);
  expect(writers.unexpected).toEqual([]);
  expect(writers.answers.lost).toBeGreaterThan(0);
  expect(verdict).toMatchObject({ lost: 0, twice: 0, gaps: 0, total: verdict.acknowledged });
});
