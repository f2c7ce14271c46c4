import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secrets } from '../../src/config/secrets.js';
import { expectProblem } from '../support/expect-problem.js';
import type { Answer } from '../support/client.js';
import { askRaw } from '../support/raw-request.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { masterKeyTexts } from '../support/master-key-text.js';

const CLOSE = 'Connection: close';

let app: TestApp;
let user: TestUser;
beforeAll(async () => {
  app = await TestApp.start({ ALLOWED_HOSTS: 'Chat.example.org, chat_1', HOST: 'my-machine' });
  user = await app.givenUser();
});
afterAll(() => app.stop());

function ask(hosts: string[], line = 'GET /health/live', ...headers: string[]): Promise<Answer> {
  const named = hosts.map((host) => `Host: ${host}`);
  return askRaw(app.url, [`${line} HTTP/1.1`, ...named, CLOSE, ...headers, '', ''].join('\r\n'));
}

describe('a Host', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.1:3000',
    '10.1.2.3:80',
    '203.0.113.7',
    '[::1]',
    '[::1]:3000',
    '[2001:DB8::1]:443',
    'localhost',
    'localhost:5173',
    'LocalHost',
    'localhost.',
    'app.localhost:3000',
    'a.b.localhost',
    'chat.example.org',
    'CHAT.example.org:443',
    'chat.example.org.:443',
    'chat_1',
    'my-machine:3000',
  ])('is good: %s', async (host) => {
    expect((await ask([host])).status).toBe(200);
  });

  const bad = [
    'evil.example',
    'evil.example:3000',
    'evil-localhost',
    'localhost.evil.example',
    'localhost..',
    '127.0.0.1.evil.example',
    '127.1',
    '0x7f000001',
    '[::1',
    '::1',
    '[localhost]',
    'localhost:80:80',
    'localhost:evil',
    'user@localhost',
    'localhost, evil.example',
    'sub.chat.example.org',
    'chat.example.org.evil.example',
    '',
  ];
  it.each(bad)('is not: %j', async (host) => {
    const { detail } = expectProblem(await ask([host]), 421, 'wrong-host');
    expect(detail).toContain('ALLOWED_HOSTS');
  });

  it('may be left out by HTTP/1.0, which no browser speaks', async () => {
    const { status } = await askRaw(app.url, 'GET /health/live HTTP/1.0\r\n\r\n');
    expect(status).toBe(200);
  });
});

/** All kinds of requests, some of which pass the hooks of a route by. */
const REQUESTS = [
  'GET /chat/',
  'POST /userauth/userLogin',
  'GET /docs',
  'GET /docs/swagger-ui.css',
  'GET /openapi.json',
  'GET /metrics',
  'GET /health/ready',
  'GET /events',
  'GET /nope',
  'GET *',
  'GET /%zz',
  `GET /chat/${'x'.repeat(300)}`,
  'GET http://127.0.0.1/health/live',
  'GET http:///health/live',
  'GET /socket.io/?EIO=4&transport=polling',
];

describe('a request for another host', () => {
  it.each(REQUESTS)('is a 421, whatever it is: %s', async (line) => {
    const token = `Authorization: Bearer ${user.accessToken}`;
    const answer = await ask(['evil.example'], line, token);
    expectProblem(answer, 421, 'wrong-host');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('is one whose target names it', async () => {
    for (const target of [
      'http://evil.example',
      'https://evil.example:99/',
      'HTTP://evil.example?a',
    ]) {
      expectProblem(await ask(['localhost'], `GET ${target}`), 421, 'wrong-host');
    }
    const target = 'http://localhost@evil.example/health/live';
    expectProblem(await ask(['localhost'], `GET ${target}`), 421, 'wrong-host');
    expect((await ask(['localhost'], 'GET http://chat.example.org/health/live')).status).toBe(200);
  });

  it('can be read by a page of an allowed origin, which is told what to do', async () => {
    const origin = 'http://app.localhost:5173';
    const answer = await ask(['evil.example'], 'GET /chat/', `Origin: ${origin}`);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
  });
});

describe('two Host headers', () => {
  it.each(REQUESTS)('are a 400, whatever is asked: %s', async (line) => {
    for (const hosts of [
      ['localhost', 'evil.example'],
      ['localhost', 'localhost'],
    ]) {
      expectProblem(await ask(hosts, line), 400, 'malformed-request');
    }
  });
});

describe('in production', () => {
  async function statusesOf(allowed: string | undefined, hosts: string[]): Promise<number[]> {
    const secrets = app.nest.get(Secrets);
    const other = await TestApp.start({
      NODE_ENV: 'production',
      MASTER_KEYS: masterKeyTexts(secrets).join(','),
      JWT_SECRET: secrets.jwtSecrets.join(','),
      PBKDF2_ITERATIONS: '600000',
      ALLOWED_HOSTS: allowed,
    });
    try {
      const statuses: number[] = [];
      for (const host of hosts) {
        const text = `GET /health/live HTTP/1.1\r\nHost: ${host}\r\n${CLOSE}\r\n\r\n`;
        statuses.push((await askRaw(other.url, text)).status);
      }
      return statuses;
    } finally {
      await other.stop();
    }
  }

  it('any name is good where none is set, and only those that are set', async () => {
    const hosts = ['chat.example.org', 'any.example', '10.0.0.1:3000', 'localhost'];
    expect(await statusesOf(undefined, hosts)).toEqual([200, 200, 200, 200]);
    expect(await statusesOf('chat.example.org', hosts)).toEqual([200, 421, 200, 200]);
  });
});
