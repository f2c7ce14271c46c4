import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { io } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { expectProblem } from '../support/expect-problem.js';
import type { Answer } from '../support/client.js';
import { askRaw, exchangeRaw, openSocket } from '../support/raw-request.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

const ORIGIN = 'https://chat.example.org';
const OURS = '/socket.io/?EIO=4&transport=websocket';
const H2C = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'];
const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

let app: TestApp;
let user: TestUser;
beforeAll(async () => {
  app = await TestApp.start({ CORS_ORIGINS: ORIGIN });
  user = await app.givenUser();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => app.stop());

const request = (line: string, headers: string[], body = ''): string =>
  [`${line} HTTP/1.1`, 'Host: localhost', ...headers, '', body].join('\r\n');
/** The same, with no more to come on the connection. */
const closing = (headers: string[]): string[] =>
  headers.map((line) => line.replace(/^Connection: /, '$&close, '));
const CLOSING = request('GET /health/live', ['Connection: close']);

const statusesIn = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));

/** Writes each once the one before is answered, until the server hangs up; the statuses. */
async function statusesOf(texts: string[]): Promise<number[]> {
  const socket = openSocket(app.url).setEncoding('latin1');
  let answers = '';
  socket.on('data', (chunk: string) => (answers += chunk));
  for (const [index, text] of texts.entries()) {
    await expect.poll(() => statusesIn(answers).length).toBe(index);
    socket.write(text);
  }
  await once(socket, 'close');
  return statusesIn(answers);
}

describe('an upgrade that is not ours', () => {
  it('is ignored: a request for HTTP/2', async () => {
    const { status, body } = await askRaw(app.url, request('GET /health/live', closing(H2C)));
    expect([status, body]).toEqual([200, { status: 'ok' }]);
  });

  it.each(['at once', 'later', 'in chunks'])(
    'is ignored with a body that comes %s',
    async (how) => {
      const body = JSON.stringify({ email: user.email, password: PASSWORD });
      const isChunked = how === 'in chunks';
      const sent = isChunked ? `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : body;
      const length = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
      const head = request('POST /userauth/userLogin', [
        'Content-Type: application/json',
        length,
        ...H2C,
      ]);
      const socket = openSocket(app.url).setEncoding('latin1');
      socket.write(how === 'later' ? head : head + sent);
      if (how === 'later') {
        await sleep(100);
        socket.write(sent.slice(0, 10));
        await sleep(100);
        socket.write(sent.slice(10));
      }
      const [answer] = (await once(socket, 'data')) as [string];
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
      expect(answer).toContain(user.id);
      socket.write(CLOSING); // and the connection goes on
      expect((await socket.toArray()).join('')).toMatch(/^HTTP\/1\.1 200 OK/);
    },
  );

  it('may come again and again, and behind a request that is not answered yet', async () => {
    const list = request('GET /chat/', [`Authorization: Bearer ${user.accessToken}`]);
    const upgrade = request('GET /nope', H2C);
    const texts = [upgrade, list, upgrade, request('GET /nope', WEBSOCKET), CLOSING];
    expect(await statusesOf(texts)).toEqual([404, 200, 404, 404, 200]);
    const last = request('GET /nope', closing(H2C));
    expect(statusesIn(await exchangeRaw(app.url, list + list + last))).toEqual([200, 200, 404]);
  });

  it('is ignored by a stream too', async () => {
    const token = `Authorization: Bearer ${user.accessToken}`;
    const socket = openSocket(app.url).setEncoding('latin1');
    socket.write(request('GET /events', [token, ...H2C]));
    let heard = '';
    socket.on('data', (chunk: string) => (heard += chunk));
    await expect.poll(() => heard).toContain('event: ready');
    socket.destroy();
  });

  it.each([
    ['/nope', 404, 'unknown-route'],
    ['/', 302, undefined],
    ['/socket.iox/?EIO=4&transport=websocket', 404, 'unknown-route'],
    ['/socket.io/x?EIO=4&transport=websocket', 404, 'unknown-route'],
    ['/chat/', 401, 'unauthenticated'],
    ['/%zz', 400, 'malformed-request'],
  ])('is ignored: a WebSocket to %s', async (path, status, kind) => {
    const answer = await askRaw(app.url, request(`GET ${path}`, closing(WEBSOCKET)));
    if (kind) expectProblem(answer, status, kind);
    else expect(answer.status).toBe(status);
  });

  it('is no failure where its client goes away meanwhile', async () => {
    const failures = vi.spyOn(Logger.prototype, 'error');
    const list = request('GET /chat/', [`Authorization: Bearer ${user.accessToken}`]);
    for (const text of [request('GET /nope', H2C), list + request('GET /nope', H2C)]) {
      const socket = openSocket(app.url);
      await new Promise<void>((resolve) => socket.write(text, () => resolve()));
      socket.resetAndDestroy();
    }
    await sleep(100);
    expect(failures).not.toHaveBeenCalled();
    expect((await app.anonymous.get('/health/live')).status).toBe(200);
  });
});

describe('a WebSocket of ours', () => {
  const opens = async (...lines: string[]): Promise<string> => {
    const socket: Socket = openSocket(app.url).setEncoding('latin1');
    socket.write(request(lines[0], [...WEBSOCKET, ...lines.slice(1)]));
    const [answer] = (await once(socket, 'data')) as [string];
    socket.destroy();
    return answer;
  };

  it.each([
    OURS,
    '/socket.io?EIO=4&transport=websocket',
    `http://localhost${OURS}`,
    `${OURS}&t=abc`,
  ])('is opened: %s', async (path) => {
    expect(await opens(`GET ${path}`)).toMatch(/^HTTP\/1\.1 101 /);
    expect(await opens(`GET ${path}`, `Origin: ${ORIGIN}`)).toMatch(/^HTTP\/1\.1 101 /);
  });

  it('is a request that is counted, and is over once it is opened', async () => {
    const count = async (): Promise<number> => {
      const text = await (await fetch(`${app.url}/metrics`)).text();
      const line = /_count\{.*route="\/socket\.io".*status="101".*\} (\d+)/.exec(text);
      return Number(line?.[1] ?? 0);
    };
    const before = await count();
    // As many as may be under way, and some.
    for (let n = 0; n < 32; n++) {
      await Promise.all(Array.from({ length: 10 }, () => opens(`GET ${OURS}`)));
    }
    expect(await count()).toBe(before + 320);
    expect((await user.client.get('/chat/')).status).toBe(200);
  });
});

