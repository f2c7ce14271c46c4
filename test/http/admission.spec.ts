import { setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Admission } from '../../src/http/admission.js';
import { createLog } from '../../src/http/logger.js';
import { PLACES, Places } from '../../src/http/places.js';
import { problemOf } from '../../src/http/problem.js';
import { Refusals } from '../../src/http/refusals.js';
import { Turns } from '../../src/http/turns.js';
import { UNREAD, UnreadAnswers } from '../../src/http/unread-answers.js';
import { halfSent, RawConnection } from '../support/raw-connection.js';

const PATIENCE = { timeout: 20_000 };
const LARGE = 12 * 1024 ** 2;

let fastify: FastifyInstance;
let places: Places;
let lines: unknown[];
let release: () => void;

/** Callers are who the header `user` says; without it an address. */
function guarded(limits: Partial<typeof PLACES> = {}, turns?: Turns): FastifyInstance {
  fastify = Fastify({ forceCloseConnections: true });
  const log = createLog('silent');
  const told: unknown[] = (lines = []);
  log.warn = (line: unknown) => told.push(line);
  const refusals = new Refusals(log);
  const callerOf = ({ headers: { user } }: { headers: Record<string, unknown> }) =>
    typeof user === 'string' ? { key: user, isUser: true } : { key: 'address', isUser: false };
  const unread = new UnreadAnswers(callerOf, refusals, { ...UNREAD, bytesOfCaller: LARGE });
  places = new Places({ ...PLACES, ...limits });
  new Admission(callerOf, unread, refusals, places, turns).guard(fastify);
  fastify.setErrorHandler((error, _request, reply) => {
    const { body, retryAfterSeconds } = problemOf(error);
    return reply.code(body.status).header('retry-after', String(retryAfterSeconds)).send(body);
  });
  const gate = new Promise<void>((resolve) => (release = resolve));
  fastify.get('/never', () => new Promise(() => undefined));
  fastify.get('/gate', async () => {
    await gate;
    return {};
  });
  fastify.get('/soon', () => ({}));
  fastify.get('/handed-over', (_request, reply) => {
    reply.hijack();
    reply.raw.emit('close'); // as for a WebSocket
    reply.raw.socket!.end();
  });
  fastify.get('/large', () => 'x'.repeat(LARGE + 1));
  fastify.post('/', () => ({}));
  return fastify;
}
const listen = (): Promise<string> => fastify.listen({ host: '127.0.0.1', port: 0 });
afterEach(() => fastify.close());

