import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Loader } from './loader.js';
import type { DatabaseKind } from './options.js';
import { Store } from './store.js';
import { conclave } from './targets.js';
import { makeWorld } from './world.js';

const LINES = 20;
const MIB = 2 ** 20;
const HEAD = `| sent | sends/s | RSS MiB | heap after collection MiB |
| ---: | ------: | ------: | ------------------------: |`;
const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const PROBE = pathOf('heap-probe.mjs');

/** Sends many messages to one server; prints what it holds along the way, and keeps that too. */
export async function runMemoryFlat(
  loader: Loader,
  database: DatabaseKind,
  messages: number,
): Promise<void> {
  const store = await Store.create(database);
  const world = await makeWorld(conclave, store, 0);
  const server = await conclave.start(store, 'default', ['--import', PROBE]);
  const lines: string[] = [];
  const say = (line: string): void => {
    console.log(line);
    lines.push(line);
  };
  say(`### ${database}, ${messages.toLocaleString('en')} messages\n\n${HEAD}`);
  const amount = Math.ceil(messages / LINES);
  for (let line = 1; line <= LINES; line++) {
    const job = { url: server.url, world, calls: 'send', connections: 64, amount } as const;
    const { requests, elapsedMs, failed } = await loader.run(job);
    if (failed > 0) throw new Error(`${failed} sends failed`);
    const rss = server.rssMib();
    const { heapUsed } = await server.ask<NodeJS.MemoryUsage>('memory');
    const rate = Math.round((requests * 1000) / elapsedMs);
    say(`| ${line * amount} | ${rate} | ${rss.toFixed(0)} | ${(heapUsed / MIB).toFixed(1)} |`);
  }
  keep(database, lines);
  await server.stop();
  await store.drop();
}

function keep(database: DatabaseKind, lines: string[]): void {
  const date = new Date().toISOString().replaceAll(/[:.]/g, '-');
  mkdirSync(pathOf('results'), { recursive: true });
  writeFileSync(pathOf(`results/${date}-memory-flat-${database}.md`), `${lines.join('\n')}\n`);
}