describe('a socket that is refused', () => {
  const ask = (path: string, ...headers: string[]): Promise<Answer> =>
    askRaw(app.url, request(`GET ${path}`, [...WEBSOCKET, ...headers]));

  /** That a page can read it. */
  function expectReadable({ headers }: Answer): void {
    expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(headers.get('access-control-expose-headers')).toContain('X-Request-Id');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
  }

  const from = [`Origin: ${ORIGIN}`, 'X-Request-Id: mine:1'];
  it.each([
    ['/socket.io/?EIO=4&transport=polling', 'websocket-only'],
    ['/socket.io/?EIO=4&transport=webtransport', 'websocket-only'],
    ['/socket.io/?EIO=4&transport=websocket&transport=polling', 'websocket-only'],
    ['/socket.io/?EIO=4', 'websocket-only'],
    ['/socket.io/', 'websocket-only'],
    ['/socket.io/?EIO=3&transport=websocket', 'invalid-input'],
    ['/socket.io/?transport=websocket', 'invalid-input'],
    [`${OURS}&sid=x`, 'invalid-input'],
  ])('is told why, as a WebSocket and without: %s', async (path, kind) => {
    const plain = askRaw(app.url, request(`GET ${path}`, [...from, 'Connection: close']));
    const isPlainOne = kind === 'websocket-only';
    for (const answer of [await ask(path, ...from), ...(isPlainOne ? [await plain] : [])]) {
      expect(expectProblem(answer, 400, kind).request_id).toBe('mine:1');
      expectReadable(answer);
    }
    expectProblem(await plain, 400, 'websocket-only');
  });

  it('is told so that a page can read it where it polls, as clients do unless told otherwise', async () => {
    const polled = await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`, {
      headers: { origin: ORIGIN },
    });
    const { status, headers } = polled;
    const answer = { status, headers, body: await polled.json() };
    expect(expectProblem(answer, 400, 'websocket-only').detail).toContain("['websocket']");
    expectReadable(answer);
    const socket = io(app.url, { auth: { token: user.accessToken }, reconnection: false });
    const error = await new Promise<Error>((resolve) => socket.once('connect_error', resolve));
    socket.close();
    expect(error).toMatchObject({ message: 'xhr poll error', description: 400 });
  });

  it('is one of another origin: a 403, and one warning for each', async () => {
    const warnings = vi.spyOn(Logger.prototype, 'warn');
    const other = 'https://other.example.org';
    for (let n = 0; n < 3; n++) {
      const answer = await ask(OURS, `Origin: ${other}`);
      expectProblem(answer, 403, 'wrong-origin');
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
    const polled = '/socket.io/?EIO=4&transport=polling';
    const origin = `${other}:${'9'.repeat(300)}`;
    const plain = request(`GET ${polled}`, [`Origin: ${origin}`, 'Connection: close']);
    expectProblem(await askRaw(app.url, plain), 403, 'wrong-origin');
    expect(warnings.mock.calls).toEqual([
      [
        {
          event: 'socket.wrong_origin',
          origin: other,
          hint: expect.stringContaining('CORS_ORIGINS'),
        },
      ],
      [expect.objectContaining({ origin: origin.slice(0, 200) })],
    ]);
    for (let n = 0; n < 150; n++) await ask(OURS, `Origin: https://${n}.example.org`);
    expect(warnings.mock.calls.length).toBe(100);
  });

  it.each([
    ['a name that is not the server’s', ['Host: evil.example'], 421, 'wrong-host'],
    ['two names', ['Host: localhost', 'Host: localhost'], 400, 'malformed-request'],
  ])('is one for %s', async (_, hosts, status, kind) => {
    const text = [`GET ${OURS} HTTP/1.1`, ...hosts, ...WEBSOCKET, '', ''].join('\r\n');
    expectProblem(await askRaw(app.url, text), status, kind);
    const h2c = ['GET /health/live HTTP/1.1', ...hosts, ...closing(H2C), '', ''].join('\r\n');
    expectProblem(await askRaw(app.url, h2c), status, kind);
  });

  it.each([
    ['no key', ['Upgrade: websocket', 'Sec-WebSocket-Version: 13']],
    ['another version', [...WEBSOCKET.slice(1, 3), 'Sec-WebSocket-Version: 99']],
    ['a protocol that is none', [...WEBSOCKET.slice(1), 'Sec-WebSocket-Protocol: a, a']],
  ])('is one whose handshake has %s', async (_, headers) => {
    const text = request(`GET ${OURS}`, ['Connection: Upgrade', ...headers]);
    expectProblem(await askRaw(app.url, text), 400, 'malformed-request');
  });
});