describe('a place', () => {
  it('is taken by no request whose body is on its way', async () => {
    guarded({ all: 1 });
    const url = await listen();
    const halves = await Promise.all(Array.from({ length: 5 }, () => RawConnection.open(url)));
    for (const half of halves) half.write(halfSent('/'));
    await sleep(100);
    expect(places.taken).toBe(0);
    expect((await fetch(`${url}/soon`)).status).toBe(200);
    for (const half of halves) {
      half.write(' '.repeat(98) + '}');
      await vi.waitFor(() => expect(half.statuses).toEqual([200]), PATIENCE);
      half.close();
    }
  });

  it('is given back with the answer, however long the client takes to read that', async () => {
    guarded({ all: 1 });
    const url = await listen();
    const reader = await RawConnection.openUnread(url);
    reader.send('GET /large', { user: 'ada' });
    await vi.waitFor(async () => {
      const asked = await fetch(`${url}/soon`, { headers: { user: 'ada' } });
      expect([asked.status, places.taken]).toEqual([429, 0]); // she has to read first
    }, PATIENCE);
    expect((await fetch(`${url}/soon`, { headers: { user: 'bob' } })).status).toBe(200);
    reader.close();
    await vi.waitFor(async () => {
      expect((await fetch(`${url}/soon`, { headers: { user: 'ada' } })).status).toBe(200);
    }, PATIENCE);
  });

  it('stays taken while there is work for a client that has gone, and no longer', async () => {
    guarded({ all: 2 });
    const url = await listen();
    const clients = [await RawConnection.open(url), await RawConnection.open(url)];
    for (const client of clients) client.send('GET /gate');
    await vi.waitFor(() => expect(places.taken).toBe(2), PATIENCE);
    for (const client of clients) client.close();
    await sleep(100);
    expect((await fetch(`${url}/soon`)).status).toBe(503);
    release();
    await vi.waitFor(async () => expect((await fetch(`${url}/soon`)).status).toBe(200), PATIENCE);
    expect(places.taken).toBe(0);
  });

  it('is given back by one whose client goes before its turn', async () => {
    guarded({}, new Turns({ ms: 0, newcomersMs: 60_000 })); // nobody's turn comes
    const url = await listen();
    const client = await RawConnection.open(url);
    client.send('GET /gate');
    await vi.waitFor(() => expect(places.taken).toBe(1), PATIENCE);
    client.close();
    await vi.waitFor(() => expect(places.taken).toBe(0), PATIENCE);
  });

  it('is given back by one whose connection is taken over', async () => {
    guarded();
    const url = await listen();
    const client = await RawConnection.open(url);
    client.send('GET /handed-over');
    await client.closed;
    expect(places.taken).toBe(0);
  });

  it('is given back by each of several requests on one connection that is gone', async () => {
    guarded();
    const url = await listen();
    const client = await RawConnection.open(url);
    client.write('GET /gate HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20));
    await vi.waitFor(() => expect(places.taken).toBe(20), PATIENCE);
    client.close();
    await sleep(50);
    release();
    await vi.waitFor(() => expect(places.taken).toBe(0), PATIENCE);
  });

  it('is refused with 503 where there is none, with 429 where the caller has enough', async () => {
    guarded({ all: 4, withoutToken: 1, ofUser: 1 });
    const url = await listen();
    const ask = async (user?: string): Promise<unknown[]> => {
      const answer = await fetch(`${url}/soon`, { headers: user ? { user } : {} });
      const { type } = (await answer.json()) as { type: string };
      return [answer.status, answer.headers.get('retry-after'), type];
    };
    const hold = async (user?: string): Promise<void> => {
      const client = await RawConnection.open(url);
      client.send('GET /never', user ? { user } : {});
    };
    await hold();
    await vi.waitFor(() => expect(places.taken).toBe(1), PATIENCE);
    expect(await ask()).toEqual([503, '1', 'urn:conclave:problem:unavailable']);
    await hold('ada');
    await hold('bob');
    await vi.waitFor(() => expect(places.taken).toBe(3), PATIENCE);
    expect(await ask('ada')).toEqual([429, '1', 'urn:conclave:problem:too-many-requests']);
    await hold('cat');
    await vi.waitFor(() => expect(places.taken).toBe(4), PATIENCE);
    expect(await ask('dan')).toEqual([503, '1', 'urn:conclave:problem:unavailable']);
  });
});

describe('a place that is not begun', () => {
  it('is given up for a caller who has less', async () => {
    guarded({ all: 4, ofUser: 4 }, new Turns({ ms: 5, newcomersMs: 0 }));
    fastify.get('/slow', async () => {
      block(10); // so that the others wait for their turn
      await sleep(10);
      return {};
    });
    const url = await listen();
    const eve = await RawConnection.open(url);
    const get = 'GET /slow HTTP/1.1\r\nHost: localhost\r\nUser: ';
    eve.write(`${get}eve\r\n\r\n`.repeat(4) + `${get}ada\r\n\r\n` + `${get}eve\r\n\r\n`);
    await vi.waitFor(() => expect(eve.statuses).toHaveLength(6), PATIENCE);
    expect(eve.statuses).toEqual([200, 200, 200, 503, 200, 503]);
  });
});

describe('refusals', () => {
  it('are told of in one line a second', async () => {
    guarded({ all: 0 });
    for (let n = 0; n < 5; n++) await fastify.inject('/soon');
    await sleep(1200);
    expect(lines).toEqual([{ event: 'server.overloaded', refused: { places: 5 } }]);
  });
});

describe('a turn of the event loop', () => {
  const BLOCKED_MS = 6;

  it('begins requests for some milliseconds only, and keeps their order', async () => {
    guarded({}, new Turns({ ms: 10, newcomersMs: 20 }));
    let turn = 0;
    let isCounting = true;
    const next = (): void => {
      turn++;
      if (isCounting) setImmediate(next);
    };
    const begun: { n: number; turn: number }[] = [];
    fastify.get('/:n', (request) => {
      begun.push({ n: Number((request.params as { n: string }).n), turn });
      block(BLOCKED_MS);
      return {};
    });
    await fastify.ready();
    next();
    await Promise.all(Array.from({ length: 20 }, (_, n) => fastify.inject(`/${n}`)));
    isCounting = false;
    expect(begun.map(({ n }) => n)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    const perTurn = begun.map((one) => begun.filter(({ turn }) => turn === one.turn).length);
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(3); // 10 ms are over after the second
  });
});

describe('a new connection', () => {
  it('is not kept waiting for the requests that came before it', () => {
    const turns = new Turns({ ms: 10, newcomersMs: 50 });
    const order: string[] = [];
    const wait = (name: string) => ({ begin: () => order.push(name), refuse: () => undefined });
    turns.begin('ada', wait('at once'));
    turns.noteNewcomer();
    turns.begin('ada', wait('after the newcomers'));
    return new Promise<void>((resolve) => {
      let newcomers = 0;
      const next = (): void => {
        order.push('newcomer');
        turns.noteNewcomer();
        if (++newcomers < 3) setImmediate(next);
        else setTimeout(resolve, 20);
      };
      next();
    }).then(() => {
      expect(order).toEqual([
        'at once',
        ...Array<string>(3).fill('newcomer'),
        'after the newcomers',
      ]);
    });
  });

  it('keeps nobody waiting for long, however many come', async () => {
    const turns = new Turns({ ms: 10, newcomersMs: 30 });
    let isBegun = false;
    let isOver = false;
    const next = (): void => {
      turns.noteNewcomer();
      if (!isOver) setImmediate(next);
    };
    next();
    turns.begin('ada', { begin: () => (isBegun = true), refuse: () => undefined });
    await sleep(15);
    expect(isBegun).toBe(false);
    await vi.waitFor(() => expect(isBegun).toBe(true), { timeout: 500, interval: 5 });
    isOver = true;
  });
});

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}
