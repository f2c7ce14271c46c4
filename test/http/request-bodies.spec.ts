import { setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { acceptOnlyJson, BODY_LIMIT_BYTES } from '../../src/http/json-body.js';
import { createLog } from '../../src/http/logger.js';
import { Refusals } from '../../src/http/refusals.js';
import { BODIES, type BodyLimits, RequestBodies } from '../../src/http/request-bodies.js';
import { halfSent, RawConnection } from '../support/raw-connection.js';

const PATIENCE = { timeout: 10_000 };
const JSON_TYPE = { 'content-type': 'application/json' };
const CHUNKED = { ...JSON_TYPE, 'transfer-encoding': 'chunked' };

let fastify: FastifyInstance;
let bodies: RequestBodies;
let refusals: Refusals;
let url: string;

/** A server that answers a body with itself. */
async function serve(limits: Partial<BodyLimits> = {}): Promise<void> {
  fastify = Fastify({ bodyLimit: BODY_LIMIT_BYTES, forceCloseConnections: true });
  refusals = new Refusals(createLog('silent'));
  bodies = new RequestBodies(refusals, { ...BODIES, ...limits });
  bodies.guard(fastify);
  acceptOnlyJson(fastify, bodies);
  fastify.setErrorHandler((error: { statusCode?: number }, _request, reply) =>
    reply.code(error.statusCode ?? 500).send(),
  );
  fastify.post('/', ({ body }) => body);
  fastify.get('/', () => ({}));
  fastify.post(
    '/refused',
    { onRequest: (_request, reply) => void reply.code(401).send() },
    () => ({}),
  );
  url = await fastify.listen({ host: '127.0.0.1', port: 0 });
}
afterEach(() => fastify.close());

const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

describe('a body', () => {
  it('is whole, in however many pieces it comes', async () => {
    await serve();
    const text = JSON.stringify({ text: 'Grüße, 🐈'.repeat(2000) });
    const bytes = Buffer.from(text);
    const connection = await RawConnection.open(url);
    connection.send('POST /', {
      ...JSON_TYPE,
      'content-length': bytes.length,
      connection: 'close',
    });
    for (let at = 0; at < bytes.length; at += 777) {
      connection.socket.write(bytes.subarray(at, at + 777));
      await sleep(1);
    }
    await connection.closed;
    const [, answer] = connection.received.split('\r\n\r\n');
    expect(Buffer.from(answer, 'latin1').toString()).toBe(text);
    expect(bodies.bytes).toBe(0);
  });

  it('of tiny chunks takes no more memory than one of large ones', async () => {
    await serve();
    const connection = await RawConnection.open(url);
    connection.send('POST /', CHUNKED);
    connection.write(chunk('{"a":"'));
    connection.write(chunk('x').repeat(200_000));
    await vi.waitFor(() => expect(bodies.bytes).toBeGreaterThan(200_000), PATIENCE);
    expect(bodies.bytes).toBeLessThanOrEqual(BODY_LIMIT_BYTES);
    connection.write(`${chunk('"}')}0\r\n\r\n`);
    await vi.waitFor(() => expect(connection.statuses).toEqual([200]), PATIENCE);
    expect(bodies.bytes).toBe(0);
    connection.close();
  });

  it('that is too large is refused as soon as that is known, and not kept', async () => {
    await serve();
    const [announced, chunked] = [await RawConnection.open(url), await RawConnection.open(url)];
    announced.send('POST /', { ...JSON_TYPE, 'content-length': BODY_LIMIT_BYTES + 1 });
    chunked.send('POST /', CHUNKED, chunk(' '.repeat(BODY_LIMIT_BYTES)) + chunk(' '));
    await vi.waitFor(() => {
      expect([...announced.statuses, ...chunked.statuses]).toEqual([413, 413]);
    }, PATIENCE);
    expect(bodies.bytes).toBe(0);
    announced.close();
    chunked.close();
  });

  it('whose client goes away is kept no longer', async () => {
    await serve();
    const connection = await RawConnection.open(url);
    connection.write(halfSent('/'));
    await vi.waitFor(() => expect(bodies.bytes).toBe(1), PATIENCE);
    connection.close();
    await vi.waitFor(() => expect(bodies.bytes).toBe(0), PATIENCE);
  });
});

describe('a body that takes too long', () => {
  it('is cut with a 408, however busily it drips', async () => {
    await serve({ ms: 400 });
    const connection = await RawConnection.open(url);
    const began = performance.now();
    connection.write(halfSent('/'));
    const drip = setInterval(() => connection.write(' '), 20);
    await connection.closed;
    clearInterval(drip);
    expect(connection.statuses).toEqual([408]);
    expect(performance.now() - began).toBeGreaterThanOrEqual(390);
    expect(refusals.counts.body_for_long).toBe(1);
    expect(bodies.bytes).toBe(0);
  });

  it('is cut, whether somebody reads it or not', async () => {
    await serve({ ms: 400 });
    const [refused, unread] = [await RawConnection.open(url), await RawConnection.open(url)];
    refused.write(halfSent('/refused'));
    unread.write(halfSent('/').replace('POST', 'GET'));
    await vi.waitFor(() => {
      expect([...refused.statuses, ...unread.statuses]).toEqual([401, 200]); // which wait for nothing
    }, PATIENCE);
    expect([refused.isClosed, unread.isClosed]).toEqual([false, false]);
    await Promise.all([refused.closed, unread.closed]);
    expect(refusals.counts.body_for_long).toBe(2);
  });

  it('keeps none that came later from its own time', async () => {
    await serve({ ms: 600 });
    const late = await RawConnection.open(url);
    late.write(halfSent('/'));
    await sleep(400);
    const later = await RawConnection.open(url);
    later.send('POST /', { ...JSON_TYPE, 'content-length': 2 }, '{');
    await late.closed;
    later.write('}');
    await vi.waitFor(() => expect(later.statuses).toEqual([200]), PATIENCE);
    later.close();
  });
});

describe('bodies together', () => {
  /** All of a body but its last byte. */
  const begin = async (bytes: number): Promise<RawConnection> => {
    const connection = await RawConnection.open(url);
    const body = '{'.padEnd(bytes, ' ');
    connection.send('POST /', { ...JSON_TYPE, 'content-length': bytes + 1 }, body.slice(0, bytes));
    return connection;
  };

  it('take no more memory than they may: the one longest under way gives way', async () => {
    await serve({ bytes: 250_000 });
    const idle = await begin(0); // longer under way, and costs nothing
    await sleep(50);
    const first = await begin(100_000);
    await vi.waitFor(() => expect(bodies.bytes).toBeGreaterThanOrEqual(100_000), PATIENCE);
    const second = await begin(50_000);
    await vi.waitFor(() => expect(bodies.bytes).toBeGreaterThanOrEqual(150_000), PATIENCE);
    const third = await begin(150_000);
    await first.closed;
    expect(first.statuses).toEqual([408]);
    expect(refusals.counts.bodies_in_all).toBe(1);
    expect([idle.isClosed, second.isClosed, third.isClosed]).toEqual([false, false, false]);
    second.write('}');
    await vi.waitFor(() => expect(second.statuses).toEqual([200]), PATIENCE);
    expect(bodies.bytes).toBeLessThanOrEqual(250_000);
    for (const connection of [idle, second, third]) connection.close();
    await vi.waitFor(() => expect(bodies.bytes).toBe(0), PATIENCE);
  });
});
