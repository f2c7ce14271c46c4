import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvalid } from '../support/expect-problem.js';
import type { Answer, Client } from '../support/client.js';
import { TestApp, type TestUser } from '../support/test-app.js';

/** So many requests at once, that they share commits. */
const LANES = 32;
const PAGE = 100;

/** The Big List of Naughty Strings, https://github.com/minimaxir/big-list-of-naughty-strings */
const listFile = new URL('../../../shared/vectors/blns.json', import.meta.url);
const list: string[] = existsSync(listFile) ? JSON.parse(readFileSync(listFile, 'utf8')) : [];

const controls = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).filter(
  (char) => isControl(char.charCodeAt(0)),
);
const own = [
  '',
  '😀'.repeat(16_384),
  '😀'.repeat(16_385),
  '👨‍👩‍👧‍👦'.repeat(2340),
  'a\0b',
  '\0',
  '\0'.repeat(16_384),
  ...controls,
  controls.join(''),
  'a\nb\r\nc\rd\ve\ff\u0085g\u2028h\u2029i',
  '\r\n',
  '\u202eright to left\u202c',
  '\u2066isolated\u2069\u200f\u061c',
  '\u200b',
  '\u2060\ufeff\u00ad',
  'می\u200cخواهم',
  '\u3164\uffa0\u115f\u1160',
  'e\u0301',
  '\u0301',
  `Z${'\u0300\u0316\u0489'.repeat(300)}`,
  '\ufffe',
  '\uffff',
  'a\ufffeb\uffffc\ufdd0d\ufdefe',
  '\u{1fffe}\u{1ffff}\u{10fffe}\u{10ffff}',
  '\ufffd',
  '\ue000\u{f0000}',
  '\u{e0001}\u{e0041}\u{e007f}',
  'caf\u00e9 cafe\u0301 \u212b \u00c5 A\u030a',
  '\ufb01 \uff21 \u2460 \u1e9e \u0130',
  '\u1100\u1161\u11a8 \uac01',
  '\u0958 \u0915\u093c',
  ' leading',
  'trailing ',
  '\u3000both\u3000',
  '\ufeffbyte order mark',
  '\\u0000 \\x00 \\0 %00 &#0;',
  '"\\"\'`',
  '{"__proto__": 1}',
  '$1 ? :name @p1 %s {}',
  '\\x6162',
  "E'\\\\000'",
  '__proto__',
  'constructor',
  'x'.repeat(16_384),
  ' '.repeat(16_384),
];

