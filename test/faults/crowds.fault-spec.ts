import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { halfSent, RawConnection } from '../support/raw-connection.js';
import { ServerProcess } from '../support/server-process.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';
import { isShort, note } from './support/figures.js';
import { Flood } from './support/flood.js';
import { type Experience, HonestSender, inWords } from './support/honest-sender.js';
import { watchMemory } from './support/watch-memory.js';

const SECONDS = isShort ? 3 : 15;
const SLOWEST_MS = 1000;
const MIB = 1024 ** 2;
/** Its times are those of the attackers' machine too, which may do something else for a moment. */
const RETRIES = { retry: 2 };

let database: TestDatabase;
let server: ServerProcess;
let token: string;
let chatId: string;
let honest: HonestSender;
let quiet: Experience;
const connections: RawConnection[] = [];
let flood: Flood | undefined;

beforeAll(async () => {
  database = await TestDatabase.create();
  server = await ServerProcess.start(database.environment);
  token = await signUp('ada');
  const chat = { chat_name: 'Room' };
  chatId = (await new Client(server.url, token).post('/chat/', chat)).body.id;
  honest = new HonestSender(server.url, token, chatId);
  await honest.send(SECONDS); // warms up
  quiet = await honest.send(SECONDS);
});
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  await flood?.kill();
});
afterAll(async () => {
  honest?.close();
  await ServerProcess.killAll();
  await database?.drop();
});

async function signUp(name: string): Promise<string> {
  const account = { email: `${name}@example.org`, password: 'correct horse battery staple' };
  const { body } = await new Client(server.url).post('/userauth/userSignup', account);
  return body.access_token;
}

async function open(how: 'open' | 'openUnread'): Promise<RawConnection> {
  const connection = await RawConnection[how](server.url);
  connections.push(connection);
  return connection;
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)![1]);
}

/** Refused to nobody, and no wait to speak of. */
function expectUnharmed(attack: string, meanwhile: Experience, besides: string): void {
  note(
    `${attack}, ${isPostgres ? 'PostgreSQL' : 'SQLite'}: an honest sender meanwhile ` +
      `${inWords(meanwhile)} (quiet: median ${quiet.median} ms, p99 ${quiet.p99} ms); ${besides}`,
  );
  expect(Object.keys(meanwhile.statuses)).toEqual(['201']);
  expect(meanwhile.longest).toBeLessThan(SLOWEST_MS);
}

describe('300 bodies that never come', () => {
  const CUT_MS = 10_000;

  it('keep nobody out, again and again', RETRIES, async () => {
    const lived: number[] = [];
    const statuses = new Set<number>();
    let isOver = false;
    const attack = async (n: number): Promise<void> => {
      while (!isOver) {
        const half = await open('open');
        const began = performance.now();
        half.write(n % 2 ? halfSent('/message/', token) : halfSent('/userauth/refresh'));
        await half.closed;
        if (isOver) return;
        lived.push(performance.now() - began);
        for (const status of half.statuses) statuses.add(status);
      }
    };
    const attacks = Array.from({ length: 300 }, (_, n) => attack(n));
    await sleep(500);
    const meanwhile = await honest.send(SECONDS);
    isOver = true;
    for (const connection of connections) connection.close();
    await Promise.all(attacks);
    const [first = 0, last = 0] = [Math.min(...lived), Math.max(...lived)].map(Math.round);
    const cut =
      lived.length > 0 ? `${lived.length} cut after ${first} to ${last} ms` : 'none cut yet';
    expectUnharmed('300 half-sent bodies', meanwhile, cut);
    if (isShort) return;
    expect([...statuses]).toEqual([408]);
    expect(lived.length).toBeGreaterThanOrEqual(300);
    expect(first).toBeGreaterThan(CUT_MS - 100);
    expect(last).toBeLessThan(CUT_MS + 2000);
  });
});

describe('600 connections without a token', () => {
  it('keep nobody out', RETRIES, async () => {
    flood = Flood.start(`${server.url}/userauth/me`, 600, SECONDS + 2);
    await sleep(1500);
    const meanwhile = await honest.send(SECONDS);
    const answers = await flood.ended();
    const total = Object.values(answers).reduce((sum, count) => sum + count, 0);
    const besides = `they have ${Math.round(total / (SECONDS + 2)).toLocaleString('en')} answers/s`;
    expectUnharmed('600 connections without a token', meanwhile, besides);
    expect(Object.keys(answers).filter((status) => status !== '503')).toEqual(['401']);
  });
});

describe('80 connections that ask for pages and do not read', () => {
  const USERS = 8;
  const PER_USER = 10;
  /** On each connection: a page is a MiB, and the kernel takes some of them. */
  const PAGES = 12;
  const CUT_MS = 30_000;
  /** What is unread, as text and as bytes; what is opened; and the garbage of a server that is busy. */
  const MEMORY_BYTES = 1000 * MIB;

  it('keep nobody out, take no memory to speak of, and are cut', RETRIES, async () => {
    const long = { chatid: await longRoom(), limit: 200 };
    const tokens = await Promise.all(
      Array.from({ length: USERS }, (_, n) => signUp(`reader${n}.${Date.now()}`)),
    );
    const before = server.residentBytes;
    const memory = watchMemory(server);
    const page = (reader: string): string =>
      `GET /message/?chat_id=${long.chatid}&limit=${long.limit} HTTP/1.1\r\nHost: localhost\r\n` +
      `Authorization: Bearer ${reader}\r\n\r\n`;
    for (let n = 0; n < USERS * PER_USER; n++) {
      (await open('openUnread')).write(page(tokens[n % USERS]).repeat(PAGES));
    }
    const began = performance.now();
    const meanwhile = await honest.send(isShort ? SECONDS : CUT_MS / 1000 + 5);
    const unread = await metric('conclave_unread_bytes');
    const most = memory.stop();
    const stuck = isShort ? undefined : await stuckOnes();
    expectUnharmed(
      '80 unread connections',
      meanwhile,
      `memory from ${round(before)} to at most ${round(most)} MiB, ${round(unread)} MiB unread ` +
        `after ${Math.round((performance.now() - began) / 1000)} s, ${stuck ?? '?'} connections stuck`,
    );
    expect(most).toBeLessThan(MEMORY_BYTES);
    expect(unread).toBeLessThan(128 * MIB);
    if (!isShort) expect([unread, stuck]).toEqual([0, 0]);
  });

  /** A room with a page of long messages, which nobody else sends to. */
  async function longRoom(): Promise<string> {
    const client = new Client(server.url, token);
    const { body } = await client.post('/chat/', { chat_name: 'Long messages' });
    const message = '🐈'.repeat(16_384);
    for (let n = 0; n < 200; n++) {
      const { status } = await client.post('/message/', { chatid: body.id, message });
      expect(status).toBe(201);
    }
    return body.id;
  }

  /** Those that read on and are neither closed nor answered whatever they have asked for. */
  async function stuckOnes(): Promise<number> {
    for (const { socket } of connections) socket.resume();
    await sleep(2000);
    const open = connections.filter(({ isClosed }) => !isClosed);
    return open.filter(({ statuses }) => statuses.length < PAGES).length;
  }
});

function round(bytes: number): number {
  return Math.round(bytes / MIB);
}
