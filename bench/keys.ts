// What rotating keys and verifying all that is sealed costs, and who waits for it:
//   npm run build && node --import tsx bench/keys.ts [sqlite | postgres] [messages to verify]
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MasterKeys } from '../src/encryption/master-keys.js';
import { FIRST_KEY } from '../src/encryption/wrapped-key.entity.js';
import { type Call, call } from './call.js';
import { fillRoom } from './fill.js';
import type { DatabaseKind } from './options.js';
import { Server } from './server.js';
import { quantile } from './statistics.js';
import { Store } from './store.js';
import { openTables, type Tables } from './tables.js';
import { CONCLAVE } from './targets.js';

const KEYS = 100_000;
const DELETIONS = 40;
const SENDERS = 64;
const LOOK_MS = 5;

const NODE_ARGS = [
  '--max-semi-space-size=32',
  '--import',
  fileURLToPath(new URL('turn-probe.mjs', import.meta.url)),
];

const run = promisify(execFile);
const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const newKey = (): string => `${randomBytes(32).toString('base64url')}=`;

interface SignedUp {
  access_token: string;
  user: { id: string };
}

interface World {
  store: Store;
  tables: Tables;
  token: string;
  roomId: string;
  userId: string;
}

const [first, second] = [newKey(), newKey()];

/** The first of the keys seals: what lies under another one is wrapped anew from the start on. */
const start = ({ store }: Pick<World, 'store'>, keys: string[]): Promise<Server> =>
  Server.start([...NODE_ARGS, pathOf('../dist/main.js')], {
    ...CONCLAVE,
    ...store.environment,
    MASTER_KEYS: keys.join(),
  });

const idOf = (key: string): string => MasterKeys.of(key).currentId;

async function makeWorld(kind: DatabaseKind): Promise<World> {
  const store = await Store.create(kind);
  const server = await start({ store }, [first, second]);
  const { url } = server;
  const body = { email: 'ada@example.org', password: 'correct horse battery staple' };
  const path = '/userauth/userSignup';
  const ada = await call<SignedUp>(url, { method: 'POST', path, body });
  const token = ada.access_token;
  const roomId = await newRoom(url, token);
  await server.stop();
  const tables = await openTables(store);
  const master = MasterKeys.of(first);
  await tables.insertKeys(
    Array.from({ length: KEYS }, () => {
      const id = randomUUID();
      const { keyId, token: wrapped } = master.wrap(id, randomBytes(32));
      return [id, 'chat', FIRST_KEY, keyId, wrapped];
    }),
  );
  return { store, tables, token, roomId, userId: ada.user.id };
}

async function newRoom(url: string, token: string): Promise<string> {
  const request: Call = { method: 'POST', path: '/chat/', token, body: { chat_name: 'bench' } };
  return (await call<{ id: string }>(url, request)).id;
}

/** Milliseconds of each of so many deletions, one after another, of rooms made before. */
async function deleteRooms(
  url: string,
  token: string,
  rooms: string[],
  isOver: () => boolean,
): Promise<number[]> {
  const times: number[] = [];
  for (const id of rooms) {
    if (isOver()) break;
    const begun = performance.now();
    await call(url, { method: 'DELETE', path: `/chat/${id}`, token });
    times.push(performance.now() - begun);
  }
  return times;
}

