// What files cost, and what they cost those who send and log in meanwhile:
//   npm run build && node --import tsx bench/files.ts [sqlite | postgres]
import { randomBytes, randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { openRange, type Range, sealedSize, sealStream } from '../src/crypto/streaming-aead.js';
import { call } from './call.js';
import type { DatabaseKind } from './options.js';
import { Server } from './server.js';
import { median, quantile } from './statistics.js';
import { Store } from './store.js';
import { conclave } from './targets.js';
import { downloadOn, drop, type Person, readRange, upload, uploadOn } from './transfers.js';

const MIB = 2 ** 20;
const PIECE_BYTES = 65_536;
const FILE_BYTES = 100 * MIB;
const PASSWORD = 'correct horse battery staple';
const SECONDS = 20;
const SEND_EVERY_MS = 20;
const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What `seal-turns.mjs` answers. */
interface Turns {
  sealedKib: number;
  sealingMs: number;
  turnMs: number;
}

interface Stage {
  server: Server;
  people: Person[];
}

type Work = (isOver: () => boolean) => Promise<unknown>[];

function show(name: string, text: string): void {
  console.log(`${name.padEnd(44)} ${text}`);
}

function showTimes(name: string, times: number[]): void {
  const [middle, p99, max] = [0.5, 0.99, 1].map((share) => quantile(times, share).toFixed(2));
  show(name, `median ${middle}, p99 ${p99}, max ${max} ms (${times.length})`);
}

function slicesOf(bytes: Buffer): Buffer[] {
  const count = Math.ceil(bytes.length / PIECE_BYTES);
  return Array.from({ length: count }, (_, n) =>
    bytes.subarray(n * PIECE_BYTES, (n + 1) * PIECE_BYTES),
  );
}

/** Of one core, in this process. */
async function measureCipher(): Promise<void> {
  const key = { key: randomBytes(32), associatedData: 'conclave/file/v1/bench/1/1' };
  const plain = randomBytes(4 * MIB);
  const source = (): AsyncIterable<Buffer> => Readable.from(slicesOf(plain));
  let sealed = Buffer.alloc(0);
  const seal = async (): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of sealStream(key, source())) parts.push(part);
    sealed = Buffer.concat(parts, sealedSize(plain.length));
  };
  const read = ({ start, end }: Range): AsyncIterable<Buffer> =>
    Readable.from(slicesOf(sealed.subarray(start, end)));
  const openAll = async (): Promise<void> => {
    const all = openRange(key, plain.length, { start: 0, end: plain.length }, read);
    for await (const piece of all) if (piece.length === 0) throw new Error('it is empty');
  };
  for (const [name, work] of Object.entries({ seal, open: openAll })) {
    const rates: number[] = [];
    for (let n = 0; n < 25; n++) {
      const begun = process.cpuUsage();
      await work();
      const { user, system } = process.cpuUsage(begun);
      if (n >= 5) rates.push(plain.length / (user + system)); // bytes a microsecond: MB/s
    }
    show(`${name}, one core`, `${median(rates).toFixed(0)} MB/s`);
  }
}

async function makeStage(kind: DatabaseKind, count: number): Promise<Stage> {
  const probe = ['--import', pathOf('seal-turns.mjs')];
  const server = await conclave.start(await Store.create(kind), 'default', probe);
  const { url } = server;
  const people: Person[] = [];
  for (let n = 0; n < count; n++) {
    const body = { email: `${n}@example.org`, password: PASSWORD };
    const path = '/userauth/userSignup';
    const signedUp = await call<{ access_token: string }>(url, { method: 'POST', path, body });
    people.push({ url, token: signedUp.access_token, chatId: people[0]?.chatId ?? '' });
    if (n > 0) continue;
    const room = { method: 'POST', path: '/chat/', token: people[0].token } as const;
    const chat = await call<{ id: string }>(url, { ...room, body: { chat_name: 'bench' } });
    people[0].chatId = chat.id;
  }
  return { server, people };
}

async function sendFile(person: Person, bytes: Buffer): Promise<string> {
  const id = (await upload(person, bytes)) as string;
  const body = { chatid: person.chatId, message: 'look', attachments: [id] };
  await call(person.url, { method: 'POST', path: '/message/', token: person.token, body });
  return id;
}

/** One kilobyte at a random place, in turn from here and from a plain server of files. */
async function measureRanges(
  { people: [person] }: Stage,
  bytes: Buffer,
  id: string,
): Promise<void> {
  const store = await Store.create('sqlite');
  const FILE = join(store.dataDir, 'file');
  writeFileSync(FILE, bytes);
  const plain = await Server.start([pathOf('reference/file-server.mjs')], { FILE });
  const [ours, theirs]: number[][] = [[], []];
  for (let n = 0; n < 1200; n++) {
    const at = randomInt(bytes.length - 1024);
    const range = `bytes=${at}-${at + 1023}`;
    for (const [url, times] of [
      [person.url, ours],
      [plain.url, theirs],
    ] as const) {
      const begun = performance.now();
      const read = await readRange({ ...person, url }, `/attachment/${id}/content`, range);
      if (n >= 200) times.push(performance.now() - begun);
      if (!read.equals(bytes.subarray(at, at + 1024))) throw new Error('it reads something else');
    }
  }
  await plain.stop();
  showTimes('1 KB of 100 MiB', ours);
  showTimes('the same from a plain server of files', theirs);
}

