import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { call } from './call.js';
import type { DatabaseKind } from './options.js';
import { countSegments } from './segment-count.js';
import type { Server } from './server.js';
import { Store } from './store.js';
import { conclave } from './targets.js';

const PROBE = ['--import', fileURLToPath(new URL('loop-probe.mjs', import.meta.url))];
const MILLION = 1_000_000;
/** What a server has by default, which a million messages have for themselves. */
const CACHE_BYTES = 32 * 1024 ** 2;
/** A server rests as long as it works four times over. */
const POLL_MS = 2000;
const SIGN_UPS_AT_ONCE = 3;
const PASSWORD = 'correct horse battery staple';

interface SignedUp {
  user: { id: string };
  access_token: string;
}

export interface Size {
  messages: number;
  authors: number;
}

/** A store with one room of so many messages, another one to send to, and who may do so. */
export interface Room extends Size {
  store: Store;
  chatId: string;
  otherId: string;
  tokens: string[];
}

/** What it would be of a million messages. */
export const ofMillion = (value: number, { messages }: Size): number =>
  (value * MILLION) / messages;

/** The server as by default, but that few messages have as little memory as a million has. */
export const startOn = (room: Room): Promise<Server> =>
  conclave.start(room.store, 'default', PROBE, {
    SEARCH_CACHE_BYTES: String(Math.round((CACHE_BYTES * room.messages) / MILLION)),
  });

function signUp(url: string, n: number): Promise<SignedUp> {
  const body = { email: `user${n}@example.org`, password: PASSWORD };
  return call<SignedUp>(url, { method: 'POST', path: '/userauth/userSignup', body });
}

/** @param textOf what is said */
export async function makeRoom(
  kind: DatabaseKind,
  { messages, authors }: Size,
  textOf: () => string,
): Promise<Room> {
  const store = await Store.create(kind);
  const server = await conclave.start(store, 'default');
  const people: SignedUp[] = [];
  while (people.length < authors) {
    const count = Math.min(SIGN_UPS_AT_ONCE, authors - people.length);
    const some = Array.from({ length: count }, (_, n) => signUp(server.url, people.length + n));
    people.push(...(await Promise.all(some)));
  }
  const tokens = people.map(({ access_token }) => access_token);
  const newRoom = async (name: string): Promise<string> => {
    const body = { chat_name: name };
    const request = { method: 'POST', path: '/chat/', token: tokens[0], body } as const;
    return (await call<{ id: string }>(server.url, request)).id;
  };
  const [chatId, otherId] = [await newRoom('room'), await newRoom('another room')];
  await server.stop();
  const senderIds = people.map(({ user }) => user.id);
  const talk = { senderIds, textOf };
  await conclave.fill(store, { id: chatId, ownerId: senderIds[0] }, messages, talk);
  return { store, chatId, otherId, tokens, messages, authors };
}

/** Makes segments of everything. @returns what that costs */
export async function index(room: Room): Promise<string[]> {
  const server = await startOn(room);
  const [begun, before] = [performance.now(), server.cpuUs()];
  await server.ask<number>('longest');
  const complete = room.messages - (room.messages % 256);
  const most = Math.floor(complete / 4096) + (complete % 4096) / 256;
  let counted = await countSegments(room.store);
  while (counted.messages < complete || counted.segments > most) {
    await sleep(POLL_MS);
    counted = await countSegments(room.store);
  }
  const seconds = (performance.now() - begun) / 1000;
  const cpu = (server.cpuUs() - before) / 1e6;
  const longest = await server.ask<number>('longest');
  await server.stop();
  const scaled = ofMillion(cpu, room).toFixed(1);
  const bytes = (counted.bytes / counted.messages).toFixed(1);
  return [
    `| making of segments, CPU; of a million | ${cpu.toFixed(1)} s in ${seconds.toFixed(0)} s; ${scaled} s |`,
    `| segments, and bytes a message | ${counted.segments}, ${bytes} |`,
    `| longest stop of the event loop meanwhile | ${longest.toFixed(1)} ms |`,
  ];
}
