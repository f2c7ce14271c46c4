import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { showTimes, type Stage } from './file-stage.js';
import { Server } from './server.js';
import { Store } from './store.js';
import { readRange } from './transfers.js';

const PLAIN_SERVER = fileURLToPath(new URL('reference/file-server.mjs', import.meta.url));
const RANGE_BYTES = 1024;
const [WARM_UPS, RANGES] = [200, 1200];

/** One kilobyte at a random place, in turn from here and from a plain server of files. */
export async function measureRanges(
  { people: [person] }: Stage,
  bytes: Buffer,
  id: string,
): Promise<void> {
  const FILE = join((await Store.create('sqlite')).dataDir, 'file');
  writeFileSync(FILE, bytes);
  const plain = await Server.start([PLAIN_SERVER], { FILE });
  const [ours, theirs]: number[][] = [[], []];
  for (let n = 0; n < RANGES; n++) {
    const at = randomInt(bytes.length - RANGE_BYTES);
    const range = `bytes=${at}-${at + RANGE_BYTES - 1}`;
    for (const [url, times] of [
      [person.url, ours],
      [plain.url, theirs],
    ] as const) {
      const begun = performance.now();
      const read = await readRange({ ...person, url }, `/attachment/${id}/content`, range);
      if (n >= WARM_UPS) times.push(performance.now() - begun);
      if (!read.equals(bytes.subarray(at, at + RANGE_BYTES)))
        throw new Error('it reads something else');
    }
  }
  await plain.stop();
  showTimes('1 KB of 100 MiB', ours);
  showTimes('the same from a plain server of files', theirs);
}
