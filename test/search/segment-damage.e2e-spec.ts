import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventBus } from '../../src/events/event-bus.js';
import { readSegment, writeSegment } from '../../src/search/segment-format.js';
import { searchTexts } from '../support/searches.js';
import { Segments, sendAll } from '../support/segments.js';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
let segments: Segments;
let ada: TestUser;
let ben: TestUser;
let chatId: string;
beforeEach(async () => {
  app = await TestApp.start({ LOG_LEVEL: 'info' });
  segments = new Segments(app, { messages: 4, merged: 100 });
  ({ user: ada, chatId } = await app.givenMember());
  ({ user: ben } = await app.givenMember());
});
afterEach(() => app.stop());

const dataOf = async (lastSeq: number): Promise<Buffer> => {
  const sql = 'SELECT data FROM search_segment WHERE last_seq = ?';
  return (await app.sql<{ data: Buffer }>(sql, [lastSeq]))[0].data;
};
const put = (lastSeq: number, data: Buffer): Promise<unknown> =>
  app.sql('UPDATE search_segment SET data = ? WHERE last_seq = ?', [data, lastSeq]);

const reported = (): unknown[] =>
  app.log
    .filter(({ event }) => event === 'search.segment_unreadable')
    .map(({ chat_id, last_seq }) => [chat_id, last_seq]);

/** The newest first. */
const found = (): Promise<(string | null)[]> =>
  searchTexts(ada.client, { q: 'harbour', chat_id: chatId });

describe('segments that somebody has changed in the database', () => {
  const said = ['harbour 0', 'harbour 1', 'harbour 2', 'harbour 3', 'harbour 4', 'harbour 5'];
  beforeEach(async () => {
    for (const [n, text] of said.entries()) {
      await sendAll(n % 2 ? ben : ada, chatId, [text]);
    }
    await sendAll(ben, chatId, ['lamp', 'lamp']);
    await segments.index();
    expect(await segments.ranges(chatId)).toEqual([
      [1, 4],
      [5, 8],
    ]);
  });

  it('are reported where two parts of one were swapped, and nothing is lost', async () => {
    const [one, other] = readSegment(await dataOf(4));
    const swapped = [
      { ...one, authorId: other.authorId },
      { ...other, authorId: one.authorId },
    ];
    await put(4, writeSegment(swapped));
    expect(await found()).toEqual(said.toReversed());
    expect(reported()).toEqual([[chatId, 4]]);
    await expect.poll(() => segments.ranges(chatId)).toEqual([[5, 8]]);
    expect(await found()).toEqual(said.toReversed());
  });

  it('are reported where two whole ones were swapped, and nothing is lost', async () => {
    const [one, other] = [await dataOf(4), await dataOf(8)];
    await put(4, other);
    await put(8, one);
    expect(await found()).toEqual(said.toReversed());
    expect(reported()).toEqual([
      [chatId, 8],
      [chatId, 4],
    ]);
    await expect.poll(() => segments.ranges(chatId)).toEqual([]);
    await segments.index();
    expect(await found()).toEqual(said.toReversed());
    expect(reported()).toHaveLength(2);
  });
});

it('a room whose segments cannot be made keeps the indexer from no other', async () => {
  const newer = await app.givenChat(ada);
  for (const room of [chatId, newer]) await sendAll(ada, room, ['a', 'b', 'c', 'd']);
  const sql = 'UPDATE wrapped_key SET key_id = ? WHERE owner_id = ?';
  await app.sql(sql, ['absent', newer]);
  app.nest.get(EventBus).publish({ type: 'memory.stale' });
  await expect(segments.index()).rejects.toThrow('key');
  await segments.index();
  expect(await segments.ranges(newer)).toEqual([]);
  expect(await segments.ranges(chatId)).toEqual([[1, 4]]);
});