function isControl(code: number): boolean {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

interface Rule {
  field: string;
  max: number;
  /** Code points that must not be in the text. */
  forbids?: (code: number) => boolean;
}

/** Ranges of code points that show nothing: White_Space, Default_Ignorable, control characters. */
const INVISIBLE = [
  ...[
    [0, 0x20],
    [0x7f, 0xa0],
    [0xad],
    [0x34f],
    [0x61c],
    [0x115f, 0x1160],
    [0x1680],
    [0x17b4, 0x17b5],
  ],
  ...[[0x180b, 0x180f], [0x2000, 0x200f], [0x2028, 0x202f], [0x205f, 0x206f], [0x3000], [0x3164]],
  ...[[0xfe00, 0xfe0f], [0xfeff], [0xffa0], [0xfff0, 0xfff8], [0x1bca0, 0x1bca3]],
  ...[
    [0x1d173, 0x1d17a],
    [0xe0000, 0xe0fff],
  ],
];
const TURNING = [[0x61c], [0x200e, 0x200f], [0x202a, 0x202e], [0x2066, 0x2069]];

const isIn = (ranges: number[][], code: number): boolean =>
  ranges.some(([first, last = first]) => code >= first && code <= last);
const isNoName = (code: number): boolean => isControl(code) || isIn(TURNING, code);

/** The documented rules, in words of their own. */
const rules: Record<string, Rule> = {
  message: { field: 'message', max: 16_384 },
  chat_name: { field: 'chat_name', max: 200, forbids: isNoName },
  fname: { field: 'fname', max: 100, forbids: isNoName },
  lname: { field: 'lname', max: 100, forbids: isNoName },
  profile: {
    field: 'profile',
    max: 2048,
    forbids: (code) => isControl(code) && ![0x09, 0x0a, 0x0d].includes(code),
  },
};

function keeps(text: string, { max, forbids }: Rule): boolean {
  const codes = Array.from(text, (char) => char.codePointAt(0)!);
  const isVisible = codes.some((code) => !isIn(INVISIBLE, code));
  return isVisible && codes.length <= max && !codes.some((code) => forbids?.(code));
}

let app: TestApp;
let users: TestUser[];
beforeAll(async () => {
  app = await TestApp.start();
  users = await Promise.all(Array.from({ length: LANES }, () => app.givenUser()));
});
afterAll(() => app.stop());

/** Does it with every text, each lane as a user of its own, and answers in the order of the texts. */
async function withEach<T>(
  texts: string[],
  work: (text: string, client: Client) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  const lane = async (client: Client, first: number): Promise<void> => {
    for (let i = first; i < texts.length; i += LANES) results[i] = await work(texts[i], client);
  };
  await Promise.all(users.map(({ client }, index) => lane(client, index)));
  return results;
}

/** That the texts which keep the rule were taken, and the others refused for this field. */
function expectByRule(texts: string[], answers: Answer[], rule: Rule): Answer[] {
  return answers.filter((answer, i) => {
    if (!keeps(texts[i], rule)) expectInvalid(answer, rule.field);
    else expect([answer.status, answer.body[rule.field]]).toEqual([201, texts[i]]);
    return answer.status === 201;
  });
}

describe('strings of our own', () => comeBack(own));

const missing = list.length > 0 ? '' : ' (skipped: ../shared/vectors/blns.json is not there)';
describe.skipIf(missing)(`the Big List of Naughty Strings${missing}`, () => comeBack(list));

function comeBack(texts: string[]): void {
  it('come back from a message as they were, or are refused by a rule', async () => {
    const chatId = await app.givenChat(users[0]);
    const answers = await withEach(texts, (message, client) =>
      client.post('/message/', { chatid: chatId, message }),
    );
    const taken = expectByRule(texts, answers, rules.message);
    expect(taken.length).toBeGreaterThan(texts.length / 4); // a control character alone is no message
    const expected = new Map(taken.map(({ body }) => [body.id, body.message]));

    const single = await withEach([...expected.keys()], (id, client) =>
      client.get(`/message/${id}`),
    );
    for (const { body } of single) expect(body.message).toBe(expected.get(body.id));

    const listed = new Map(
      (await everything(`/message/?chat_id=${chatId}`, 'seq')).map(({ id, message }) => [
        id,
        message,
      ]),
    );
    for (const [id, message] of expected) expect(listed.get(id)).toBe(message);
  });

  it('come back from the name of a room as they were, or are refused by a rule', async () => {
    const answers = await withEach(texts, (chat_name, client) =>
      client.post('/chat/', { chat_name }),
    );
    const taken = expectByRule(texts, answers, rules.chat_name);
    expect(taken.length).toBeGreaterThan(10);
    const listed = new Map(
      (await everything('/chat/?', 'id')).map(({ id, chat_name }) => [id, chat_name]),
    );
    for (const { body } of taken) expect(listed.get(body.id)).toBe(body.chat_name);
  });

  it('come back from a profile as they were, or are refused by a rule', async () => {
    const { fname, lname, profile } = rules;
    const sendable = texts.filter((text) => JSON.stringify(text).length < 80_000);
    await withEach(sendable, async (text, client) => {
      const broken = [fname, lname, profile].filter((rule) => !keeps(text, rule));
      const given = { fname: text, lname: text, profile: text };
      const answer = await client.patch('/userauth/me', given);
      if (broken.length > 0) return expectInvalid(answer, ...broken.map(({ field }) => field));
      expect(answer.body).toMatchObject(given);
    });
  });

  it('come back beside a message, where its sender is shown', async () => {
    const [user] = users;
    const chatId = await app.givenChat(user);
    const shown = texts.filter((text) => keeps(text, rules.profile)).slice(-20);
    for (const profile of shown) {
      await user.client.patch('/userauth/me', { profile });
      const { body } = await user.client.post('/message/', { chatid: chatId, message: 'hello' });
      expect(body.sender.profile).toBe(profile);
    }
  });
}

/** Every object of a list, by its pages. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
async function everything(path: string, cursor: string): Promise<any[]> {
  const [{ client }] = users;
  const first = cursor === 'seq' ? '&after=0' : '';
  const found = [];
  let page = (await client.get(`${path}&limit=${PAGE}${first}`)).body;
  found.push(...page.data);
  while (page.has_more) {
    const after = found.at(-1)[cursor];
    page = (await client.get(`${path}&limit=${PAGE}&after=${after}`)).body;
    found.push(...page.data);
  }
  return found;
}
