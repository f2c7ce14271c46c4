import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyVerification, type VerifiedPart } from '../../src/encryption/key-verification.js';
import { Database } from '../../src/database/database.js';
import { EventBus } from '../../src/events/event-bus.js';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { RoomPurge } from '../../src/message/change/room-purge.js';
import { RowSearch } from '../../src/search/row-search.js';
import { SegmentCache } from '../../src/search/segment-cache.js';
import { SegmentIndexer } from '../../src/search/segment-indexer.js';
import { searchPage, searchTexts } from '../support/searches.js';
import { keysOf, Segments, sendAll } from '../support/segments.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
let segments: Segments;
let user: TestUser;
let chatId: string;
beforeEach(async () => {
  app = await TestApp.start({ LOG_LEVEL: 'info' });
  segments = new Segments(app);
  ({ user, chatId } = await app.givenMember());
});
afterEach(async () => {
  vi.restoreAllMocks();
  await app.stop();
});

const readable = async (): Promise<string> => segments.readable(await keysOf(app));

async function verified(): Promise<VerifiedPart> {
  const { parts } = await app.nest.get(KeyVerification).verify({ messages: true });
  return parts.find(({ part }) => part === 'segments')!;
}

const patch = async (id: string, message: string): Promise<void> => {
  expect((await user.client.patch(`/message/${id}`, { message })).status).toBe(200);
};
const remove = async (path: string, by = user): Promise<void> => {
  expect((await by.client.request('DELETE', path)).status).toBe(204);
};

const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => `word${n}`);

