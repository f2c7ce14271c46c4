import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../src/problem.js';
import { Transport } from '../src/transport.js';
import { refusal } from './support/calls.js';
import { ManualTimers, settled } from './support/manual-timers.js';

type Answer = Response | Error | 'nothing';

const UNAUTHENTICATED = 'urn:conclave:problem:unauthenticated';
const json = (status: number, body: object, headers = {}): Response =>
  new Response(JSON.stringify(body), { status, headers });
const problem = (status: number, type = 'x', headers = {}): Response =>
  json(status, { type, title: type, status, detail: type, request_id: 'r' }, headers);
const busy = (status: number, seconds = 2): Response =>
  problem(status, 'busy', { 'retry-after': String(seconds) });

/** What was sent, in words. */
let sent: string[];
let answers: Answer[];
let timers: ManualTimers;
let transport: Transport;

beforeEach(() => {
  [sent, answers] = [[], []];
  timers = new ManualTimers();
  transport = new Transport(timers, async (input, init) => {
    const request = input as Request;
    const token = request.headers.get('authorization') ?? '';
    sent.push(`${request.method} ${await request.text()} ${token}`.trim());
    const answer = answers.shift() ?? new Response('ok');
    if (answer instanceof Error) throw answer;
    if (answer !== 'nothing') return answer;
    return new Promise((_, reject) => {
      init?.signal?.addEventListener('abort', () => reject(new Error('given up')));
    });
  });
});

const request = (method: string, path = '/message/', signal?: AbortSignal): Request =>
  new Request(`http://x.org${path}`, {
    method,
    signal,
    ...(method !== 'GET' && { body: 'body' }),
  });
/** What becomes of a request: its text, or the problem's status. */
const outcome = (of: Promise<Response>): Promise<string | number> =>
  of.then(
    (response) => response.text(),
    (error: Problem) => error.status,
  );

describe('a request that is refused for now', () => {
  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('is sent again: %s', async (method) => {
    answers = [busy(503), busy(429, 3)];
    const done = outcome(transport.fetch(request(method)));
    await timers.pass(1999);
    expect(sent).toHaveLength(1);
    await timers.pass(1);
    expect(sent).toHaveLength(2);
    await timers.pass(2999);
    expect(sent).toHaveLength(2);
    await timers.pass(1);
    expect(await done).toBe('ok');
    expect(new Set(sent).size, 'with its body').toBe(1);
    expect(sent[0]).toBe(method === 'GET' ? 'GET' : `${method} body`);
    expect(timers.pending).toEqual([]);
  });

  it('is sent four times at most, after growing pauses', async () => {
    answers = Array.from({ length: 5 }, () => new Error('no network'));
    const done = outcome(transport.fetch(request('GET')));
    for (const ms of [500, 1000, 2000]) {
      await settled();
      expect(timers.pending).toEqual([ms]);
      await timers.pass(ms);
    }
    expect(await done).toBe(0);
    expect(sent).toHaveLength(4);
  });

  it('is not sent again where the server wants more than half a minute', async () => {
    answers = [busy(429, 31)];
    expect(await outcome(transport.fetch(request('GET')))).toBe(429);
    expect(sent).toHaveLength(1);
  });

  it.each([400, 403, 404, 409, 413])(
    'is not sent again where it stays refused: %i',
    async (status) => {
      answers = [problem(status)];
      expect(await outcome(transport.fetch(request('PUT')))).toBe(status);
      expect(sent).toHaveLength(1);
    },
  );
});

describe('a POST', () => {
  it.each<[string, () => Answer, number]>([
    ['is lost', () => new Error('no network'), 0],
    ['fails', () => busy(503), 503],
  ])('is not sent again where its answer %s', async (_, answer, status) => {
    answers = [answer()];
    expect(await outcome(transport.fetch(request('POST')))).toBe(status);
    expect(sent).toEqual(['POST body']);
  });

  it('is sent again where it was refused at the door', async () => {
    answers = [busy(429)];
    const done = outcome(transport.fetch(request('POST')));
    await timers.pass(2000);
    expect(await done).toBe('ok');
  });

  it.each(['/sync', '/userauth/refresh', '/chat/sync/'])('is sent again to %s', async (path) => {
    answers = [new Error('no network')];
    const done = outcome(transport.fetch(request('POST', path)));
    await timers.pass(500);
    expect(await done).toBe('ok');
    expect(sent).toEqual(['POST body', 'POST body']);
  });
});

