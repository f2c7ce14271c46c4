import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectProblem } from '../support/expect-problem.js';
import type { Answer } from '../support/client.js';
import { openSocket, parseAnswer } from '../support/raw-request.js';
import { TestApp, type TestUser } from '../support/test-app.js';

const BODY = JSON.stringify({ chat_name: 'Room' });

let app: TestApp;
let user: TestUser;
beforeAll(async () => {
  app = await TestApp.start();
  user = await app.givenUser();
});
afterAll(() => app.stop());

function expectRefused(answer: Answer): void {
  expectProblem(answer, 415, 'encoded-body');
  expect(answer.headers.get('accept-encoding')).toBe('identity');
}

/** Sends the head alone, and reads how that is answered. */
async function sendHead(line: string, ...headers: string[]): Promise<Answer> {
  const socket = openSocket(app.url).setEncoding('latin1');
  socket.write([line, 'Host: localhost', ...headers, '', ''].join('\r\n'));
  const [answer] = (await once(socket, 'data')) as [string];
  socket.destroy();
  return parseAnswer(answer);
}

describe('a body with a Content-Encoding', () => {
  const send = (
    encoding: string,
    body: string | Uint8Array<ArrayBuffer> = BODY,
  ): Promise<Response> =>
    fetch(`${app.url}/chat/`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${user.accessToken}`,
        'content-type': 'application/json',
        'content-encoding': encoding,
      },
      body,
    });

  it.each(['gzip', 'deflate', 'br', 'zstd', 'x-gzip', 'GZIP', 'identity, gzip', 'gzip, identity'])(
    'is a 415 that says which may be used: %s',
    async (encoding) => {
      const answer = await send(encoding, new Uint8Array(gzipSync(BODY)));
      const { status, headers } = answer;
      expectRefused({ status, headers, body: await answer.json() });
    },
  );

  it.each(['identity', 'Identity', ''])('is read when it is none: %j', async (encoding) => {
    expect((await send(encoding)).status).toBe(201);
  });

  it.each([
    'POST /userauth/userLogin',
    'POST /userauth/logout',
    'GET /chat/',
    'GET /health/live',
    'DELETE /userauth/me',
    'GET /docs',
    'GET /openapi.json',
  ])('is refused before it is read, whatever is asked: %s', async (route) => {
    const line = `${route} HTTP/1.1`;
    expectRefused(await sendHead(line, 'Content-Encoding: gzip', 'Content-Length: 1000'));
    expectRefused(await sendHead(line, 'Content-Encoding: gzip', 'Transfer-Encoding: chunked'));
  });

  it('is not missed where it is named twice', async () => {
    const line = 'POST /chat/ HTTP/1.1';
    const twice = ['Content-Encoding: identity', 'Content-Encoding: gzip'];
    expectRefused(await sendHead(line, ...twice, 'Content-Length: 1000'));
  });

  it('is nothing where there is no body', async () => {
    const headers = { 'content-encoding': 'gzip' };
    const { status } = await app.anonymous.request('GET', '/health/live', undefined, headers);
    expect(status).toBe(200);
  });

  it('is a 404 where there is no route', async () => {
    const answer = await sendHead(
      'POST /nope HTTP/1.1',
      'Content-Encoding: br',
      'Content-Length: 9',
    );
    expectProblem(answer, 404, 'unknown-route');
  });
});
