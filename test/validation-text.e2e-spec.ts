import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvalid } from './expect-problem.js';
import type { Answer } from './support/client.js';
import { TestApp, type TestUser } from './support/test-app.js';

let app: TestApp;
let user: TestUser;
let chatId: string;
beforeAll(async () => {
  app = await TestApp.start();
  ({ user, chatId } = await app.givenMember());
});
afterAll(() => app.stop());

interface TextField {
  name: string;
  min: number;
  max: number;
  send: (text: string) => Promise<Answer>;
}

const profileField = (name: string, max: number): TextField => ({
  name,
  min: 0,
  max,
  send: (text) => app.as(user).patch('/userauth/me', { [name]: text }),
});
const message: TextField = {
  name: 'message',
  min: 1,
  max: 16_384,
  send: (text) => app.as(user).post('/message/', { chatid: chatId, message: text }),
};
const clientId: TextField = {
  name: 'client_id',
  min: 1,
  max: 64,
  send: (text) =>
    app.as(user).post('/message/', { chatid: chatId, message: 'hello', client_id: text }),
};
const chatName: TextField = {
  name: 'chat_name',
  min: 1,
  max: 200,
  send: (text) => app.as(user).post('/chat/', { chat_name: text }),
};
const names = [chatName, profileField('fname', 100), profileField('lname', 100), clientId];
const profile = profileField('profile', 2048);
const fields = [...names, profile, message];

/** The text as the API tells it afterwards. */
async function readBack({ name }: TextField, { body }: Answer): Promise<string> {
  const path = name === 'message' || name === 'client_id' ? '/message/' : '/chat/';
  const isOwn = ['fname', 'lname', 'profile'].includes(name);
  const read = await app.as(user).get(isOwn ? '/userauth/me' : path + body.id);
  return read.body[name];
}

describe.each(fields)('$name', (field) => {
  const { name, min, max } = field;
  const range = `${name} must be ${min} to ${max} characters long`;

  it.each(['x', 'é', '☃', '😀'])(
    `takes up to ${max} code points, whatever their size: %s`,
    async (char) => {
      for (const length of [Math.max(min, 1), max]) {
        const text = char.repeat(length);
        const answer = await field.send(text);
        expect(answer.status, `${length}: ${JSON.stringify(answer.body.errors)}`).toBeLessThan(300);
        expect(await readBack(field, answer)).toBe(text);
      }
      const [{ messages }] = expectInvalid(await field.send(char.repeat(max + 1)), name).errors!;
      expect(messages).toEqual([range]);
    },
  );

  it('counts what is combined as what it is made of', async () => {
    const family = '👨‍👩‍👧'; // five code points
    const whole = family.repeat(Math.floor(max / 5));
    expect(await readBack(field, await field.send(whole))).toBe(whole);
    expectInvalid(await field.send(family.repeat(Math.floor(max / 5) + 1)), name);
  });

  it('is refused with half a surrogate pair', async () => {
    for (const text of ['\ud800', 'a\udc00', '\udc00\ud800', 'x\ud83d y', '\ud83d\ud83d\ude00']) {
      const [{ messages }] = expectInvalid(await field.send(text), name).errors!;
      expect(messages).toEqual([
        `${name} must be well-formed Unicode (it holds half a surrogate pair)`,
      ]);
    }
  });

  it(min ? 'is refused when it is empty' : 'may be empty', async () => {
    const answer = await field.send('');
    if (min) expect(expectInvalid(answer, name).errors![0].messages).toEqual([range]);
    else expect(await readBack(field, answer)).toBe('');
  });
});

describe('white space', () => {
  const blank = [' ', '   ', '\u00a0', '\u2003\u3000', '\u2028\u2029', '\ufeff'];

  it.each(blank)('alone is no name and no message: %j', async (text) => {
    for (const field of [...names, message]) {
      const [{ messages }] = expectInvalid(await field.send(text), field.name).errors!;
      expect(messages).toEqual([`${field.name} must not be only white space`]);
    }
    expect(await readBack(profile, await profile.send(text))).toBe(text);
  });

  it('alone is no message, be it lines', async () => {
    for (const text of ['\n', '\r\n\t\v\f', '\n \n']) {
      expectInvalid(await message.send(text), 'message');
    }
  });

  it('around a text is kept', async () => {
    for (const field of fields) {
      expect(await readBack(field, await field.send(' \u3000x  '))).toBe(' \u3000x  ');
    }
  });
});

describe('control characters', () => {
  const controls = [
    '\0',
    '\x01',
    '\b',
    '\t',
    '\n',
    '\v',
    '\r',
    '\x1b',
    '\x7f',
    '\x80',
    '\x85',
    '\x9f',
  ];

  it.each(controls)('are in no name: %j', async (control) => {
    for (const field of names) {
      for (const text of [control, `a${control}b`, `${control}a`, `a${control}`]) {
        const [{ messages }] = expectInvalid(await field.send(text), field.name).errors!;
        expect(messages).toEqual([`${field.name} must not hold control characters`]);
      }
    }
  });

  it.each(controls)('are in a profile only to lay out its lines: %j', async (control) => {
    const text = `a${control}b`;
    const answer = await profile.send(text);
    if ('\t\n\r'.includes(control)) expect(await readBack(profile, answer)).toBe(text);
    else expectInvalid(answer, 'profile');
  });

  it.each(controls)('may be in a message: %j', async (control) => {
    const text = `a${control}b${control}`;
    expect(await readBack(message, await message.send(text))).toBe(text);
  });
});

describe('a profile', () => {
  const full = { fname: 'Ada', lname: 'Lovelace', profile: 'Countess' };

  it.each(['fname', 'lname', 'profile'])(
    'loses what is set to null, and only that: %s',
    async (field) => {
      const client = app.as(await app.givenUser(full));
      const changed = await client.patch('/userauth/me', { [field]: null });
      expect(changed.body).toMatchObject({ ...full, [field]: null });
      expect((await client.get('/userauth/me')).body).toEqual(changed.body);
    },
  );

  it('is not changed by an empty, unknown or faulty change', async () => {
    const client = app.as(await app.givenUser(full));
    const before = await client.get('/userauth/me');
    const nothing = await client.patch('/userauth/me', {});
    expect(expectInvalid(nothing, 'body').errors![0].messages).toEqual([
      'Give at least one of fname, lname and profile',
    ]);
    for (const field of ['email', 'password', 'id', 'created_at', 'password_hash']) {
      expectInvalid(await client.patch('/userauth/me', { fname: 'New', [field]: 'x' }), field);
    }
    expectInvalid(await client.patch('/userauth/me', { fname: 'New', lname: 5 }), 'lname');
    expect((await client.get('/userauth/me')).body).toEqual(before.body);
  });
});
