import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ServerProcess } from '../support/server-process.js';
import { TestDatabase } from '../support/test-database.js';
import { isRefused, isShort, note, tell } from './support/figures.js';
import { freePort } from './support/free-port.js';
import { InjectedErrors } from './support/injected-errors.js';
import { Reads } from './support/reads.js';
import { Writers } from './support/writers.js';

const BROKEN_MS = isShort ? 1000 : 10_000;
const NAME = 'I/O errors, SQLite';

interface Fault {
  name: string;
  /** System calls of the server. */
  calls: string;
  /** What strace does to them. */
  inject: string;
  /** Whether pages are to be read meanwhile. */
  areReadsSound: boolean;
}

const FAULTS: Fault[] = [
  { name: 'every sync', calls: 'fsync,fdatasync', inject: 'error=EIO', areReadsSound: true },
  {
    name: 'every third sync',
    calls: 'fsync,fdatasync',
    inject: 'error=EIO:when=3+3',
    areReadsSound: true,
  },
  { name: 'every write', calls: 'pwrite64', inject: 'error=EIO', areReadsSound: true },
  {
    name: 'every third write',
    calls: 'pwrite64',
    inject: 'error=EIO:when=3+3',
    areReadsSound: true,
  },
  { name: 'no space for writes', calls: 'pwrite64', inject: 'error=ENOSPC', areReadsSound: true },
  { name: 'every read', calls: 'pread64', inject: 'error=EIO', areReadsSound: false },
];

const refusal = InjectedErrors.refusal();
let database: TestDatabase;
let writers: Writers | undefined;
let errors: InjectedErrors | undefined;
beforeEach(async () => {
  database = await TestDatabase.create();
});
afterEach(async () => {
  await errors?.stop();
  await writers?.abandon();
  await ServerProcess.killAll();
  await database?.drop();
});

it.skipIf(isRefused(NAME, refusal))(`${NAME}: 503 while they last, needs strace`, async () => {
  const environment = { ...database.environment, PORT: String(await freePort()) };
  const server = await ServerProcess.start(environment);
  writers = await Writers.start(server.url, 8);
  const steps: string[] = [];
  for (const fault of FAULTS) steps.push(await suffer(server, writers, fault));
  await server.stop('SIGKILL');
  await ServerProcess.start(environment);
  await writers.stop();

  const verdict = await writers.verify();
  tell(`${NAME}, then kill -9`, verdict, `${FAULTS.length} kinds`);
  note(`${NAME}: ${steps.join('; ')}`);
  expect(writers.unexpected).toEqual([]);
  expect(verdict).toMatchObject({ lost: 0, twice: 0, gaps: 0, total: verdict.acknowledged });
});

/** Breaks the disk for a while and answers with what was seen meanwhile. */
async function suffer(server: ServerProcess, writers: Writers, fault: Fault): Promise<string> {
  await writers.untilAcknowledged(50);
  const refusedBefore = writers.answers[503] ?? 0;
  const reads = Reads.start(writers.client, writers.chatId);
  errors = await InjectedErrors.into(server.pid, fault.calls, fault.inject);
  await sleep(BROKEN_MS);
  await errors.stop();
  const stopped = Date.now();
  await writers.untilAcknowledged(1);
  const recoveryMs = Date.now() - stopped;
  const read = await reads.stop();

  const refused = (writers.answers[503] ?? 0) - refusedBefore;
  // Where reads fail, sends may go on: they read next to nothing that is not in memory.
  expect(refused + (read[503] ?? 0), fault.name).toBeGreaterThan(0);
  const expected = fault.areReadsSound ? ['200'] : ['200', '503'];
  expect(Object.keys(read), fault.name).toEqual(expected);
  expect(recoveryMs, fault.name).toBeLessThan(5000);
  return `${fault.name}: 503 ${refused + (read[503] ?? 0)}, recovery ${recoveryMs} ms`;
}
