import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLog } from '../../src/http/logger.js';
import { Refusals } from '../../src/http/refusals.js';
import { UNREAD, UnreadAnswers, type UnreadLimits } from '../../src/http/unread-answers.js';
import { RawConnection } from '../support/raw-connection.js';

const PATIENCE = { timeout: 20_000 };
const MIB = 1024 ** 2;
/** More than the kernel takes of its own accord. */
const LARGE = 12 * MIB;
const SMALL = 'ok';
const user = (key: string) => ({ key, isUser: true });

let fastify: FastifyInstance;
let unread: UnreadAnswers;
let refusals: Refusals;
let url: string;
const connections: RawConnection[] = [];

/** A server that takes its callers for whom the header `user` says. */
async function serve(limits: Partial<UnreadLimits> = {}): Promise<void> {
  fastify = Fastify({ forceCloseConnections: true });
  refusals = new Refusals(createLog('silent'));
  const callerOf = ({ headers }: { headers: Record<string, unknown> }) =>
    user(String(headers.user));
  unread = new UnreadAnswers(callerOf, refusals, { ...UNREAD, ...limits });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    unread.watch(reply);
    done();
  });
  fastify.get('/large', () => 'x'.repeat(LARGE));
  fastify.get('/small', () => SMALL);
  fastify.get('/file', (_request, reply) => reply.send(Readable.from(pieces())));
  fastify.get('/late', async () => {
    await sleep(1500);
    return SMALL;
  });
  fastify.get('/events', (_request, reply) =>
    reply.header('content-type', 'text/event-stream; charset=utf-8').send(Readable.from(pieces())),
  );
  url = await fastify.listen({ host: '127.0.0.1', port: 0 });
}
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  await fastify.close();
});

function* pieces(): Generator<Buffer> {
  for (let sent = 0; sent < LARGE; sent += 64 * 1024) yield Buffer.alloc(64 * 1024, 'x');
}

async function ask(path: string, name: string, times = 1): Promise<RawConnection> {
  const connection = await RawConnection.openUnread(url);
  connections.push(connection);
  connection.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nUser: ${name}\r\n\r\n`.repeat(times));
  return connection;
}

/** Whether it is closed may be seen only by whoever reads. */
async function expectCut(connection: RawConnection): Promise<void> {
  connection.socket.resume();
  await connection.closed;
}

describe('an answer that nobody reads', () => {
  it.each(['/large', '/file'])('is cut when nothing is taken for long: %s', async (path) => {
    await serve({ ms: 1500 });
    const began = performance.now();
    const connection = await ask(path, 'ada');
    await vi.waitFor(() => expect(refusals.counts.unread_for_long).toBe(1), PATIENCE);
    expect(performance.now() - began).toBeGreaterThanOrEqual(1400);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(unread.bytes).toBe(0);
    await expectCut(connection);
  });

  it('is not cut while it is read, however slowly', async () => {
    await serve({ ms: 1500 });
    const { socket } = await ask('/large', 'ada');
    const began = performance.now();
    let received = 0;
    socket.removeAllListeners('data').on('data', (piece: string) => {
      received += piece.length;
      if (received < LARGE / 2) socket.pause();
    });
    for (; received < LARGE / 2; await sleep(50)) {
      socket.resume();
      await once(socket, 'data');
    }
    expect(performance.now() - began).toBeGreaterThan(3000);
    await vi.waitFor(() => expect(received).toBeGreaterThan(LARGE), PATIENCE);
    expect(refusals.counts.unread_for_long).toBe(0);
    await vi.waitFor(() => expect(unread.bytes).toBe(0), PATIENCE);
  });

  it('is none where the server is what takes long', async () => {
    await serve({ ms: 100 });
    const connection = await ask('/late', 'ada');
    connection.write('GET /large HTTP/1.1\r\nHost: x\r\nUser: ada\r\n\r\n'); // waits for its turn
    await vi.waitFor(() => expect(unread.bytes).toBeGreaterThan(0), PATIENCE);
    connection.socket.resume();
    await vi.waitFor(() => expect(connection.received.length).toBeGreaterThan(LARGE), PATIENCE);
    expect(connection.statuses).toEqual([200, 200]);
    expect(refusals.counts.unread_for_long).toBe(0);
  });

  it('leaves event streams alone, which have a bound of their own', async () => {
    await serve({ ms: 100 });
    const connection = await ask('/events', 'ada');
    await sleep(2500);
    expect([unread.bytes, connection.isClosed]).toEqual([0, false]);
  });
});

describe('unread answers of one caller', () => {
  it('are full past the bound, and no longer once they are read', async () => {
    await serve({ bytesOfCaller: 1.5 * LARGE });
    const first = await ask('/large', 'ada');
    await vi.waitFor(() => expect(unread.bytes).toBeGreaterThan(LARGE), PATIENCE);
    expect(unread.isFull(user('ada'))).toBe(false);
    await ask('/large', 'ada');
    await vi.waitFor(() => expect(unread.isFull(user('ada'))).toBe(true), PATIENCE);
    expect(unread.isFull(user('eve'))).toBe(false);
    first.socket.resume();
    await vi.waitFor(() => expect(unread.isFull(user('ada'))).toBe(false), PATIENCE);
  });

  it('count too where they wait for their turn on one connection', async () => {
    await serve();
    const connection = await ask('/large', 'ada', 4);
    await vi.waitFor(() => expect(unread.bytes).toBeGreaterThan(4 * LARGE), PATIENCE);
    expect(unread.isFull(user('ada'))).toBe(true);
    connection.close();
    await vi.waitFor(() => expect(unread.bytes).toBe(0), PATIENCE);
    expect(unread.isFull(user('ada'))).toBe(false);
  });

  it('count however small each is', async () => {
    await serve();
    await ask('/large', 'ada');
    await vi.waitFor(() => expect(unread.bytes).toBeGreaterThan(LARGE), PATIENCE);
    const before = unread.bytes;
    const connection = await ask('/small', 'ada', 0);
    connection.write('GET /large HTTP/1.1\r\nHost: x\r\nUser: bob\r\n\r\n');
    connection.write('GET /small HTTP/1.1\r\nHost: x\r\nUser: bob\r\n\r\n'.repeat(200));
    await vi.waitFor(() => expect(unread.bytes).toBeGreaterThan(before + LARGE + 10_000), PATIENCE);
  });
});

describe('unread answers together', () => {
  it('stay within their bound: those of the caller who has most go', async () => {
    await serve({ bytesInAll: 3.5 * LARGE });
    const modest = await ask('/large', 'bob');
    const greedy = await ask('/large', 'eve');
    const greedier = await ask('/large', 'eve');
    await vi.waitFor(() => expect(unread.bytes).toBeGreaterThan(3 * LARGE), PATIENCE);
    const newest = await ask('/large', 'cat');
    await vi.waitFor(() => expect(refusals.counts.unread_most).toBe(1), PATIENCE);
    expect(unread.bytes).toBeLessThan(3.5 * LARGE);
    await expectCut(greedy); // the older one of hers
    for (const { socket } of [modest, greedier, newest]) socket.resume();
    for (const connection of [modest, greedier, newest]) {
      await vi.waitFor(() => expect(connection.received.length).toBeGreaterThan(LARGE), PATIENCE);
    }
  });
});