describe('the indexer', () => {
  it('makes segments of what is complete, and one of neighbours', async () => {
    await sendAll(user, chatId, numbered(23));
    await segments.index();
    expect(await segments.ranges(chatId)).toEqual([
      [1, 16],
      [17, 20],
    ]);
    const text = await readable();
    expect(text.match(/word\d+/g)).toEqual(numbered(20));
    await sendAll(user, chatId, ['more']);
    await segments.index();
    expect(await segments.ranges(chatId)).toEqual([
      [1, 16],
      [17, 20],
      [21, 24],
    ]);
  });

  it('hides nothing from who searches while it makes and merges them', async () => {
    const found = (q: string): Promise<unknown[]> =>
      searchTexts(user.client, { q, chat_id: chatId });
    const texts = numbered(16).map((word) => `needle ${word}`);
    await sendAll(user, chatId, texts.slice(0, 12));
    await segments.index();
    await sendAll(user, chatId, texts.slice(12));
    const indexer = app.nest.get(SegmentIndexer);
    const states = new Set<string>();
    const isMerged = async (): Promise<boolean> => (await segments.ranges(chatId))[0]?.[1] === 16;
    while (!(await isMerged())) {
      await indexer.carryOut();
      await app.nest.get(Database).write((tx) => indexer.step(tx));
      const state = JSON.stringify(await segments.ranges(chatId));
      expect(await found('needle'), state).toHaveLength(16);
      expect(await found('word3'), state).toHaveLength(1);
      states.add(state);
    }
    expect(states.size).toBe(3); // three, four, all in one
  });

  it('leaves no text in memory of what has become part of another one', async () => {
    await sendAll(user, chatId, numbered(12));
    await segments.index();
    await searchTexts(user.client, { q: 'absent', chat_id: chatId });
    const cache = app.nest.get(SegmentCache);
    const before = cache.size;
    await sendAll(user, chatId, numbered(4));
    await segments.index();
    expect([before > 0, cache.size]).toEqual([true, 0]);
  });

  it('reads no rows of what is in segments, however many there are', async () => {
    const many = new Segments(app, { messages: 1, merged: 1000 });
    const ids = await sendAll(user, chatId, numbered(150));
    await many.index();
    await patch(ids[139], 'edited');
    const units = vi.spyOn(app.nest.get(RowSearch), 'units');
    await searchPage(user.client, { q: 'absent', chat_id: chatId, before: 141 });
    const read = units.mock.calls.filter(([{ from, to }]) => from <= to);
    expect(read.map(([{ from, to }]) => [from, to])).toEqual([[140, 140]]);
  });

  it('holds what each author wrote, folded, and nothing of a message without words', async () => {
    const { user: ben } = await app.givenMember();
    await sendAll(user, chatId, ['Straße, CAFÉ!', '…', '東京都 🦉']);
    await sendAll(ben, chatId, ['of Ben']);
    await segments.index();
    const [{ place, parts }] = await segments.stored(chatId);
    expect(parts.map(({ authorId }) => authorId)).toEqual([user.id, ben.id]);
    const lines = (await readable()).split('\n').filter(Boolean);
    expect(lines).toEqual([' strasse cafe ', expect.stringContaining('東京都'), ' of ben ']);
    const [{ id }] = await app.sql('SELECT id FROM message WHERE seq = 4');
    expect(place.keyAt).toBe(id);
  });

  it('ends a segment before its text becomes too much, and merges none of these', async () => {
    new Segments(app, { messages: 4, merged: 4, bytes: 1000 });
    await sendAll(user, chatId, [...Array<string>(4).fill('long '.repeat(110)), ...numbered(12)]);
    await segments.index();
    expect(await segments.ranges(chatId)).toEqual([
      [1, 2],
      [3, 4],
      [5, 8],
      [9, 12],
      [13, 16],
    ]);
  });

  it('fills what edits and deletions have taken away', async () => {
    const ids = await sendAll(user, chatId, numbered(20));
    await segments.index();
    await patch(ids[17], 'edited');
    expect(await segments.ranges(chatId)).toEqual([[1, 16]]);
    await remove(`/message/${ids[2]}`);
    expect(await segments.ranges(chatId)).toEqual([]);
    await segments.index();
    expect(await segments.ranges(chatId)).toEqual([
      [1, 16],
      [17, 20],
    ]);
    const text = await readable();
    expect(text).toContain(' edited ');
    expect(text).not.toMatch(/ word(2|17) /);
  });

  it('leaves rooms alone that are deleted, whose segments go', async () => {
    const other = await app.givenChat(user);
    for (const room of [chatId, other]) await sendAll(user, room, numbered(8));
    await segments.index();
    await remove(`/chat/${chatId}`);
    await segments.index();
    await app.nest.get(RoomPurge).settle();
    expect(await segments.ranges(chatId)).toEqual([]);
    expect(await segments.ranges(other)).toHaveLength(2);
    expect(await app.sql('SELECT id FROM chat WHERE id = ?', [chatId])).toEqual([]);
  });

  it('takes nothing of an author who is erased, whose parts are noise', async () => {
    const { user: ben } = await app.givenMember();
    for (let n = 0; n < 4; n++) {
      await sendAll(user, chatId, ['ada', 'wrote']);
      await sendAll(ben, chatId, ['of ben', 'too']);
    }
    const before = await keysOf(app);
    await segments.index();
    expect(await segments.ranges(chatId)).toEqual([[1, 16]]);
    const { status } = await ben.client.request('DELETE', '/userauth/me', { password: PASSWORD });
    expect(status).toBe(204);
    await app.nest.get(ErasureTask).settle();
    expect(await segments.ranges(chatId)).toEqual([[1, 16]]); // nobody deletes it
    const left = await keysOf(app);
    expect(left.has(ben.id)).toBe(false);
    expect(await segments.readable(left)).not.toContain('ben');
    expect(await segments.readable(before)).toContain('ben');
    expect(await verified()).toEqual({ part: 'segments', opened: 1, failed: 0, failures: [] });
    // Made anew, it has no such part.
    await app.sql('DELETE FROM search_segment');
    await sendAll(user, chatId, numbered(4));
    app.nest.get(EventBus).publish({ type: 'memory.stale' });
    await app.close();
    app = await TestApp.start({ LOG_LEVEL: 'info' }, app.database);
    segments = new Segments(app);
    await segments.index();
    const [{ parts }] = await segments.stored(chatId);
    expect(parts.map(({ authorId }) => authorId)).toEqual([user.id]);
  });

  it('leaves out of a merge who is erased by then', async () => {
    const { user: ben } = await app.givenMember();
    new Segments(app, { messages: 4, merged: 100 });
    for (let n = 0; n < 8; n++) {
      await sendAll(user, chatId, ['ada']);
      await sendAll(ben, chatId, ['ben']);
    }
    await segments.index();
    expect(await segments.ranges(chatId)).toHaveLength(4);
    await ben.client.request('DELETE', '/userauth/me', { password: PASSWORD });
    await app.nest.get(ErasureTask).settle();
    segments = new Segments(app);
    await sendAll(user, chatId, ['on']);
    await patch((await sendAll(user, chatId, ['x', 'y', 'z']))[0], 'other'); // it looks again
    await segments.index();
    expect(await segments.ranges(chatId)).toEqual([
      [1, 16],
      [17, 20],
    ]);
    const [{ parts }] = await segments.stored(chatId);
    expect(parts.map(({ authorId }) => authorId)).toEqual([user.id]);
    expect((await readable()).match(/ada/g)).toHaveLength(8);
  });
});

describe('what does not open', () => {
  it('is reported, and made anew', async () => {
    await sendAll(user, chatId, numbered(12));
    await segments.index();
    const [{ data }] = await app.sql<{ data: Buffer }>(
      'SELECT data FROM search_segment WHERE last_seq = 4',
    );
    await app.sql('UPDATE search_segment SET data = ? WHERE last_seq = 8', [data]);
    await sendAll(user, chatId, numbered(4)); // now they are to be merged
    await segments.index();
    await expect
      .poll(() => app.log.filter(({ event }) => event === 'search.segment_unreadable'))
      .toMatchObject([{ chat_id: chatId, last_seq: 8, author_id: user.id }]);
    await expect
      .poll(async () => {
        await segments.index();
        return segments.ranges(chatId);
      })
      .toEqual([[1, 16]]);
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    expect(metrics).toContain('conclave_search_segments_unreadable_total 1');
    expect(metrics).toContain('conclave_search_messages{state="indexed"} 16');
    expect(metrics).toContain('conclave_search_messages{state="left"} 0');
    expect(metrics).toContain('conclave_search_segments 1');
  });
});
