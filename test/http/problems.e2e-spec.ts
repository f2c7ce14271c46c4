import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import type { Answer, Client } from '../support/client.js';
import { TestApp } from '../support/test-app.js';

const KIB = 1024;
const LIMIT = 256 * KIB;

let app: TestApp;
let client: Client;
beforeAll(async () => {
  app = await TestApp.start();
  client = app.as(await app.givenUser());
});
afterAll(() => app.stop());

async function answerOf(response: Response): Promise<Answer> {
  const { status, headers } = response;
  return { status, headers, body: await response.json() };
}

describe('a route that is not there', () => {
  const unknown = [
    ['GET', '/nope'],
    ['GET', '/chat/a/b/c/d'],
    ['GET', '/CHAT/'],
    ['PUT', '/chat/'],
    ['DELETE', '/message/'],
    ['PUT', '/userauth/me'],
    ['GET', '/userauth/userLogin'],
    ['PATCH', '/health/live'],
    ['POST', '/openapi.json'],
    ['POST', '/docs'],
    ['GET', '/docs/nope.js'],
  ] as const;

  it.each(unknown)('is a 404: %s %s', async (method, path) => {
    for (const caller of [app.anonymous, client]) {
      expectProblem(await caller.request(method, path), 404, 'unknown-route');
    }
  });

  it.each(['x', 'x'.repeat(300 * 1024)])('is a 404 before its body is read', async (body) => {
    const answer = await client.request('POST', '/nope', body);
    expectProblem(answer, 404, 'unknown-route');
    const odd = { 'content-type': 'application/json, text/plain' };
    expectProblem(await client.request('POST', '/nope', body, odd), 404, 'unknown-route');
  });

  it('asks nothing of a bare OPTIONS', async () => {
    const { status } = await app.anonymous.request('OPTIONS', '/chat/');
    expect(status).toBe(204);
  });
});

describe('a body that is no JSON object', () => {
  const bodies = {
    'cut off': '{"chat_name":',
    'followed by more': '{"chat_name":"x"}x',
    'in JavaScript': "{chat_name:'x'}",
    'white space': '  ',
    'an array': '[{"chat_name":"x"}]',
    'a string': '"x"',
    'a number': '3',
    'a boolean': 'true',
    null: 'null',
    'not a number': 'NaN',
  };

  it.each(Object.entries(bodies))('is a 400: %s', async (_, body) => {
    expectProblem(await client.post('/chat/', body), 400, 'malformed-request');
    expectProblem(await app.anonymous.post('/userauth/userLogin', body), 400, 'malformed-request');
  });

  it('is a 400: bytes that are not UTF-8', async () => {
    const { chat_id } = await givenRoom();
    const bytes = Buffer.from(`{"chatid":"${chat_id}","message":"caf\u00e9"}`, 'latin1');
    expectProblem(await postBytes('/message/', bytes), 400, 'malformed-request');
    const { body } = await client.get(`/message/?chat_id=${chat_id}`);
    expect(body.data).toEqual([]);
  });

  it('is none when it is empty', async () => {
    expectInvalid(await client.post('/chat/', ''), 'chat_name');
    expectInvalid(await client.request('POST', '/chat/'), 'chat_name');
    expectInvalid(await app.anonymous.post('/userauth/userLogin', ''), 'email', 'password');
    const leaving = app.as(await app.givenUser());
    expect((await leaving.post('/userauth/logout', '')).status).toBe(204);
  });

  async function givenRoom(): Promise<{ chat_id: string }> {
    const { body } = await client.post('/chat/', { chat_name: 'Room' });
    return { chat_id: body.id };
  }

  async function postBytes(path: string, body: Uint8Array): Promise<Answer> {
    const { accessToken } = await app.givenUser();
    const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: new Blob([body]) };
    return answerOf(await fetch(app.url + path, init));
  }
});

