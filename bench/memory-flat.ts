import { fileURLToPath } from 'node:url';
import type { Loader } from './loader.js';
import type { DatabaseKind } from './options.js';
import { Store } from './store.js';
import { conclave } from './targets.js';
import { makeWorld } from './world.js';

const LINES = 20;
const MIB = 2 ** 20;
const PROBE = fileURLToPath(new URL('heap-probe.mjs', import.meta.url));

/** Sends many messages to one server, and prints what it holds along the way. */
export async function runMemoryFlat(
  loader: Loader,
  database: DatabaseKind,
  messages: number,
): Promise<void> {
  const store = await Store.create(database);
  const world = await makeWorld(conclave, store, 0);
  const server = await conclave.start(store, 'default', ['--import', PROBE]);
  console.log(`\n### ${database}, ${messages.toLocaleString('en')} messages\n`);
  console.log('| sent | sends/s | RSS MiB | heap after collection MiB |');
  console.log('| ---: | ------: | ------: | ------------------------: |');
  const amount = Math.ceil(messages / LINES);
  for (let line = 1; line <= LINES; line++) {
    const job = { url: server.url, world, calls: 'send', connections: 64, amount } as const;
    const { requests, elapsedMs, failed } = await loader.run(job);
    if (failed > 0) throw new Error(`${failed} sends failed`);
    const rss = server.rssMib();
    const { heapUsed } = await server.ask<NodeJS.MemoryUsage>('memory');
    const rate = Math.round((requests * 1000) / elapsedMs);
    console.log(
      `| ${line * amount} | ${rate} | ${rss.toFixed(0)} | ${(heapUsed / MIB).toFixed(1)} |`,
    );
  }
  await server.stop();
  await store.drop();
}