describe('a request', () => {
  it('ends after half a minute', async () => {
    answers = ['nothing'];
    const done = outcome(transport.fetch(request('POST')));
    await timers.pass(29_999);
    expect(timers.pending).toEqual([1]);
    await timers.pass(1);
    expect(await done).toBe(0);
    expect(timers.pending).toEqual([]);
  });

  it('ends when it is given up, and is not sent again', async () => {
    answers = ['nothing'];
    const controller = new AbortController();
    const done = outcome(transport.fetch(request('GET', '/', controller.signal)));
    await settled();
    controller.abort();
    expect(await done).toBe(0);
    expect([sent.length, timers.pending]).toEqual([1, []]);
  });

  it('is not sent again when it is given up in a pause', async () => {
    answers = [busy(503)];
    const controller = new AbortController();
    const done = outcome(transport.fetch(request('GET', '/', controller.signal)));
    await settled();
    controller.abort();
    expect(await done).toBe(503);
    expect([sent.length, timers.pending]).toEqual([1, []]);
  });

  it('is not answered by half of a body', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('o'));
        controller.error(new Error('cut'));
      },
    });
    answers = [new Response(body)];
    const done = outcome(transport.fetch(request('GET')));
    await timers.pass(500);
    expect(await done).toBe('ok');
    expect(sent).toHaveLength(2);
  });

  it('may be answered by nothing', async () => {
    answers = [new Response(null, { status: 204 })];
    expect(await transport.fetch(request('DELETE'))).toMatchObject({ status: 204 });
  });
});

describe('what goes wrong', () => {
  const caught = (of: Promise<Response>): Promise<Problem> =>
    of.then(
      () => expect.unreachable(),
      (error: Problem) => error,
    );

  it('is the problem that the server says', async () => {
    const errors = [{ field: 'message', messages: ['too long'] }];
    answers = [
      json(400, { type: 'x', title: 't', status: 400, detail: 'd', request_id: 'r', errors }),
    ];
    expect(await caught(transport.fetch(request('POST')))).toMatchObject({
      type: 'x',
      status: 400,
      detail: 'd',
      requestId: 'r',
      fields: { message: ['too long'] },
      retryAfter: null,
      isPassing: false,
    });
  });

  it.each([
    ['a page', new Response('<html>', { status: 502 }), 502],
    ['other JSON', json(404, { error: 'no' }), 404],
  ])('may be that something else answers: %s', async (_, answer, status) => {
    answers = [answer];
    expect(await caught(transport.fetch(request('POST')))).toMatchObject({
      type: 'urn:conclave:client:not-conclave',
      status,
      isPassing: status >= 500,
    });
  });

  it('may be that nothing answers', async () => {
    answers = [new Error('no network')];
    expect(await caught(transport.fetch(request('POST')))).toMatchObject({
      type: 'urn:conclave:client:no-answer',
      status: 0,
      isPassing: true,
      cause: new Error('no network'),
    });
  });
});

describe('a token', () => {
  const replaced: string[] = [];
  const tokens = {
    session: 'first',
    accessToken: () => Promise.resolve('first'),
    replace: (token: string) => {
      replaced.push(token);
      return Promise.resolve('second');
    },
  };
  beforeEach(() => void (replaced.length = 0));

  it('goes with each request', async () => {
    await transport.fetchWith(tokens)(request('POST'));
    expect(sent).toEqual(['POST body Bearer first']);
  });

  it('that counts no more is replaced once', async () => {
    answers = [problem(401, UNAUTHENTICATED), problem(401, UNAUTHENTICATED)];
    const ask = transport.fetchWith(tokens);
    expect(await outcome(ask(request('POST')))).toBe(401);
    expect(sent).toEqual(['POST body Bearer first', 'POST body Bearer second']);
    expect(replaced).toEqual(['first']);
    answers = [problem(401, UNAUTHENTICATED)];
    expect(await outcome(ask(request('POST')))).toBe('ok');
  });

  it('is kept where another 401 is meant', async () => {
    answers = [problem(401, 'urn:conclave:problem:wrong-password')];
    expect(await outcome(transport.fetchWith(tokens)(request('POST')))).toBe(401);
    expect(replaced).toEqual([]);
  });

  it('that there is none of is a problem', async () => {
    answers = [problem(401, UNAUTHENTICATED)];
    const replace = (): Promise<string> => Promise.reject(refusal(401, 'none'));
    await expect(transport.fetchWith({ ...tokens, replace })(request('GET'))).rejects.toMatchObject(
      { detail: 'none' },
    );
    const accessToken = (): Promise<string> => Promise.reject(Problem.signedOut());
    await expect(
      transport.fetchWith({ ...tokens, accessToken })(request('GET')),
    ).rejects.toMatchObject({ type: 'urn:conclave:client:signed-out' });
    expect(sent).toHaveLength(1);
  });
});
