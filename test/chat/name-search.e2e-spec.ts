import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MAX_COUNT } from '../../src/chat/locked-members.js';
import { NameSearch } from '../../src/chat/name-search.js';
import { fits } from '../../src/chat/name-words.js';
import { wordsOf } from '../../src/common/fold-text.js';
import { Database } from '../../src/database/database.js';
import { RoomPurge } from '../../src/message/change/room-purge.js';
import { expectInvalid } from '../support/expect-problem.js';
import { givenPublicRooms, givenRooms } from '../support/many-rooms.js';
import { queriesOf } from '../support/queries.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { randomFrom } from '../support/random.js';
import { until } from '../support/until.js';

/** The longest message there is: 64 KiB of text, 85 KiB sealed. Twelve of them pass 1 MiB. */
const LONGEST = '😀'.repeat(16_384);

let app: TestApp;
let ada: TestUser;
let stranger: TestUser;
/** So that each test finds rooms of its own. */
let tag: string;
let tests = 0;
beforeAll(async () => {
  app = await TestApp.start({ LOG_LEVEL: 'trace' });
});
beforeEach(async () => {
  [ada, stranger] = [await app.givenUser(), await app.givenUser()];
  tag = `t${String(++tests).padStart(3, '0')}`;
});
afterAll(() => app.stop());

interface Page {
  data: { id: string; chat_name: string; last_message: { message: string } | null }[];
  has_more: boolean;
  next?: string;
}

async function page({ client }: TestUser, q: string, more = ''): Promise<Page> {
  const { status, body } = await client.get(`/chat/?q=${encodeURIComponent(q)}${more}`);
  expect(status, JSON.stringify(body)).toBe(200);
  expect(body.has_more).toBe(body.next !== undefined);
  return body;
}

/** The names of all rooms that are found, page by page. */
async function found(user: TestUser, q: string, more = ''): Promise<string[]> {
  const names: string[] = [];
  let { data, next } = await page(user, q, more);
  names.push(...data.map((chat) => chat.chat_name));
  while (next !== undefined) {
    ({ data, next } = await page(user, q, `${more}&after=${next}`));
    names.push(...data.map((chat) => chat.chat_name));
  }
  return names;
}

const wordsKept = async (chatId: string): Promise<number> =>
  (await app.sql('SELECT word FROM chat_word WHERE chat_id = ?', [chatId])).length;

const patch = async (chatId: string, body: object, status = 200): Promise<void> =>
  expect((await ada.client.patch(`/chat/${chatId}`, body)).status).toBe(status);

describe('rooms by words of their names', () => {
  it('come oldest first, as the list shows them', async () => {
    const names = ['Engine room', 'Boiler room', 'Rooms of engineers', 'Ballroom'];
    const ids: string[] = [];
    for (const name of names) ids.push(await app.givenChat(ada, { chat_name: `${name} ${tag}` }));
    await ada.client.post('/message/', { chatid: ids[0], message: 'hello' });
    const { data, has_more } = await page(stranger, `ro eng ${tag}`);
    const shown = await Promise.all(
      [ids[0], ids[2]].map((id) => stranger.client.get(`/chat/${id}`)),
    );
    expect([data, has_more]).toEqual([shown.map(({ body }) => body), false]);
    expect(data[0].last_message?.message).toBe('hello');
    expect(await found(ada, `ROOM ${tag}`)).toEqual(names.slice(0, 3).map((it) => `${it} ${tag}`));
  });

  it('are found in any script, and by emoji', async () => {
    const names = ['東京支社', 'ภาษาไทย', 'Straße', 'ΟΔΟΣ', 'हिन्दी', '한국어', 'Yes 👍🏽', 'C++'];
    for (const name of names) await app.givenChat(ada, { chat_name: `${name} ${tag}` });
    const asked = ['支社', 'ไทย', 'STRASSE', 'οδος', 'हिन्', '한국', '👍', '++'];
    for (const [n, q] of asked.entries()) {
      expect(await found(stranger, `${q} ${tag}`), q).toEqual([`${names[n]} ${tag}`]);
    }
  });

  it('are only those that one has joined, if asked for', async () => {
    const joined = await app.givenChat(ada, { chat_name: `joined ${tag}` });
    await app.givenChat(ada, { chat_name: `other ${tag}` });
    await app.givenChat(stranger, { chat_name: `own ${tag}`, visibility: 'private' });
    await stranger.client.request('PUT', `/chat/${joined}/members/me`);
    expect(await found(stranger, tag, '&joined=true')).toEqual([`joined ${tag}`, `own ${tag}`]);
    expect(await found(stranger, tag)).toEqual([`joined ${tag}`, `other ${tag}`, `own ${tag}`]);
  });

  it('are no direct rooms, which have no name', async () => {
    await ada.client.patch('/userauth/me', { fname: tag });
    await ada.client.post('/chat/direct', { user_id: stranger.id });
    expect(await found(stranger, tag)).toEqual([]);
  });

  it('come in pages, which end where texts fill an answer too', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 14; n++) {
      ids.push(await app.givenChat(ada, { chat_name: `${tag} ${n}` }));
      await ada.client.post('/message/', { chatid: ids[n], message: LONGEST });
    }
    const first = await page(ada, tag);
    expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 12));
    expect(first.next).toBe(ids[11]);
    const last = await page(ada, tag, `&after=${first.next}`);
    expect(last.data.map(({ id }) => id)).toEqual(ids.slice(12));
    expect(await page(ada, tag, '&limit=5')).toMatchObject({ next: ids[4] });
    expect((await page(ada, tag, `&limit=2&after=${ids[11]}`)).has_more).toBe(false);
  });

  it.each(['', '!?', '...', '%00', '%20', '-_-'])('need a word: %j', async (q) => {
    const { errors } = expectInvalid(await ada.client.get(`/chat/?q=${q}`), 'q');
    const words = 'q must hold a letter, a digit, an emoji or another symbol';
    const length = 'q must be 1 to 100 characters long';
    expect(errors![0].messages).toEqual([q === '' ? length : words]);
  });

  it('are asked for by 100 characters at most, once', async () => {
    const longest = encodeURIComponent('😀'.repeat(100));
    expect((await ada.client.get(`/chat/?q=${longest}`)).status).toBe(200);
    expectInvalid(await ada.client.get(`/chat/?q=${longest}x`), 'q');
    expectInvalid(await ada.client.get('/chat/?q=a&q=b'), 'q');
  });

  it('leave no trace of what was asked for in the log', async () => {
    const canary = 'kanarienvogel';
    await page(ada, canary);
    expectInvalid(await ada.client.get(`/chat/?q=${canary.repeat(10)}`), 'q');
    expectInvalid(await ada.client.get(`/chat/?q=${canary}&limit=x`), 'limit');
    const { headers } = await ada.client.get(`/chat/?q=${canary}&x=%ED%A0%80`);
    const last = headers.get('x-request-id');
    await until(() => app.log.some(({ request_id }) => request_id === last));
    expect(app.log.filter(({ route }) => route === '/chat').length).toBeGreaterThan(3);
    expect(JSON.stringify(app.log)).not.toContain(canary);
  });
});

