import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServerProcess } from '../support/server-process.js';
import { Disk } from './support/disk.js';
import { isRefused, isShort, tell } from './support/figures.js';
import { freePort } from './support/free-port.js';
import { InjectedErrors } from './support/injected-errors.js';
import { randomFrom, seed } from '../support/random.js';
import { Writers } from './support/writers.js';

const CUTS = isShort ? 4 : 20;
const WRITERS = 8;
const LONGEST_LIFE_MS = isShort ? 1000 : 3000;
const NORMAL = pathToFileURL(resolve('test/faults/support/synchronous-normal.mjs')).href;
const NAME = 'power cut, SQLite';

describe.skipIf(isRefused(NAME, Disk.refusal()))(`${NAME}, needs gcc on Linux`, () => {
  let disk: Disk;
  let environment: NodeJS.ProcessEnv;
  let writers: Writers;

  beforeEach(async () => {
    disk = new Disk();
    const port = String(await freePort());
    environment = { NODE_ENV: 'test', PBKDF2_ITERATIONS: '1000', PORT: port };
    const server = await ServerProcess.start({ ...environment, DATA_DIR: disk.dataDir });
    writers = await Writers.prepare(server.url, WRITERS);
    expect(await server.stop()).toBe(0); // all of this is on the disk
  });
  afterEach(async () => {
    await writers?.abandon();
    await ServerProcess.killAll();
    disk?.remove();
  });

  it(`leaves what was acknowledged, once, seed ${seed}`, async () => {
    const random = randomFrom(seed);
    for (let cut = 0; cut < CUTS; cut++) {
      // At every other cut half of what was written and not synced is there all the same.
      const server = await start(disk.record(cut % 2 === 0 ? 0 : 50, seed + cut));
      if (cut === 0) writers.begin();
      await writers.untilAcknowledged(1);
      await sleep(random() * LONGEST_LIFE_MS);
      await server.stop('SIGKILL');
      disk.cut();
    }
    await start({ DATA_DIR: disk.dataDir });
    await writers.stop();

    const verdict = await writers.verify();
    const repeats = writers.answers[200] ?? 0;
    tell(`${NAME} × ${CUTS}`, verdict, `answer lost, asked again ${repeats}`);
    expect(writers.unexpected).toEqual([]);
    expect(verdict).toMatchObject({ lost: 0, twice: 0, gaps: 0, total: verdict.acknowledged });
  });

  it.skipIf(isRefused(`${NAME} after syncs that failed`, InjectedErrors.refusal()))(
    'leaves what was acknowledged between syncs that failed, needs strace',
    async () => {
      const server = await start(disk.record(0));
      writers.begin();
      const errors = await InjectedErrors.into(server.pid, 'fsync', 'error=EIO:when=3+3');
      await writers.untilAcknowledged(100);
      await server.stop('SIGKILL');
      await errors.stop();
      disk.cut();
      await start({ DATA_DIR: disk.dataDir });
      await writers.stop();

      const verdict = await writers.verify();
      tell(`${NAME}, after syncs that failed`, verdict, `503 × ${writers.answers[503]}`);
      expect(writers.unexpected).toEqual([]);
      expect(writers.answers[503]).toBeGreaterThan(0);
      expect(verdict).toMatchObject({ lost: 0, twice: 0, gaps: 0, total: verdict.acknowledged });
    },
  );

  it('is seen: with synchronous=NORMAL the same cut loses messages', async () => {
    const server = await start({ ...disk.record(0), NODE_OPTIONS: `--import=${NORMAL}` });
    writers.begin();
    await writers.untilAcknowledged(100);
    await server.stop('SIGKILL');
    await writers.abandon();
    disk.cut();
    await start({ DATA_DIR: disk.dataDir });

    const verdict = await writers.verify();
    tell(`${NAME}, control`, verdict, 'with `synchronous=NORMAL`, which has to lose some');
    expect(verdict.lost).toBeGreaterThan(0);
  });

  function start(more: NodeJS.ProcessEnv): Promise<ServerProcess> {
    return ServerProcess.start({ ...environment, ...more });
  }
});
