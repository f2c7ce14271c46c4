import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import type { Answer } from '../support/client.js';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
let user: TestUser;
let chatId: string;
let other: string;
beforeAll(async () => {
  app = await TestApp.start();
  ({ user, chatId } = await app.givenMember());
  other = await app.givenChat(user);
});
afterAll(() => app.stop());

describe('a query', () => {
  const numbers = [
    '-1',
    '1e9',
    'NaN',
    '1.5',
    '',
    '%205',
    '5%20',
    '+5',
    '0x10',
    '%EF%BC%95',
    'null',
  ];
  const limits = ['0', '201', '99999999999999999999', ...numbers];
  const faulty: [string, (limit: string) => string, string[]][] = [
    ['chat', (value) => `/chat/?limit=${value}`, limits],
    ['message', (value) => `/message/?chat_id=${chatId}&limit=${value}`, limits],
  ];
  it.each(faulty)('has a limit from 1 to 200, in digits: %s', async (_, path, values) => {
    for (const value of values) {
      const { errors } = expectInvalid(await app.as(user).get(path(value)), 'limit');
      expect(errors![0].messages).toEqual(['limit must be a whole number from 1 to 200']);
    }
    for (const value of ['1', '200', '007']) {
      expect((await app.as(user).get(path(value))).status, value).toBe(200);
    }
  });

  it.each(['before', 'after'])('has a seq that fits: %s', async (field) => {
    const path = (value: string): string => `/message/?chat_id=${chatId}&${field}=${value}`;
    const values = [...(field === 'before' ? ['0'] : []), '2147483648', chatId, ...numbers];
    for (const value of values) expectInvalid(await app.as(user).get(path(value)), field);
    for (const value of ['1', '2147483647']) {
      expect((await app.as(user).get(path(value))).status, value).toBe(200);
    }
  });

  it.each([
    ['before=9&after=1', 'before'],
    ['changed_after=1&after=1', 'after'],
    [`ids=${randomUUID()}&before=1`, 'before'],
    [`ids=${randomUUID()}&changed_after=1`, 'changed_after'],
  ])('has one direction: %s', async (query, field) => {
    const answer = await app.as(user).get(`/message/?chat_id=${chatId}&${query}`);
    const [{ messages }] = expectInvalid(answer, field).errors!;
    expect(messages).toEqual(['before, after, changed_after and ids cannot be given together']);
  });

  it('has 1 to 100 ids, with commas between them', async () => {
    const path = (ids: string): string => `/message/?chat_id=${chatId}&ids=${ids}`;
    const [id, many] = [randomUUID(), Array.from({ length: 100 }, () => randomUUID()).join()];
    const faulty = ['', ',', `,${id}`, `${id},`, `${id}%20,${id}`, '5', id.toUpperCase()];
    for (const ids of [...faulty, `${many},${id}`]) {
      const { errors } = expectInvalid(await app.as(user).get(path(ids)), 'ids');
      expect(errors![0].messages).toEqual([
        'ids must be 1 to 100 ids as this API gives them (lower-case UUIDs), with commas between them',
      ]);
    }
    for (const ids of [id, `${id},${id}`, `${id}%2C${id}`, many]) {
      expect((await app.as(user).get(path(ids))).status, ids).toBe(200);
    }
  });

  it('gives each field once', async () => {
    const repeated: [string, string][] = [
      ['/chat/?limit=1&limit=2', 'limit'],
      [`/chat/?after=${chatId}&after=${other}`, 'after'],
      [`/message/?chat_id=${chatId}&chat_id=${chatId}`, 'chat_id'],
      [`/message/?chat_id=${chatId}&chat_id=${other}`, 'chat_id'],
      [`/message/?chat_id=${chatId}&before=1&before=2`, 'before'],
      [`/message/?chat_id=${chatId}&ids=${other}&ids=${other}`, 'ids'],
      [`/users/?ids=${other}&ids=${other}`, 'ids'],
    ];
    for (const [path, field] of repeated) {
      const [{ messages }] = expectInvalid(await app.as(user).get(path), field).errors!;
      expect(messages).toEqual([`${field} must not be given more than once`]);
    }
  });

  it('has no unknown field', async () => {
    const fields = ['nope', 'CHAT_ID', 'limit[]', 'limit[a]', '__proto__', '__proto__[polluted]'];
    const builtIn = ['constructor', 'constructor.prototype', 'prototype', 'toString', 'user_id'];
    for (const field of [...fields, ...builtIn]) {
      expectInvalid(await app.as(user).get(`/chat/?${field}=1`), field);
      expectInvalid(await app.as(user).get(`/message/?chat_id=${chatId}&${field}=1`), field);
    }
    expectInvalid(await app.as(user).get(`/chat/?before=1`), 'before');
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('an id', () => {
  const spellings: Record<string, (id: string) => string> = {
    'in upper case': (id) => id.toUpperCase(),
    'without dashes': (id) => id.replaceAll('-', ''),
    'in braces': (id) => `{${id}}`,
    'with a line break': (id) => `${id}\n`,
    'cut off': (id) => id.slice(1),
    'with a letter beyond f': (id) => `g${id.slice(1)}`,
    'in full-width digits': (id) => `\uff10${id.slice(1)}`,
    'with a quote': () => "' OR ''='",
    'of another kind': () => '1',
    'with a NUL': (id) => `${id}\0`,
    'that is no value': () => 'undefined',
  };

  it.each(Object.entries(spellings))('is given as the API gave it: not %s', async (_, spell) => {
    const id = spell(chatId);
    const part = encodeURIComponent(id);
    const client = app.as(user);
    const faults: [Answer, string][] = [
      [await client.get(`/chat/${part}`), 'chat_id'],
      [await client.get(`/message/${part}`), 'message_id'],
      [await client.get(`/message/?chat_id=${part}`), 'chat_id'],
      [await client.get(`/chat/?after=${part}`), 'after'],
      [await client.post('/message/', { chatid: id, message: 'x' }), 'chatid'],
    ];
    for (const [answer, field] of faults) {
      const [{ messages }] = expectInvalid(answer, field).errors!;
      expect(messages).toEqual([
        `${field} must be an id as this API gives them (a lower-case UUID)`,
      ]);
    }
  });

  it.each([randomUUID(), '00000000-0000-0000-0000-000000000000'])(
    'of nothing is a 404: %s',
    async (id) => {
      const client = app.as(user);
      for (const path of [`/chat/${id}`, `/message/${id}`, `/message/?chat_id=${id}`]) {
        expectProblem(await client.get(path), 404, 'not-found');
      }
      const answer = await client.post('/message/', { chatid: id, message: 'x' });
      expectProblem(answer, 404, 'not-found');
    },
  );
});