/** Sends without a pause from so many connections until it is over. */
async function sendAll({ token, roomId }: World, url: string, isOver: () => boolean) {
  const times: number[] = [];
  const begun = performance.now();
  const body = { chatid: roomId, message: 'x'.repeat(200) };
  const sender = async (): Promise<void> => {
    while (!isOver()) {
      const from = performance.now();
      await call(url, { method: 'POST', path: '/message/', token, body });
      times.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  const rate = (times.length / (performance.now() - begun)) * 1000;
  return `${rate.toFixed(0)} a second, p99 ${quantile(times, 0.99).toFixed(1)} ms`;
}

/** Until nothing is left under the key; meanwhile the longest transaction that was seen. */
async function untilRotated({ tables }: World, from: string): Promise<number> {
  let longest = 0;
  while (await tables.hasKeysUnder(idOf(from))) {
    longest = Math.max(longest, await tables.transactionMs());
    await sleep(LOOK_MS);
  }
  return longest;
}

const show = (name: string, figure: string): void => console.log(`${name.padEnd(44)} ${figure}`);
const seconds = (us: number): string => `${(us / 1e6).toFixed(2)} s`;
const turn = async (server: Server): Promise<string> =>
  `${(await server.ask<number>('turn')).toFixed(1)} ms`;
const spread = (times: number[]): string =>
  `median ${quantile(times, 0.5).toFixed(1)} ms, longest ${Math.max(...times).toFixed(1)} ms (${times.length})`;

async function measureRotation(world: World): Promise<void> {
  const idle = await start(world, [first, second]);
  await sleep(2000);
  const base = idle.cpuUs();
  const rooms: string[] = [];
  for (let n = 0; n < 10 * DELETIONS; n++) rooms.push(await newRoom(idle.url, world.token));
  const quiet = rooms.splice(0, DELETIONS);
  show('deletion of a room', spread(await deleteRooms(idle.url, world.token, quiet, () => false)));
  await idle.stop();

  const begun = performance.now();
  const alone = await start(world, [second, first]);
  await turn(alone); // of the start
  const longest = await untilRotated(world, first);
  show(`rotation of ${KEYS}, CPU of the server`, seconds(alone.cpuUs() - base));
  show('  by the clock, with its start', `${((performance.now() - begun) / 1000).toFixed(2)} s`);
  show('  longest turn of the event loop', await turn(alone));
  if (longest > 0) show('  longest transaction seen', `${longest.toFixed(0)} ms`);
  await alone.stop();

  const beside = await start(world, [first, second]);
  let isOver = false;
  const rotated = untilRotated(world, second).finally(() => (isOver = true));
  const times = await deleteRooms(beside.url, world.token, rooms, () => isOver);
  await rotated;
  show('deletion of a room, in a rotation', spread(times));
  await beside.stop();
}

/** Both from a start on, so that neither server is warmer than the other. */
async function measureSends(world: World): Promise<void> {
  const rotating = await start(world, [second, first]);
  const begun = performance.now();
  let isOver = false;
  const rotated = untilRotated(world, first).finally(() => (isOver = true));
  show(`sends at ${SENDERS}, in a rotation`, await sendAll(world, rotating.url, () => isOver));
  await rotated;
  const tookMs = performance.now() - begun;
  await rotating.stop();
  const idle = await start(world, [second, first]);
  const end = performance.now() + tookMs;
  const isLate = (): boolean => performance.now() > end;
  show(`sends at ${SENDERS}, without one`, await sendAll(world, idle.url, isLate));
  await idle.stop();
}

async function measureVerification(world: World, messages: number): Promise<void> {
  const room = { id: await emptyRoom(world), ownerId: world.userId };
  await fillRoom(world.store, [second, first], room, messages);
  const server = await start(world, [second, first]);
  await sleep(2000);
  await turn(server);
  const keysUs = await verify(world, server);
  const allUs = await verify(world, server, '--messages');
  show(`keys verify of ${KEYS} keys, CPU`, seconds(keysUs));
  show(
    `  of ${messages} messages beside them, each`,
    `${((allUs - keysUs) / messages).toFixed(1)} µs`,
  );
  show('  longest turn of the event loop', await turn(server));
  await server.stop();
}

/** @returns CPU of the server, in microseconds */
async function verify({ store }: World, server: Server, ...options: string[]): Promise<number> {
  const begun = server.cpuUs();
  const args = [pathOf('../dist/cli.js'), 'keys', 'verify', '--json', ...options];
  await run(process.execPath, args, { env: { ...process.env, DATA_DIR: store.dataDir } });
  return server.cpuUs() - begun;
}

async function emptyRoom(world: World): Promise<string> {
  const server = await start(world, [second, first]);
  const id = await newRoom(server.url, world.token);
  await server.stop();
  return id;
}

async function main([kind = 'sqlite', messages = '100000']: string[]): Promise<void> {
  const world = await makeWorld(kind as DatabaseKind);
  await measureRotation(world);
  await measureSends(world);
  await measureVerification(world, Number(messages));
  await world.tables.close();
}

await main(process.argv.slice(2)).finally(async () => {
  await Server.stopAll();
  await Store.dropAll();
});
