import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ServerProcess } from '../support/server-process.js';
import { TestDatabase } from '../support/test-database.js';
import { isRefused, isShort, note, summary } from './support/figures.js';
import { InjectedErrors } from './support/injected-errors.js';
import { Reads } from './support/reads.js';
import { Writers } from './support/writers.js';

const BROKEN_MS = isShort ? 1500 : 10_000;
const NAME = 'I/O errors, SQLite';

/** What breaks, how, and whether pages are to be read meanwhile. */
const FAULTS = [
  { name: 'every sync', calls: 'fsync,fdatasync', fault: 'error=EIO', areReadsSound: true },
  { name: 'every write', calls: 'pwrite64', fault: 'error=EIO', areReadsSound: true },
  {
    name: 'every third write',
    calls: 'pwrite64',
    fault: 'error=EIO:when=3+3',
    areReadsSound: true,
  },
  { name: 'no space for writes', calls: 'pwrite64', fault: 'error=ENOSPC', areReadsSound: true },
  { name: 'every read', calls: 'pread64', fault: 'error=EIO', areReadsSound: false },
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
  await database.drop();
});

it.skipIf(isRefused(NAME, refusal)).each(FAULTS)(
  `${NAME}, $name: 503 while they last, needs strace`,
  async ({ name, calls, fault, areReadsSound }) => {
    const server = await ServerProcess.start(database.environment);
    writers = await Writers.start(server.url, 8);
    await writers.untilAcknowledged(100);
    const reads = Reads.start(writers.client, writers.chatId);

    errors = await InjectedErrors.into(server.pid, calls, fault);
    await sleep(BROKEN_MS);
    await errors.stop();
    const stopped = Date.now();
    await writers.untilAcknowledged(1);
    const recovery = Date.now() - stopped;
    await writers.untilAcknowledged(100);
    await writers.stop();
    const answers = await reads.stop();

    const verdict = await writers.verify();
    note(
      `${NAME}, ${name}: 503 ${writers.answers[503] ?? 0}, ${summary(verdict)}, ` +
        `recovery ${recovery} ms, reads ${JSON.stringify(answers)}`,
    );
    expect(writers.unexpected).toEqual([]);
    expect(writers.answers[503]).toBeGreaterThan(0);
    expect(Object.keys(answers).filter((status) => areReadsSound || status !== '503')).toEqual([
      '200',
    ]);
    expect(recovery).toBeLessThan(5000);
    expect(verdict).toMatchObject({ lost: 0, twice: 0, gaps: 0, total: verdict.acknowledged });
  },
);
