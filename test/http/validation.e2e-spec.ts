import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import type { Answer } from '../support/client.js';
import { TestApp, type TestUser } from '../support/test-app.js';

const TABLES = [
  'users',
  'session',
  'whitelisted_token',
  'chat',
  'member',
  'message',
  'wrapped_key',
];

let app: TestApp;
let user: TestUser;
let chatId: string;
beforeAll(async () => {
  app = await TestApp.start();
  ({ user, chatId } = await app.givenMember());
});
afterAll(() => app.stop());

/** How many rows each table has, and what the user tells of themselves. */
async function state(): Promise<unknown> {
  const counts = TABLES.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`);
  const rows = await app.sql(`SELECT ${counts.join(', ')}`);
  const users = await app.sql('SELECT * FROM users ORDER BY id');
  return { rows, users };
}

interface Route {
  method: string;
  path: string;
  /** A body that is taken, new for each call. */
  body: () => Record<string, unknown>;
  isPublic?: true;
}

const routes = {
  'sign-up': {
    method: 'POST',
    path: '/userauth/userSignup',
    body: () => ({ email: `${randomUUID()}@example.org`, password: 'long enough' }),
    isPublic: true,
  },
  'log-in': {
    method: 'POST',
    path: '/userauth/userLogin',
    body: () => ({ email: user.email, password: 'not the right one' }),
    isPublic: true,
  },
  'profile change': { method: 'PATCH', path: '/userauth/me', body: () => ({ fname: 'New' }) },
  'new room': { method: 'POST', path: '/chat/', body: () => ({ chat_name: 'Room' }) },
  send: { method: 'POST', path: '/message/', body: () => ({ chatid: chatId, message: 'hello' }) },
} satisfies Record<string, Route>;
type RouteName = keyof typeof routes;
const names = Object.keys(routes) as RouteName[];

function send(name: RouteName, body: unknown): Promise<Answer> {
  const { method, path, isPublic }: Route = routes[name];
  return (isPublic ? app.anonymous : app.as(user)).request(method, path, body);
}

/** Sees that nothing is written meanwhile. */
async function unwritten(work: () => Promise<void>): Promise<void> {
  const before = await state();
  await work();
  expect(await state()).toEqual(before);
}

describe('a field of the wrong type', () => {
  const wrong: unknown[] = [
    5,
    true,
    ['public'],
    ['x@example.org'],
    {},
    { length: 9, toString: 'like a string', isWellFormed: true },
    { a: { b: [{ c: null }] } },
  ];
  const fields: [RouteName, string, 'may be null' | 'must not be null'][] = [
    ['sign-up', 'email', 'must not be null'],
    ['sign-up', 'password', 'must not be null'],
    ['sign-up', 'fname', 'may be null'],
    ['sign-up', 'lname', 'may be null'],
    ['sign-up', 'profile', 'may be null'],
    ['log-in', 'email', 'must not be null'],
    ['log-in', 'password', 'must not be null'],
    ['profile change', 'fname', 'may be null'],
    ['profile change', 'lname', 'may be null'],
    ['profile change', 'profile', 'may be null'],
    ['new room', 'chat_name', 'must not be null'],
    ['new room', 'visibility', 'must not be null'],
    ['send', 'chatid', 'must not be null'],
    ['send', 'message', 'must not be null'],
    ['send', 'client_id', 'may be null'],
  ];

  it.each(fields)('is refused by name: %s, %s, which %s', async (route, field, nullness) => {
    const asked = (value: unknown): Promise<Answer> =>
      send(route, { ...routes[route].body(), [field]: value });
    await unwritten(async () => {
      for (const value of wrong) {
        const { errors } = expectInvalid(await asked(value), field);
        expect(errors![0].messages).toHaveLength(1);
      }
    });
    const { status } = await asked(null);
    expect(status === 400, String(status)).toBe(nullness === 'must not be null');
  });

  const required: [RouteName, string[]][] = [
    ['sign-up', ['email', 'password']],
    ['log-in', ['email', 'password']],
    ['profile change', ['body']],
    ['new room', ['chat_name']],
    ['send', ['chatid', 'message']],
  ];
  it.each(required)('is one that is missing: %s needs %j', async (route, expected) => {
    await unwritten(async () => {
      for (const body of [{}, '', undefined]) {
        expectInvalid(await send(route, body), ...expected);
      }
    });
  });
});

describe('an unknown field', () => {
  const unknown = ['nope', 'id', 'role', 'created_by', 'sender_id', 'seq', 'Email', 'then', 'a.b'];
  const builtIn = ['constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__'];

  it.each(names)('is refused by name: %s', async (route) => {
    await unwritten(async () => {
      for (const field of [...unknown, ...builtIn, '']) {
        expectInvalid(await send(route, { ...routes[route].body(), [field]: 1 }), field);
      }
    });
  });

  const poison = ['{"__proto__":{"polluted":1}', '{"constructor":{"prototype":{"polluted":1}}'];
  it.each(poison)('does not reach a prototype: %s', async (text) => {
    await unwritten(async () => {
      for (const route of names) {
        const body = JSON.stringify(routes[route].body()).replace('{', `${text},`);
        const nested = JSON.stringify({ ...routes[route].body(), a: 0 }).replace('0}', `${text}}}`);
        expectProblem(await send(route, body), 400, 'malformed-request');
        expectProblem(await send(route, nested), 400, 'malformed-request');
      }
    });
    expect({}).not.toHaveProperty('polluted');
  });

  it('is told of together with every other fault', async () => {
    const body = { chat_name: 5, visibility: 'secret', nope: 1, constructor2: 2 };
    expectInvalid(await send('new room', body), 'chat_name', 'visibility', 'nope', 'constructor2');
  });

  it('is told of once where there are thousands', async () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, 0]));
    expectInvalid(await send('log-in', many), 'body');
    expectInvalid(await send('new room', many), 'body');
    const query = Array.from({ length: 2000 }, (_, i) => `k${i}`).join('&');
    expectInvalid(await app.as(user).get(`/chat/?${query}`), 'query');
  });
});

describe('a body that is nested 40,000 deep and more', () => {
  const deep = {
    arrays: '['.repeat(100_000) + ']'.repeat(100_000),
    objects: '{"a":'.repeat(40_000) + '1' + '}'.repeat(40_000),
    'arrays cut off': '['.repeat(200_000),
  };

  it.each(Object.entries(deep))('is refused, and the server goes on: %s', async (_, value) => {
    await unwritten(async () => {
      for (const route of names) {
        const [known] = Object.keys(routes[route].body());
        for (const field of [known, 'nope']) {
          const answer = await send(route, `{"${field}":${value}}`);
          expectProblem(answer, 400, 'malformed-request');
        }
      }
    });
    expect((await app.as(user).get('/userauth/me')).body.id).toBe(user.id);
  });
});
