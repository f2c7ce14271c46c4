import { randomUUID } from 'node:crypto';
import * as http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { expectProblem } from '../support/expect-problem.js';
import type { Answer } from '../support/client.js';
import { askRaw, openSocket } from '../support/raw-request.js';
import { TestApp, type TestUser } from '../support/test-app.js';

const KIND: Record<number, string> = {
  400: 'malformed-request',
  401: 'unauthenticated',
  404: 'unknown-route',
  421: 'wrong-host',
};

let app: TestApp;
let user: TestUser;
beforeAll(async () => {
  app = await TestApp.start();
  user = await app.givenUser();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => app.stop());

/** Sends the path as it is, where fetch would tidy it up. */
function ask(method: string, path: string, token?: string): Promise<Answer> {
  const { hostname, port } = new URL(app.url);
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, method, path, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () =>
        resolve(answerOf(response.statusCode!, response.rawHeaders.join('\n'), text)),
      );
    });
    request.on('error', reject).end();
  });
}

const write = (text: string): Promise<Answer> => askRaw(app.url, text);

function answerOf(status: number, headers: string, body: string): Answer {
  const parts = headers.split('\n');
  const pairs = parts.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, parts[index + 1]]] : [],
  );
  const isJson = /^[[{]/.test(body);
  return { status, headers: new Headers(pairs), body: isJson ? JSON.parse(body) : undefined };
}

describe('a protected route spelled oddly', () => {
  const id = randomUUID();
  const routes = [
    ['GET', '/userauth/me'],
    ['PATCH', '/userauth/me'],
    ['POST', '/userauth/logout'],
    ['GET', '/chat/'],
    ['POST', '/chat/'],
    ['GET', `/chat/${id}`],
    ['GET', '/message/'],
    ['POST', '/message/'],
    ['GET', `/message/${id}`],
  ] as const;

  const percent = (text: string): string =>
    [...text].map((char) => `%${char.charCodeAt(0).toString(16)}`).join('');
  const spellings: Record<string, (path: string) => string> = {
    'as it is': (path) => path,
    'without its slash': (path) => path.replace(/\/$/, ''),
    'with a slash': (path) => `${path.replace(/\/$/, '')}/`,
    'with two slashes': (path) => `${path.replace(/\/$/, '')}//`,
    'with a slash before it': (path) => `/${path}`,
    'with every slash twice': (path) => path.replaceAll('/', '//'),
    'with its first letter encoded': (path) => `/${percent(path[1])}${path.slice(2)}`,
    'with every letter encoded': (path) => `/${path.slice(1).split('/').map(percent).join('/')}`,
    'with encoded slashes': (path) => `/${path.slice(1).replaceAll('/', '%2f')}`,
    'with its percent sign encoded': (path) => `/%25${path.slice(1)}`,
    'in upper case': (path) => path.toUpperCase(),
    'below a public route': (path) => `/health/live/..${path}`,
    'below the docs': (path) => `/docs/..${path}`,
    'below the docs, encoded': (path) => `/docs/%2e%2e${path}`,
    'with a dot': (path) => `/.${path}`,
    'up and down': (path) => path.replace(/^\/\w+/, '$&/..$&'),
    'with a parameter': (path) => `${path};public=true`,
    'with a query': (path) => `${path}?public=true&access_token=${user.accessToken}`,
    'with a suffix': (path) => `${path}.json`,
    'with a NUL': (path) => `${path}%00`,
    'with a space': (path) => `${path}%20`,
    'with backslashes': (path) => path.replaceAll('/', '\\').replace('\\', '/'),
    'with the name of a host': (path) => `http://public.example${path}`,
    'with a fragment': (path) => `${path}#/health/live`,
  };

  it.each(Object.entries(spellings))('is closed without a token: %s', async (_, spell) => {
    for (const [method, path] of routes) {
      const answer = await ask(method, spell(path));
      expect([400, 401, 404, 421], `${method} ${spell(path)}`).toContain(answer.status);
      expectProblem(answer, answer.status, KIND[answer.status]);
    }
  });

  it('may be one that is served with a token', async () => {
    const odd = ['/%63hat/', '/chat', '/chat?limit=1', 'http://127.0.0.1/chat/'];
    for (const path of odd) {
      expect((await ask('GET', path, user.accessToken)).status, path).toBe(200);
    }
  });
});

describe('a path that cannot be read', () => {
  const paths = ['/%', '/%zz', '/chat/%zz', '/chat/%ff', '/%c0%af', '/userauth/me%e0%a4'];
  it.each(paths)('is a 400: %s', async (path) => {
    expectProblem(await ask('GET', path, user.accessToken), 400, 'malformed-request');
    expectProblem(await ask('POST', path), 400, 'malformed-request');
  });

  const files = ['/docs/../../package.json', '/docs/%00', '/docs/..%5c..%5cpackage.json'];
  it.each(files)('leads to no file: %s', async (path) => {
    const answer = await ask('GET', path);
    expect([400, 404]).toContain(answer.status);
    expectProblem(answer, answer.status);
  });

  const conditions: Record<string, string>[] = [
    { range: 'bytes=99999999-' },
    { 'if-match': '"x"' },
    { 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' },
  ];
  it.each(conditions)('is no failure of the docs: %j', async (headers) => {
    const path = '/docs/swagger-ui.css';
    expect((await app.anonymous.request('GET', path)).status).toBe(200);
    expectProblem(await app.anonymous.request('GET', path, undefined, headers), 400);
  });
});

describe('a URL that is long', () => {
  it('is refused in words, whatever its length', async () => {
    const { client } = user;
    expectProblem(await client.get(`/${'x'.repeat(10_000)}`), 404, 'unknown-route');
    expectProblem(await client.get(`/chat/${'x'.repeat(1000)}`), 414, 'uri-too-long');
    expectProblem(await client.get(`/chat/?limit=${'1'.repeat(10_000)}`), 400, 'invalid-input');
    expectProblem(await client.get(`/${'x'.repeat(20_000)}`), 431, 'headers-too-large');
    const headers = { cookie: 'x'.repeat(20_000) };
    const answer = await client.request('GET', '/chat/', undefined, headers);
    expectProblem(answer, 431, 'headers-too-large');
  });
});

describe('what is no HTTP', () => {
  const post =
    'POST /userauth/userLogin HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
  const requests = {
    words: 'hello\r\n\r\n',
    'a TLS handshake': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'another protocol': 'SSH-2.0-OpenSSH_9.6\r\n',
    'another version of HTTP': 'GET / HTTP/9.9\r\n\r\n',
    'a line break in a header': 'GET / HTTP/1.1\r\nHost: localhost\r\nA: b\nc\r\n\r\n',
    'two lengths': `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} `,
    'a length and chunks': `${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'a length in hex': `${post}Content-Length: 0x2\r\n\r\n{}`,
    'no name of a host': 'GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n',
    'a chunk without a size': `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
  };

  it.each(Object.entries(requests))('is a 400, and the line is closed: %s', async (_, text) => {
    expectProblem(await write(text), 400, 'malformed-request');
    expect((await app.anonymous.get('/health/live')).status).toBe(200);
  });

  it('is read all the same: an expectation that nobody knows, a path of nothing but a star', async () => {
    const head = 'HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n';
    const { status } = await write(`GET /health/live ${head}Expect: miracles\r\n\r\n`);
    expect(status).toBe(200);
    expectProblem(await write(`GET * ${head}\r\n`), 404, 'unknown-route');
  });

  it('is no failure of the server: a client that goes away while it sends', async () => {
    const failures = vi.spyOn(Logger.prototype, 'error');
    const socket = openSocket(app.url);
    socket.write(`${post}Content-Length: 100\r\n\r\n{"email":`);
    await sleep(50);
    socket.destroy();
    await sleep(50);
    expect(failures).not.toHaveBeenCalled();
    expect((await app.anonymous.get('/health/live')).status).toBe(200);
  });
});
