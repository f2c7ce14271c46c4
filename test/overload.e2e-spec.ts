import { setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ChatService } from '../src/chat/chat.service.js';
import { createLog } from '../src/common/logger.js';
import { Overload, type OverloadLimits } from '../src/common/overload.js';
import { expectProblem } from './expect-problem.js';
import type { Answer } from './support/client.js';
import { TestApp, type TestUser } from './support/test-app.js';

const UNDER_WAY = 300;

describe('the server', () => {
  let app: TestApp;
  let user: TestUser;
  let chatId: string;
  beforeAll(async () => {
    app = await TestApp.start();
    ({ user, chatId } = await app.givenMember());
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => app.stop());

  it('refuses what comes on top of 300 requests under way, and serves again at once', async () => {
    const list = vi.spyOn(app.nest.get(ChatService), 'list');
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    list.mockImplementation(async () => {
      await gate;
      return { data: [], has_more: false };
    });
    const underWay = Array.from({ length: UNDER_WAY }, () => user.client.get('/chat/'));
    await vi.waitFor(() => expect(list).toHaveBeenCalledTimes(UNDER_WAY), { timeout: 20_000 });

    const headers = { origin: 'http://localhost:5173' };
    const refused = await app.anonymous.request('GET', `/chat/${chatId}`, undefined, headers);
    const { detail } = expectProblem(refused, 503, 'unavailable'); // before it is asked who calls
    expect(detail).toContain('overloaded');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.headers.get('access-control-allow-origin')).toBe(headers.origin);
    expect((await app.anonymous.get('/health/live')).status).toBe(200);
    expect((await app.anonymous.get('/health/ready')).status).toBe(200);

    release();
    expect(statuses(await Promise.all(underWay))).toEqual([200]);
    list.mockRestore();
    expect((await user.client.get('/chat/')).status).toBe(200);
  });

  it('refuses none of 256 clients at once', async () => {
    const ask = (round: number): Promise<Answer> =>
      round % 2
        ? user.client.get(`/message/?chat_id=${chatId}`)
        : user.client.post('/message/', { chatid: chatId, message: 'hello' });
    const call = async (): Promise<Answer[]> => [await ask(0), await ask(1), await ask(2)];
    const answers = await Promise.all(Array.from({ length: 256 }, call));
    expect(statuses(answers.flat())).toEqual([200, 201]);
  });
});

describe('a turn of the event loop', () => {
  const BLOCKED_MS = 6;

  it('begins requests for some milliseconds only, and keeps their order', async () => {
    const { fastify } = guarded({ underWay: 100, turnMs: 10 });
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
    await fastify.close();
  });
});

describe('requests under way', () => {
  const PATIENCE = { timeout: 10_000 };

  it('are no longer, once their client has gone', async () => {
    const { fastify } = guarded({ underWay: 2, turnMs: 10 });
    fastify.get('/never', () => new Promise(() => undefined));
    fastify.get('/soon', () => ({}));
    const url = await fastify.listen({ host: '127.0.0.1', port: 0 });
    const clients = [new AbortController(), new AbortController()];
    const gone = clients.map(({ signal }) => fetch(`${url}/never`, { signal }).catch(() => 'gone'));
    await vi.waitFor(async () => expect((await fetch(`${url}/soon`)).status).toBe(503), PATIENCE);
    for (const client of clients) client.abort();
    expect(await Promise.all(gone)).toEqual(['gone', 'gone']);
    await vi.waitFor(async () => expect((await fetch(`${url}/soon`)).status).toBe(200), PATIENCE);
    await fastify.close();
  });

  it('are told of in one line a second', async () => {
    const { fastify, lines } = guarded({ underWay: 0, turnMs: 10 });
    for (let n = 0; n < 5; n++) await fastify.inject('/');
    await sleep(1200);
    expect(lines).toEqual([{ event: 'server.overloaded', refused: 5, under_way: 0 }]);
    await fastify.close();
  });
});

function guarded(limits: OverloadLimits): { fastify: FastifyInstance; lines: unknown[] } {
  const fastify = Fastify();
  const log = createLog('silent');
  const lines: unknown[] = [];
  log.warn = (line: unknown) => lines.push(line);
  new Overload(log, limits).guard(fastify);
  fastify.setErrorHandler((_error, _request, reply) => reply.code(503).send());
  return { fastify, lines };
}

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

function statuses(answers: Answer[]): number[] {
  return [...new Set(answers.map(({ status }) => status))].sort();
}
