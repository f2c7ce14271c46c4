import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvalid } from '../support/expect-problem.js';
import type { Answer } from '../support/client.js';
import { TestApp, type TestUser } from '../support/test-app.js';

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
  min: 1,
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
const personAndRoom = [chatName, profileField('fname', 100), profileField('lname', 100)];
const names = [...personAndRoom, clientId];
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
      for (const length of [min, max]) {
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

  it('is refused when it is empty', async () => {
    expect(expectInvalid(await field.send(''), name).errors![0].messages).toEqual([range]);
  });
});

describe('a text without anything to see', () => {
  const blank = {
    'white space': ' \u00a0\u1680\u2003\u202f\u3000\u2028\u2029',
    'zero width': '\u200b\u200c\u200d\u2060\ufeff',
    'soft hyphens and joiners': '\u00ad\u034f\u180e',
    fillers: '\u115f\u1160\u3164\uffa0',
    'variation selectors': '\ufe0f\ufe0e\u{e0100}',
    tags: '\u{e0001}\u{e0041}\u{e007f}',
    'all of it': ' \u200b\u00ad \u3164\u{e0041}\u2028',
  };

  it.each(Object.entries(blank))('is no text at all: %s', async (_, text) => {
    for (const field of fields) {
      for (const given of [text, ...text]) {
        const [{ messages }] = expectInvalid(await field.send(given), field.name).errors!;
        expect(messages).toEqual([`${field.name} must hold at least one visible character`]);
      }
      expect(await readBack(field, await field.send(`${text}x`))).toBe(`${text}x`);
    }
  });

  it('is no message, be it lines, NUL and other control characters', async () => {
    for (const text of ['\n', '\r\n\t\v\f', '\n \n', '\0', '\x1b\x7f', '\u0085', '\0\u200b\n']) {
      const [{ messages }] = expectInvalid(await message.send(text), 'message').errors!;
      expect(messages).toEqual(['message must hold at least one visible character']);
    }
    expectInvalid(await profile.send('\n'), 'profile');
  });

  it('is refused in an edit too', async () => {
    const { body } = await message.send('hello');
    expectInvalid(
      await app.as(user).patch(`/message/${body.id}`, { message: '\u200b' }),
      'message',
    );
  });

  it('is not one of a single letter, mark, sign or emoji', async () => {
    for (const text of ['x', '.', '\u0301', '\u{e000}', '☃', '😀', '1', '\u4e00', '\u0e33']) {
      for (const field of fields) {
        expect(await readBack(field, await field.send(text)), field.name).toBe(text);
      }
    }
  });
});

describe('the joiners', () => {
  it.each([
    ['Persian', 'می\u200cخواهم'],
    ['Hindi', 'क्\u200dष'],
    ['an emoji', '👩\u200d🚀'],
  ])('stay where they are written: %s', async (_, text) => {
    for (const field of fields) expect(await readBack(field, await field.send(text))).toBe(text);
  });
});

describe('characters that turn the direction of text', () => {
  const turning = [...'\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c'];

  it.each(turning)('are in no name: %j', async (char) => {
    for (const field of personAndRoom) {
      for (const text of [`a${char}b`, `${char}a`, `a${char}`]) {
        const [{ messages }] = expectInvalid(await field.send(text), field.name).errors!;
        expect(messages).toEqual([
          `${field.name} must not hold characters that turn the direction of text ` +
            '(U+202A to U+202E and the like)',
        ]);
      }
    }
  });

  it('may be in a message, a profile and a client_id', async () => {
    const text = `a${turning.join('b')}`;
    for (const field of [message, profile, clientId]) {
      expect(await readBack(field, await field.send(text))).toBe(text);
    }
  });
});

describe('white space', () => {
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