/** Sends every few milliseconds, answered or not, while others work. */
async function besides(stage: Stage, name: string, work: Work, seconds = SECONDS): Promise<void> {
  const { server, people } = stage;
  let isOver = false;
  const others = work(() => isOver);
  await sleep(1000);
  const live = await server.ask<number>('live');
  await server.ask<Turns>('turns');
  const sends: Promise<number>[] = [];
  let most = server.rssMib();
  const until = performance.now() + seconds * 1000;
  const [{ url, token, chatId: chatid }] = people;
  const body = { chatid, message: 'x'.repeat(200) };
  for (let due = performance.now(); due < until; due += SEND_EVERY_MS) {
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    const begun = performance.now();
    const sent = call(url, { method: 'POST', path: '/message/', token, body });
    sends.push(sent.then(() => performance.now() - begun));
    if (sends.length % 10 === 0) most = Math.max(most, server.rssMib());
  }
  const times = await Promise.all(sends);
  const { sealedKib, sealingMs, turnMs } = await server.ask<Turns>('turns');
  isOver = true;
  const results = (await Promise.all(others)) as (number | undefined)[];
  showTimes(`sends, ${name}`, times);
  const refused = results.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  show(
    '',
    `of a turn: ${sealedKib.toFixed(0)} KiB sealed and opened in ${sealingMs.toFixed(1)} ms, ` +
      `${turnMs.toFixed(1)} ms in all; ${live.toFixed(0)} MiB live, ${most.toFixed(0)} resident; refused ${refused}`,
  );
}

/** @param each how many each person does at once */
const together = (people: Person[], each: number, work: (one: Person) => Promise<unknown>) =>
  people.flatMap((one) => Array.from({ length: each }, () => work(one)));

async function measureLoad(stage: Stage, id: string): Promise<void> {
  const { people } = stage;
  const ups =
    (rate: number, count: number): Work =>
    (isOver) =>
      together(people.slice(0, count), 4, (one) => uploadOn(one, rate, isOver));
  const downs: Work = (isOver) =>
    together(people.slice(0, 4), 4, (one) => downloadOn(one, id, 1e6, isOver).then(() => 0));
  await besides(stage, 'warming up', () => [], 5);
  await besides(stage, 'alone', () => []);
  await besides(stage, '32 uploads of 1 MB/s', ups(1e6, 8));
  await besides(stage, '32 uploads and 16 downloads of 1 MB/s', (isOver) => [
    ...ups(1e6, 8)(isOver),
    ...downs(isOver),
  ]);
  await besides(stage, '100 uploads of 100 kB/s', ups(1e5, 25));
  await besides(stage, 'alone again', () => []);
}

async function logIns({ url }: Person, count: number): Promise<number[]> {
  const times: number[] = [];
  const body = { email: '0@example.org', password: PASSWORD };
  for (let n = 0; n < count; n++) {
    const begun = performance.now();
    await call(url, { method: 'POST', path: '/userauth/userLogin', body });
    times.push(performance.now() - begun);
  }
  return times;
}

/** How long a log-in takes while pictures of twelve megapixels come one after the other. */
async function measureLogIns({ people }: Stage): Promise<void> {
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
  const create = { width: 4000, height: 3000, channels: 3, background: 'white', noise } as const;
  const picture = await sharp({ create }).jpeg().toBuffer();
  show('a picture of 12 megapixels', `${(picture.length / 1e6).toFixed(1)} MB`);
  const begun = performance.now();
  for (let n = 0; n < 5; n++) await upload(people[1], picture);
  show('its upload and its thumbnail', `${((performance.now() - begun) / 5).toFixed(0)} ms`);
  showTimes('log-ins', await logIns(people[0], 30));
  let isOver = false;
  let made = 0;
  const senders = people.slice(1, 5).map(async (one) => {
    while (!isOver) {
      const id = (await upload(one, picture)) as string;
      made++;
      await drop(one, id);
    }
  });
  showTimes('log-ins beside thumbnails', await logIns(people[0], 30));
  isOver = true;
  await Promise.all(senders);
  show('thumbnails made meanwhile', String(made));
}

async function main(): Promise<void> {
  const kinds = process.argv[2]
    ? [process.argv[2] as DatabaseKind]
    : (['sqlite', 'postgres'] as const);
  show('load average of the minute before', loadavg()[0].toFixed(2));
  await measureCipher();
  for (const kind of kinds) {
    console.log(kind);
    const stage = await makeStage(kind, 25);
    const bytes = randomBytes(FILE_BYTES);
    const id = await sendFile(stage.people[0], bytes);
    await measureRanges(stage, bytes, id);
    await measureLoad(stage, id);
    await measureLogIns(stage);
    await Server.stopAll();
  }
}

await main().finally(async () => {
  await Server.stopAll();
  await Store.dropAll();
});