describe('what is found', () => {
  it('is never a private room, but by its members; nor whether there is one', async () => {
    const chatId = await app.givenChat(ada, { chat_name: `secret ${tag}`, visibility: 'private' });
    const nothing = await page(stranger, `nothing ${tag}`);
    for (const more of ['', '&limit=1', '&joined=true']) {
      expect(await page(stranger, `secret ${tag}`, more)).toEqual(nothing);
    }
    expect(await wordsKept(chatId)).toBe(0);
    const member = `/chat/${chatId}/members/${stranger.id}`;
    await ada.client.request('PUT', member);
    expect(await found(stranger, `secret ${tag}`)).toEqual([`secret ${tag}`]);
    await ada.client.request('DELETE', member);
    expect(await page(stranger, `secret ${tag}`)).toEqual(nothing);
  });

  it('follows who sees a room, its name, and its end', async () => {
    const chatId = await app.givenChat(ada, { chat_name: `one ${tag}` });
    const seen = (): Promise<string[]> => found(stranger, tag);
    expect(await seen()).toEqual([`one ${tag}`]);
    await patch(chatId, { visibility: 'private' });
    expect([await seen(), await found(ada, tag)]).toEqual([[], [`one ${tag}`]]);
    await patch(chatId, { chat_name: `two ${tag}` });
    expect([await seen(), await wordsKept(chatId)]).toEqual([[], 0]);
    await patch(chatId, { visibility: 'public' });
    expect(await seen()).toEqual([`two ${tag}`]);
    await patch(chatId, { chat_name: `three and four ${tag}` });
    expect(await found(stranger, `two ${tag}`)).toEqual([]);
    expect(await found(stranger, `four ${tag}`)).toEqual([`three and four ${tag}`]);
    await ada.client.request('DELETE', `/chat/${chatId}`);
    expect([await seen(), await found(ada, tag), await wordsKept(chatId)]).toEqual([[], [], 0]);
  });

  it('stays where a change of the room comes to nothing', async () => {
    const chatId = await app.givenChat(ada, { chat_name: `one ${tag}` });
    await app.sql('UPDATE chat SET last_change = ? WHERE id = ?', [MAX_COUNT, chatId]);
    await patch(chatId, { chat_name: `two ${tag}` }, 409);
    expect(await found(stranger, tag)).toEqual([`one ${tag}`]);
  });

  it('is no room that ends with its owner', async () => {
    const chatId = await app.givenChat(ada, { chat_name: tag });
    await ada.client.request('DELETE', '/userauth/me', { password: PASSWORD });
    expect([await found(stranger, tag), await wordsKept(chatId)]).toEqual([[], 0]);
  });

  it('is cleared away with the room, where anything was left', async () => {
    const chatId = await app.givenChat(ada, { chat_name: tag });
    await app.sql('UPDATE chat SET deleted_at = 1 WHERE id = ?', [chatId]);
    expect([await found(stranger, tag), await wordsKept(chatId)]).toEqual([[], 1]);
    await app.nest.get(RoomPurge).settle();
    expect(await wordsKept(chatId)).toBe(0);
    expect(await app.sql('SELECT id FROM chat WHERE id = ?', [chatId])).toEqual([]);
  });

  it('is what anybody would find by looking at all rooms', async () => {
    const random = randomFrom(20261122);
    const pick = <T>(from: T[]): T => from[Math.floor(random() * from.length)];
    const words = ['a', 'ab', 'Abc', 'b', 'Über', 'uber', '東京', '京都', '👍', 'x1', '12', '+'];
    const visible: Record<string, string[]> = { ada: [], stranger: [] };
    for (let n = 0; n < 60; n++) {
      const name = [tag, ...Array.from({ length: 4 }, () => pick(words))].join(pick([' ', '-']));
      const [isPrivate, isStrangers] = [random() < 0.4, random() < 0.4];
      const visibility = isPrivate ? 'private' : 'public';
      await app.givenChat(isStrangers ? stranger : ada, { chat_name: name, visibility });
      if (!isPrivate || isStrangers) visible.stranger.push(name);
      if (!isPrivate || !isStrangers) visible.ada.push(name);
    }
    for (let n = 0; n < 80; n++) {
      const q = [tag, pick(words), pick(words)].slice(0, 1 + Math.floor(random() * 3)).join(' ');
      for (const [name, user] of Object.entries({ ada, stranger })) {
        const expected = visible[name].filter((each) => fits(wordsOf(q), each));
        expect(await found(user, q, `&limit=${pick([1, 7, 200])}`), q).toEqual(expected);
      }
    }
  });
});

