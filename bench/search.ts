// What search costs in a room of many messages, by people who each wrote some of them:
//   npm run build && node --import tsx bench/search.ts [--messages 1000000] [--authors 40] [--database sqlite]
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { call } from './call.js';
import { describeMachine } from './machine.js';
import type { DatabaseKind } from './options.js';
import { countSegments } from './segment-count.js';
import { Server } from './server.js';
import { median } from './statistics.js';
import { Store } from './store.js';
import { sentence, VOCABULARY } from './talk.js';
import { conclave, type Profile } from './targets.js';

const PROBE = ['--import', fileURLToPath(new URL('loop-probe.mjs', import.meta.url))];
/** A server rests as long as it works four times over. */
const POLL_MS = 2000;
const REPEATS = 20;
const PASSWORD = 'correct horse battery staple';

interface SignedUp {
  user: { id: string };
  access_token: string;
}

interface Found {
  data: unknown[];
  has_more: boolean;
  next?: string;
}

interface Size {
  messages: number;
  authors: number;
}

/** A store with one room of so many messages, and who may read it. */
interface Room {
  store: Store;
  chatId: string;
  token: string;
}

function signUp(url: string, n: number): Promise<SignedUp> {
  const body = { email: `user${n}@example.org`, password: PASSWORD };
  return call<SignedUp>(url, { method: 'POST', path: '/userauth/userSignup', body });
}

async function fill(kind: DatabaseKind, { messages, authors }: Size): Promise<Room> {
  const store = await Store.create(kind);
  const server = await conclave.start(store, 'default');
  const people: SignedUp[] = [];
  while (people.length < authors) people.push(await signUp(server.url, people.length));
  const token = people[0].access_token;
  const body = { chat_name: 'room' };
  const chat = { method: 'POST', path: '/chat/', token, body } as const;
  const { id: chatId } = await call<{ id: string }>(server.url, chat);
  await server.stop();
  const room = { id: chatId, ownerId: people[0].user.id };
  const senderIds = people.map(({ user }) => user.id);
  await conclave.fill(store, room, messages, { senderIds, textOf: sentence });
  return { store, chatId, token };
}

/** Until everything is in segments. */
async function index({ store }: Room, { messages }: Size): Promise<string[]> {
  const server = await conclave.start(store, 'default', PROBE);
  const [begun, before] = [performance.now(), server.cpuUs()];
  await server.ask<number>('longest');
  const complete = messages - (messages % 256);
  let counted = await countSegments(store);
  while (
    counted.messages < complete ||
    counted.segments > Math.floor(complete / 4096) + (complete % 4096) / 256
  ) {
    await sleep(POLL_MS);
    counted = await countSegments(store);
  }
  const seconds = (performance.now() - begun) / 1000;
  const cpu = (server.cpuUs() - before) / 1e6;
  const longest = await server.ask<number>('longest');
  await server.stop();
  return [
    `| making of segments, CPU | ${cpu.toFixed(1)} s in ${seconds.toFixed(0)} s |`,
    `| segments, and bytes a message | ${counted.segments}, ${(counted.bytes / counted.messages).toFixed(1)} |`,
    `| longest stop of the event loop meanwhile | ${longest.toFixed(1)} ms |`,
  ];
}

/** Every page of an answer that has nothing in it, or the first one. */
async function search(server: Server, { chatId, token }: Room, q: string): Promise<number> {
  let before = '';
  for (let requests = 1; ; requests++) {
    const path = `/message/search?chat_id=${chatId}&q=${q}${before}`;
    const found = await call<Found>(server.url, { method: 'GET', path, token });
    if (!found.has_more || found.data.length > 0) return requests;
    before = `&before=${found.next}`;
  }
}

interface Cost {
  cpuMs: number;
  ms: number;
  requests: number;
}

async function cost(server: Server, room: Room, q: string, times = 1): Promise<Cost> {
  const [begun, before] = [performance.now(), server.cpuUs()];
  let requests = 0;
  for (let n = 0; n < times; n++) requests = await search(server, room, q);
  const cpuMs = (server.cpuUs() - before) / 1000 / times;
  return { cpuMs, ms: (performance.now() - begun) / times, requests };
}

const shown = ({ cpuMs, ms, requests }: Cost): string =>
  `${cpuMs.toFixed(0)} ms of CPU, ${ms.toFixed(0)} ms, ${requests} requests`;

async function ask(room: Room, profile: Profile): Promise<string[]> {
  const server = await conclave.start(room.store, profile, PROBE);
  await search(server, room, VOCABULARY[0]); // warms nothing but the newest segment
  await server.ask<number>('longest');
  const cold = await cost(server, room, 'nobodysaidthis');
  for (let n = 0; n < 3; n++) await search(server, room, 'norcouldthisbe');
  const warm = await cost(server, room, 'neitherwasthis', REPEATS);
  const times: number[] = [];
  for (let n = 0; n < REPEATS; n++) {
    times.push((await cost(server, room, VOCABULARY[n % 10])).ms);
  }
  const longest = await server.ask<number>('longest');
  await server.stop();
  return [
    `| a word that is not there, the first time, ${profile} | ${shown(cold)} |`,
    `| the same again, ${profile} | ${shown(warm)} |`,
    `| first page of a common word, median and longest | ${median(times).toFixed(1)} ms, ${Math.max(...times).toFixed(1)} ms |`,
    `| longest stop of the event loop meanwhile | ${longest.toFixed(1)} ms |`,
  ];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      messages: { type: 'string', default: '1000000' },
      authors: { type: 'string', default: '40' },
      database: { type: 'string', default: 'sqlite' },
    },
  });
  const size = { messages: Number(values.messages), authors: Number(values.authors) };
  const { date, commit, cores, cpu } = await describeMachine();
  console.log(`${date.slice(0, 10)}, commit ${commit}, ${cores} cores of ${cpu}\n`);
  const room = await fill(values.database as DatabaseKind, size);
  console.log(
    `| ${values.database}, ${size.messages} messages, ${size.authors} authors | |\n| --- | --- |`,
  );
  console.log((await index(room, size)).join('\n'));
  for (const profile of ['default', 'large search cache'] as const) {
    console.log((await ask(room, profile)).join('\n'));
  }
}

await main().finally(async () => {
  await Server.stopAll();
  await Store.dropAll();
});