describe('a content type', () => {
  const refused = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'application/problem+json',
    'text/json',
    'application',
    'application/json,text/plain',
    ';application/json',
    '*/*',
  ];
  const accepted = [
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/json ;x',
    'application/json;;',
    ' application/json',
  ];

  it.each(refused)('that is not JSON is a 415: %s', async (type) => {
    const headers = { 'content-type': type };
    const answer = await client.request('POST', '/chat/', '{"chat_name":"x"}', headers);
    expectProblem(answer, 415, 'not-json');
  });

  it('that is left out with a body is a 415', async () => {
    const init = { method: 'POST', body: new Uint8Array([123, 125]) };
    const answer = await answerOf(await fetch(`${app.url}/userauth/userLogin`, init));
    expectProblem(answer, 415, 'not-json');
  });

  it.each(accepted)('that is JSON is read: %s', async (type) => {
    const headers = { 'content-type': type };
    const answer = await client.request('POST', '/chat/', '{"chat_name":"x"}', headers);
    expect(answer.status).toBe(201);
  });
});

describe('a body that is too large', () => {
  const ofSize = (bytes: number): string => `{"chat_name":"${'x'.repeat(bytes - 16)}"}`;

  it('is one of more than 256 KiB', async () => {
    expectInvalid(await client.post('/chat/', ofSize(LIMIT)), 'chat_name');
    expectProblem(await client.post('/chat/', ofSize(LIMIT + 1)), 413, 'too-large');
  });

  it.each([1024, 10_240])('is answered: %d KiB', async (size) => {
    for (const caller of [client, app.anonymous]) {
      expectProblem(await caller.post('/chat/', ofSize(size * KIB)), 413, 'too-large');
    }
  });

  it('is answered while the client still sends, who may then ask something else', async () => {
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    socket.write(
      'POST /userauth/userLogin HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n',
    );
    socket.write(`Content-Length: ${10 * LIMIT}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [string];
    expect(answer).toContain(' 413 ');
    for (let i = 0; i < 10; i++) socket.write(' '.repeat(LIMIT));
    socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const rest = (await socket.toArray()).join('');
    expect(rest).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('is answered although its length was not announced', async () => {
    let left = 160;
    const body = new ReadableStream<Uint8Array>({
      pull(stream) {
        if (left-- > 0) stream.enqueue(new Uint8Array(64 * KIB).fill(32));
        else stream.close();
      },
    });
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
    const answer = await answerOf(await fetch(`${app.url}/userauth/userLogin`, init));
    expectProblem(answer, 413, 'too-large');
  });
});

describe('the request id', () => {
  /** The id that a failure and a success are answered with. */
  const ask = async (id: string): Promise<string[]> => {
    const headers = { 'x-request-id': id };
    const refused = await app.anonymous.request('GET', '/nope', undefined, headers);
    const served = await client.request('GET', '/chat/', undefined, headers);
    return [expectProblem(refused, 404).request_id, served.headers.get('x-request-id')!];
  };

  it.each(['a', 'web-7f3a.42', 'A_b:c', 'x'.repeat(64)])('is the client’s: %s', async (id) => {
    expect(await ask(id)).toEqual([id, id]);
  });

  const unsound = ['', 'x'.repeat(65), 'a b', 'a, b', '<script>', 'ünï', '{"a":1}', '../x'];
  it.each(unsound)('is a new one instead of %j', async (id) => {
    const ids = await ask(id);
    for (const made of ids) expect(made).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });
});

describe('a request without a live token', () => {
  const given = [
    '',
    'Bearer',
    'Bearer null',
    'Bearer a.b.c',
    `Bearer ${'x'.repeat(8000)}`,
    'Basic YTpi',
  ];

  it.each(given)('is a 401 that says how to sign in: %j', async (authorization) => {
    const answer = await app.anonymous.request('GET', '/chat/', undefined, { authorization });
    expectProblem(answer, 401, 'unauthenticated');
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });
});
