import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { MessageCache } from '../../src/message/message-cache.js';
import { expectProblem } from '../support/expect-problem.js';
import {
  givenNoTime,
  searchAll,
  searchPage,
  searchPath,
  searchTexts,
} from '../support/searches.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { until } from '../support/until.js';

/** The longest message there is: 64 KiB of text, 85 KiB sealed. Twelve of them pass 1 MiB. */
const LONGEST = `harbour ${'😀'.repeat(16_376)}`;

let app: TestApp;
let ada: TestUser;
let bob: TestUser;
let chatId: string;
beforeAll(async () => {
  app = await TestApp.start({ LOG_LEVEL: 'trace' });
});
beforeEach(async () => {
  [ada, bob] = [await app.givenUser(), await app.givenUser()];
  chatId = await app.givenChat(ada, { visibility: 'private' });
  await ada.client.request('PUT', `/chat/${chatId}/members/${bob.id}`);
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => app.stop());

// eslint-disable-next-line @typescript-eslint/no-explicit-any
async function send(user: TestUser, message: string, chat = chatId): Promise<any> {
  const { status, body } = await user.client.post('/message/', { chatid: chat, message });
  expect(status).toBe(201);
  return body;
}

async function sendAll(texts: string[], chat = chatId): Promise<void> {
  for (const text of texts) await send(ada, text, chat);
}

const inRoom = (q: string, more = {}): Promise<(string | null)[]> =>
  searchTexts(ada.client, { q, chat_id: chatId, ...more });

describe('a search in a room', () => {
  it('finds messages as they are shown everywhere, the newest first', async () => {
    const first = await send(ada, 'The harbour at night');
    await send(ada, 'A lamp');
    const second = await send(bob, 'Harbour lamp');
    const emoji = encodeURIComponent('👍');
    await ada.client.request('PUT', `/message/${first.id}/reactions/${emoji}`);
    const shown = await Promise.all(
      [second, first].map(async ({ id }) => (await ada.client.get(`/message/${id}`)).body),
    );
    const page = await searchPage(ada.client, { q: 'harbour', chat_id: chatId });
    expect(page).toEqual({ data: shown, has_more: false });
    expect(await inRoom('lamp harbour')).toEqual(['Harbour lamp']);
    expect(await inRoom('harbours')).toEqual([]);
  });

  it('finds what was sent, edited or deleted this moment', async () => {
    const { id } = await send(ada, 'one harbour');
    expect(await inRoom('one')).toEqual(['one harbour']);
    await ada.client.patch(`/message/${id}`, { message: 'two harbours' });
    expect([await inRoom('one'), await inRoom('two')]).toEqual([[], ['two harbours']]);
    await ada.client.request('DELETE', `/message/${id}`);
    expect(await inRoom('two')).toEqual([]);
  });

  it('finds in any script, phrases, beginnings, emoji', async () => {
    const texts = ['東京都庁', 'Straße frei', 'สวัสดีครับ', 'C++ 👍🏽', 'the old harbour'];
    await sendAll(texts);
    const asked = ['京都', 'STRASSE', 'ครับ', '👍', '"old harbour"'];
    for (const [n, q] of asked.entries()) expect(await inRoom(q), q).toEqual([texts[n]]);
    expect(await inRoom('"harbour old"')).toEqual([]);
    expect(await inRoom('old har', { prefix: 'true' })).toEqual(['the old harbour']);
    expect(await inRoom('har old', { prefix: 'true' })).toEqual([]);
  });

  it('finds 200 characters of a script without spaces', async () => {
    const text = Array.from({ length: 400 }, (_, n) => String.fromCodePoint(0x4e00 + n)).join('');
    await sendAll([text, text.slice(1)]);
    expect(await inRoom(text.slice(0, 200))).toEqual([text]);
    expect(await inRoom(text.slice(1, 201))).toHaveLength(2);
  });

  it('finds nothing that an erased author wrote, from that moment on', async () => {
    await send(bob, 'harbour of Bob');
    await send(ada, 'harbour of Ada');
    const erasing = await bob.client.request('DELETE', '/userauth/me', { password: PASSWORD });
    expect(erasing.status).toBe(204);
    expect(await inRoom('harbour')).toEqual(['harbour of Ada']);
    expect(await inRoom('harbour', { sender_id: bob.id })).toEqual([]);
    await app.nest.get(ErasureTask).settle();
    expect(await inRoom('harbour')).toEqual(['harbour of Ada']);
  });

  it('finds those of one sender, or of a time', async () => {
    await send(ada, 'harbour 1');
    const { created_at: middle } = await send(bob, 'harbour 2');
    await until(() => Date.now() > Date.parse(middle));
    const { created_at: last } = await send(ada, 'harbour 3');
    const found = (more: object): Promise<(string | null)[]> => inRoom('harbour', more);
    expect(await found({ sender_id: bob.id })).toEqual(['harbour 2']);
    expect(await found({ sender_id: chatId })).toEqual([]);
    expect(await found({ from: last })).toEqual(['harbour 3']);
    expect(await found({ to: last })).toEqual(['harbour 2', 'harbour 1']);
    expect(await found({ from: middle, to: last, sender_id: bob.id })).toEqual(['harbour 2']);
    expect(await found({ from: middle, to: last, sender_id: ada.id })).toHaveLength(
      (await found({ from: middle, to: last })).length - 1,
    );
    const inParis = new Date(Date.parse(last) + 7_200_000).toISOString().replace('Z', '+02:00');
    expect(await found({ from: inParis })).toEqual(['harbour 3']);
    expect(await found({ from: '2100-01-01T00:00:00Z' })).toEqual([]);
  });

  it('comes in pages', async () => {
    await sendAll(Array.from({ length: 7 }, (_, n) => (n % 3 === 2 ? 'lamp' : `harbour ${n}`)));
    const query = { q: 'harbour', chat_id: chatId, limit: 2 };
    const first = await searchPage(ada.client, query);
    expect(first).toMatchObject({ has_more: true, next: '5', searched_to: 5 });
    expect(first.data.map(({ seq }) => seq)).toEqual([7, 5]);
    expect((await searchAll(ada.client, query)).map(({ seq }) => seq)).toEqual([7, 5, 4, 2, 1]);
    const before = await searchPage(ada.client, { ...query, before: 5, limit: 200 });
    expect([before.data.map(({ seq }) => seq), before.has_more]).toEqual([[4, 2, 1], false]);
    const none = await searchPage(ada.client, { ...query, before: 1 });
    expect(none).toEqual({ data: [], has_more: false });
    const beyond = await searchPage(ada.client, { ...query, before: 2_147_483_647 });
    expect(beyond.data.map(({ seq }) => seq)).toEqual([7, 5]);
  });

  it('ends a page where its text fills an answer', async () => {
    for (let n = 0; n < 14; n++) await send(ada, LONGEST);
    const page = await searchPage(ada.client, { q: 'harbour', chat_id: chatId });
    expect([page.data.length, page.searched_to]).toEqual([12, 3]);
    expect(await inRoom('harbour')).toHaveLength(14);
  });

  it('looks at all of a long room, however little time it has', async () => {
    await sendAll(['harbour first', ...Array.from({ length: 120 }, () => 'lamp'), 'harbour last']);
    expect(await inRoom('harbour')).toEqual(['harbour last', 'harbour first']);
    givenNoTime(app);
    const page = await searchPage(ada.client, { q: 'harbour', chat_id: chatId });
    expect(page).toMatchObject({ searched_to: 73, data: [{ message: 'harbour last' }] });
    expect(await inRoom('harbour')).toEqual(['harbour last', 'harbour first']);
    expect(await inRoom('absent')).toEqual([]);
    expect(await inRoom('harbour', { sender_id: bob.id })).toEqual([]);
  });

  it('passes over what does not open, and reports it', async () => {
    const { id } = await send(ada, 'harbour one');
    await send(ada, 'harbour two');
    await app.sql('UPDATE message SET ciphertext = ? WHERE id = ?', ['no token', id]);
    expect(await inRoom('harbour')).toEqual(['harbour two']);
    const reported = { event: 'message.unreadable', message_id: id, chat_id: chatId };
    await until(() =>
      app.log.some((line) => expect.objectContaining(reported).asymmetricMatch(line)),
    );
  });

  it('leaves in memory what others have opened', async () => {
    await sendAll(Array.from({ length: 60 }, (_, n) => `harbour ${n}`));
    const cache = app.nest.get(MessageCache);
    for (const id of (await ada.client.get(`/message/?chat_id=${chatId}&limit=60`)).body.data) {
      if (id.seq % 2) cache.delete(id.id);
    }
    const before = [cache.size, { ...cache.lookUps }];
    expect(await inRoom('absent')).toEqual([]);
    expect([cache.size, cache.lookUps]).toEqual(before);
  });

  it('is 404 to who may not know of the room, and open to all in a public one', async () => {
    await send(ada, 'harbour');
    const stranger = await app.givenUser();
    const query = { q: 'harbour', chat_id: chatId };
    expectProblem(await stranger.client.get(searchPath(query)), 404, 'not-found');
    expectProblem(await app.anonymous.get(searchPath(query)), 401, 'unauthenticated');
    await ada.client.patch(`/chat/${chatId}`, { visibility: 'public' });
    expect(await searchTexts(stranger.client, query)).toEqual(['harbour']);
    expect(await searchTexts(stranger.client, { q: 'harbour' })).toEqual([]);
    await ada.client.request('DELETE', `/chat/${chatId}`);
    expectProblem(await ada.client.get(searchPath(query)), 404, 'not-found');
    expect(await searchTexts(ada.client, { q: 'harbour' })).toEqual([]);
  });

  it('tells where what it looked for stands', async () => {
    const { id } = await send(ada, '😀 The Hárbour, and the harbour');
    const query = { q: 'harbour "the ha', chat_id: chatId, prefix: 'true', highlight: 'true' };
    const { highlights } = await searchPage(ada.client, query);
    expect(highlights).toEqual({
      [id]: [
        [2, 11],
        [19, 11],
      ],
    });
  });
});

describe('a search in all rooms', () => {
  const everywhere = (q: string, more = {}): Promise<(string | null)[]> =>
    searchTexts(ada.client, { q, ...more });

  it('looks through those that one has joined, the newest first, each from its end', async () => {
    const open = await app.givenChat(bob);
    const own = await app.givenChat(ada);
    const { id: direct } = (await ada.client.post('/chat/direct', { user_id: bob.id })).body;
    const empty = await app.givenChat(ada);
    await sendAll(['harbour a', 'harbour b']);
    await sendAll(['harbour c', 'lamp', 'harbour d'], own);
    await send(bob, 'harbour of others', open);
    await send(bob, 'harbour e', direct);
    const all = ['harbour e', 'harbour d', 'harbour c', 'harbour b', 'harbour a'];
    expect(await everywhere('harbour')).toEqual(all);
    for (const limit of [1, 2, 3, 5]) expect(await everywhere('harbour', { limit })).toEqual(all);
    expect(await everywhere('harbour', { sender_id: bob.id })).toEqual(['harbour e']);
    await ada.client.request('PUT', `/chat/${open}/members/me`);
    expect(await everywhere('others')).toEqual(['harbour of others']);
    givenNoTime(app);
    expect(await everywhere('harbour')).toEqual([
      ...all.slice(0, 3),
      'harbour of others',
      ...all.slice(3),
    ]);
    expect(await everywhere('absent')).toEqual([]);
    expect(empty).toBeDefined();
  });

  it('ends with its time, also in rooms that hold nothing of it', async () => {
    await sendAll(['harbour']);
    await sendAll(['harbour'], await app.givenChat(ada));
    givenNoTime(app);
    expect(await searchPage(ada.client, { q: 'absent' })).toMatchObject({
      data: [],
      has_more: true,
    });
  });

  it('goes on where it was, whatever has become of that room', async () => {
    const second = await app.givenChat(ada);
    await sendAll(['harbour a', 'harbour b']);
    await sendAll(['harbour c', 'harbour d'], second);
    const { next, data } = await searchPage(ada.client, { q: 'harbour', limit: 1 });
    expect(data).toMatchObject([{ message: 'harbour d' }]);
    await send(ada, 'harbour e', second);
    expect(await everywhere('harbour', { before: next! })).toEqual([
      'harbour c',
      'harbour b',
      'harbour a',
    ]);
    await ada.client.request('DELETE', `/chat/${second}`);
    const rest = await searchPage(ada.client, { q: 'harbour', before: next! });
    expect(rest.data.map(({ message }) => message)).toEqual(['harbour b', 'harbour a']);
  });

  it('comes to its end in many rooms', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 105; n++) ids.push(await app.givenChat(ada));
    for (const id of [ids[0], ids[3], ids[104]]) await send(ada, `harbour ${id}`, id);
    expect(await everywhere('harbour')).toEqual(
      [ids[104], ids[3], ids[0]].map((id) => `harbour ${id}`),
    );
  });
});
