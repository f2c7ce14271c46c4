// What files cost, and what they cost those who send and log in meanwhile:
//   npm run build && node --import tsx bench/files.ts [--database sqlite] [--store folder | s3]
import { randomBytes } from 'node:crypto';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { measureCipher } from './cipher-speed.js';
import { measureLoad } from './file-load.js';
import { measureLogIns } from './file-log-ins.js';
import { measureRanges } from './file-ranges.js';
import { type FileStoreKind, makeStage, sendFile, show } from './file-stage.js';
import type { DatabaseKind } from './options.js';
import { Server } from './server.js';
import { Store } from './store.js';

const FILE_BYTES = 100 * 2 ** 20;
const PEOPLE = 25;

async function measure(kind: DatabaseKind, files: FileStoreKind): Promise<void> {
  console.log(`${kind}, ${files}`);
  const stage = await makeStage(kind, files, PEOPLE);
  const bytes = randomBytes(FILE_BYTES);
  const id = await sendFile(stage.people[0], bytes);
  await measureRanges(stage, bytes, id);
  await measureLoad(stage, id);
  await measureLogIns(stage);
  await stage.stop();
}

async function main(): Promise<void> {
  const options = {
    database: { type: 'string', default: 'sqlite,postgres' },
    store: { type: 'string', default: 'folder' },
  } as const;
  const { values } = parseArgs({ options });
  show('load average of the minute before', loadavg()[0].toFixed(2));
  const { seal, open } = await measureCipher();
  show('sealing and opening, one core', `${seal.toFixed(0)} and ${open.toFixed(0)} MB/s`);
  for (const kind of values.database.split(',')) {
    for (const files of values.store.split(',')) {
      await measure(kind as DatabaseKind, files as FileStoreKind);
    }
  }
}

await main().finally(async () => {
  await Server.stopAll();
  await Store.dropAll();
});