it('is asked eight times at once by a user, and no more, which leaves others alone', async () => {
  const search = app.nest.get(NameSearch);
  const ask = (user: TestUser): Promise<unknown> => search.find(user.id, tag, { limit: 1 }, false);
  const asked = Array.from({ length: 9 }, () => ask(ada));
  const others = ask(stranger);
  const outcomes = (await Promise.allSettled(asked)).map(({ status }) => status);
  expect(outcomes).toEqual([...Array<string>(8).fill('fulfilled'), 'rejected']);
  await expect(asked[8]).rejects.toMatchObject({ kind: 'too-many-requests', retryAfterSeconds: 1 });
  expect(await others).toEqual({ ids: [] });
  expect(await ask(ada)).toEqual({ ids: [] });
});

describe('a word of thousands of rooms', () => {
  const COUNT = 4100;
  let names: string[];
  let ids: string[];
  beforeAll(async () => {
    const owner = await app.givenUser();
    names = Array.from({ length: COUNT }, (_, n) => {
      return `common ${n % 2 ? 'odd' : 'even'} n${n}${n === 4050 ? ' rare odd even' : ''}`;
    });
    await givenRooms(app, owner, 1500); // older and private: nobody else's to count
    ids = await givenPublicRooms(app, owner, names);
  });

  it('leads to all of them, page by page', async () => {
    expect(await found(stranger, 'common', '&limit=200')).toEqual(names);
    expect(await found(stranger, 'COMM od', '&limit=200')).toEqual(
      names.filter((name) => / od/.test(name)),
    );
    expect(await found(stranger, 'common rare')).toEqual([names[4050]]);
    expect(await found(stranger, 'odd even')).toEqual([names[4050]]);
    expect(await found(stranger, 'n40', '&limit=7')).toEqual(
      names.filter((name) => name.includes(' n40')),
    );
  });

  it('leads to all of them for one who has as many rooms too', async () => {
    await givenRooms(app, ada, 2500);
    expect(await found(ada, 'odd even')).toEqual([names[4050]]);
    expect(await found(ada, 'room', '&joined=true&limit=200')).toHaveLength(2500);
  });

  it('ends a page of which nothing fits, and says where to go on', async () => {
    for (const [after, next] of [
      ['', ids[1999]],
      [`&after=${ids[1999]}`, ids[3999]],
    ]) {
      expect(await page(stranger, 'odd even', after)).toEqual({ data: [], has_more: true, next });
    }
  });

  it('costs no more than the rooms that a page looks at', async () => {
    const queries = await queriesOf(app.nest.get(Database), () => page(stranger, 'odd even'));
    const limits = (table: RegExp): unknown[] =>
      queries.filter(({ sql }) => table.test(sql)).map(({ parameters }) => parameters.at(-1));
    expect(limits(/FROM chat_word/)).toEqual([2001, 2001]);
    expect(limits(/^SELECT id, chat_name FROM chat\s/)).toEqual([500, 500, 500, 500]);
    expect(limits(/SELECT chat_name FROM chat WHERE id = chat_id/)).toEqual([500]);
  });
});
