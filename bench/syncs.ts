// What ten clients that come back at once cost somebody else:
//   npm run build && node --import tsx bench/syncs.ts [sqlite | postgres]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Call, call } from './call.js';
import type { DatabaseKind } from './options.js';
import { Server } from './server.js';
import { quantile } from './statistics.js';
import { Store } from './store.js';
import { conclave } from './targets.js';

const CLIENTS = 10;
const ROOMS = 5000;
const LONG_MESSAGES = 1000;
const LONG = 'x'.repeat(16_000);
const AT_ONCE = 16;
const EVERY_MS = 5;

type Rooms = Record<string, number>;

interface Syncs {
  url: string;
  token: string;
  rooms: Rooms;
}

interface SignedUp {
  access_token: string;
}

/** One client after an absence: until there is no more. Returns how often it asked, and how long. */
async function syncAll({ url, token, rooms }: Syncs): Promise<{ answers: number; ms: number }> {
  const begun = performance.now();
  for (let answers = 1, next: object = rooms; ; answers++) {
    const body = { rooms: next, limit: 1000 };
    const request: Call = { method: 'POST', path: '/sync', token, body };
    const answer = await call<{ rooms: Rooms; has_more: boolean }>(url, request);
    if (!answer.has_more) return { answers, ms: performance.now() - begun };
    next = answer.rooms;
  }
}

/** In a process of their own, since they are busy with what they get. */
async function runClients(syncs: Syncs): Promise<void> {
  const all = await Promise.all(Array.from({ length: CLIENTS }, () => syncAll(syncs)));
  process.send!({ answers: all[0].answers, ms: Math.max(...all.map(({ ms }) => ms)) });
}

async function many(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Asks for a room every few milliseconds, answered or not, until told to end. */
async function bystand(
  { url, token }: { url: string; token: string },
  path: string,
  until: Promise<unknown>,
): Promise<number[]> {
  const asked: Promise<number>[] = [];
  let isOver = false;
  void until.then(() => (isOver = true));
  for (let due = performance.now(); !isOver; due += EVERY_MS) {
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    const begun = performance.now();
    const answered = call(url, { method: 'GET', path, token });
    asked.push(answered.then(() => performance.now() - begun));
  }
  return Promise.all(asked);
}

function show(name: string, times: number[], more = ''): void {
  const [middle, p99, max] = [0.5, 0.99, 1].map((share) => quantile(times, share).toFixed(1));
  console.log(`${name.padEnd(34)} median ${middle}, p99 ${p99}, max ${max} ms${more}`);
}

async function measure(kind: DatabaseKind): Promise<void> {
  const store = await Store.create(kind);
  const { url } = await conclave.start(store, 'no cache');
  const signUp = async (name: string): Promise<string> => {
    const body = { email: `${name}@example.org`, password: 'correct horse battery staple' };
    const request: Call = { method: 'POST', path: '/userauth/userSignup', body };
    return (await call<SignedUp>(url, request)).access_token;
  };
  const post = <T>(token: string, path: string, body: object): Promise<T> =>
    call<T>(url, { method: 'POST', path, token, body });
  const makeRoom = async (token: string): Promise<string> =>
    (await post<{ id: string }>(token, '/chat/', { chat_name: 'Room' })).id;
  const [reader, bystander] = [await signUp('ada'), await signUp('grace')];
  const [large, own] = [await makeRoom(bystander), await makeRoom(bystander)];
  await many(ROOMS - 1, async () => {
    await post(reader, '/message/', { chatid: await makeRoom(reader), message: 'Hello' });
  });
  await many(LONG_MESSAGES, () => post(reader, '/message/', { chatid: large, message: LONG }));

  const by = { url, token: bystander };
  const path = `/chat/${own}`;
  await bystand(by, path, sleep(2000)); // warm-up
  show(`${kind}, quiet`, await bystand(by, path, sleep(3000)));
  const { rooms } = await post<{ rooms: Rooms }>(reader, '/sync', {});
  const cases: [string, Rooms][] = [
    [`first sync of ${ROOMS} rooms`, {}],
    [`${ROOMS} rooms, nothing new`, await endOf(url, reader, rooms)],
    [`${LONG_MESSAGES} messages of 16,000`, { [large]: 0 }],
  ];
  for (const [name, named] of cases) {
    const child = fork(fileURLToPath(import.meta.url));
    child.send({ url, token: reader, rooms: named } satisfies Syncs);
    const done = once(child, 'message') as Promise<[{ answers: number; ms: number }]>;
    const times = await bystand(by, path, done);
    const [{ answers, ms }] = await done;
    show(`${kind}, ${name}`, times, `; ${CLIENTS} × ${answers} answers in ${ms.toFixed(0)} ms`);
    child.kill();
  }
}

/** What a client has that has caught up. */
async function endOf(url: string, token: string, rooms: Rooms): Promise<Rooms> {
  for (let next = rooms; ;) {
    const request: Call = { method: 'POST', path: '/sync', token, body: { rooms: next } };
    const answer = await call<{ rooms: Rooms; has_more: boolean }>(url, request);
    if (!answer.has_more) return answer.rooms;
    next = answer.rooms;
  }
}

async function main(): Promise<void> {
  const kinds = process.argv[2]
    ? [process.argv[2] as DatabaseKind]
    : (['sqlite', 'postgres'] as const);
  for (const kind of kinds) {
    await measure(kind);
    await Server.stopAll();
  }
}

if (process.send) {
  process.once('message', (syncs) => void runClients(syncs as Syncs));
} else {
  await main().finally(async () => {
    await Server.stopAll();
    await Store.dropAll();
  });
}
