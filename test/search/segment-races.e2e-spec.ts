import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Database } from '../../src/database/database.js';
import { SegmentBuilder } from '../../src/search/segment-builder.js';
import { SegmentMerger } from '../../src/search/segment-merger.js';
import { SegmentStore } from '../../src/search/segment-store.js';
import { searchTexts } from '../support/searches.js';
import { keysOf, Segments, sendAll } from '../support/segments.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { lacking, TwoApps } from '../support/two-apps.js';

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

const patch = async (id: string, message: string): Promise<void> => {
  expect((await user.client.patch(`/message/${id}`, { message })).status).toBe(200);
};
const remove = async (path: string, by = user): Promise<void> => {
  expect((await by.client.request('DELETE', path)).status).toBe(204);
};

const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => `word${n}`);

describe('while a segment is made', () => {
  it('a deletion counts that comes between the read of a row and the insert', async () => {
    const ids = await sendAll(user, chatId, numbered(4));
    const builder = app.nest.get(SegmentBuilder);
    const build = builder.build.bind(builder);
    let built = 0;
    vi.spyOn(builder, 'build').mockImplementation(async (...given) => {
      const made = await build(...given);
      if (built++ === 0) await remove(`/message/${ids[1]}`);
      if (built === 2) await patch(ids[2], 'edited');
      return made;
    });
    await segments.index();
    expect(built).toBe(3);
    expect(await segments.ranges(chatId)).toEqual([[1, 4]]);
    expect((await readable()).match(/\w+/g)).toEqual(['word0', 'edited', 'word3']);
  });

  it('a room is left for later that changes each time', async () => {
    const ids = await sendAll(user, chatId, numbered(4));
    const builder = app.nest.get(SegmentBuilder);
    const build = builder.build.bind(builder);
    let built = 0;
    vi.spyOn(builder, 'build').mockImplementation(async (...given) => {
      const made = await build(...given);
      await patch(ids[0], `edit ${built++}`);
      return made;
    });
    await segments.index();
    expect([built, await segments.ranges(chatId)]).toEqual([3, []]);
  });

  it('what stands before messages that change each time gets its segments', async () => {
    const ids = await sendAll(user, chatId, numbered(12));
    const builder = app.nest.get(SegmentBuilder);
    const build = builder.build.bind(builder);
    const path = `/message/${ids[11]}/reactions/${encodeURIComponent('👍')}`;
    let isThere = false;
    vi.spyOn(builder, 'build').mockImplementation(async (...given) => {
      const made = await build(...given);
      const { status } = await user.client.request(isThere ? 'DELETE' : 'PUT', path);
      expect(status).toBe(204);
      isThere = !isThere;
      return made;
    });
    await segments.index();
    expect(await segments.ranges(chatId)).toEqual([
      [1, 4],
      [5, 8],
    ]);
  });

  it('an edit counts that comes between the read of segments and their merge', async () => {
    const ids = await sendAll(user, chatId, numbered(16));
    const merger = app.nest.get(SegmentMerger);
    const merge = merger.merge.bind(merger);
    let merged = 0;
    vi.spyOn(merger, 'merge').mockImplementation(async (...given) => {
      const made = await merge(...given);
      if (merged++ === 0) await patch(ids[5], 'edited');
      return made;
    });
    await segments.index();
    expect(merged).toBe(2);
    expect(await segments.ranges(chatId)).toEqual([[1, 16]]);
    const words = numbered(16).map((word, n) => (n === 5 ? 'edited' : word));
    expect((await readable()).match(/\w+/g)).toEqual(words);
  });

  it('a merge that is not committed leaves what there was', async () => {
    await sendAll(user, chatId, numbered(16));
    const store = app.nest.get(SegmentStore);
    const put = store.put.bind(store);
    let fails = true;
    vi.spyOn(store, 'put').mockImplementation(async (tx, segment, of) => {
      const isStored = await put(tx, segment, of);
      if (of.length === 0 || !fails) return isStored;
      expect(await tx.manager.query('SELECT last_seq FROM search_segment')).toHaveLength(1);
      fails = false;
      throw new Error('the power went');
    });
    await expect(segments.index()).rejects.toThrow('the power went');
    expect(await segments.ranges(chatId)).toHaveLength(4);
    await segments.index();
    expect(await segments.ranges(chatId)).toEqual([[1, 16]]);
    expect((await readable()).match(/\w+/g)).toEqual(numbered(16));
  });

  it('a room may end', async () => {
    await sendAll(user, chatId, numbered(4));
    const builder = app.nest.get(SegmentBuilder);
    const build = builder.build.bind(builder);
    vi.spyOn(builder, 'build').mockImplementation(async (...given) => {
      const made = await build(...given);
      await remove(`/chat/${chatId}`);
      return made;
    });
    await segments.index();
    expect(await segments.ranges(chatId)).toEqual([]);
  });

  it('another process may make it too: one of them is stored', async () => {
    await sendAll(user, chatId, numbered(16));
    const builder = app.nest.get(SegmentBuilder);
    const range = { firstSeq: 1, lastSeq: 4 };
    const make = (): ReturnType<SegmentBuilder['build']> => builder.build(chatId, range, 100);
    const [one, other] = await Promise.all([make(), make()]);
    const put = (segment: typeof one): Promise<boolean> =>
      app.nest.get(Database).write((tx) => app.nest.get(SegmentStore).put(tx, segment!, []));
    expect((await Promise.all([put(one), put(other)])).sort()).toEqual([false, true]);
    expect(await segments.ranges(chatId)).toEqual([[1, 4]]);
  });
});

describe.skipIf(lacking)(`two processes${lacking && ` (${lacking})`}`, () => {
  it('index one room between them', async () => {
    const apps = await TwoApps.start();
    try {
      const [here, there] = [apps.here, apps.there].map((one) => new Segments(one));
      const owner = await apps.here.givenMember();
      await sendAll(owner.user, owner.chatId, numbered(40));
      await Promise.all([here.index(), there.index()]);
      await Promise.all([here.index(), there.index()]);
      expect(await here.ranges(owner.chatId)).toEqual([
        [1, 16],
        [17, 32],
        [33, 36],
        [37, 40],
      ]);
      const text = await here.readable(await keysOf(apps.here));
      expect(text.match(/word\d+/g)).toEqual(numbered(40));
    } finally {
      await apps.stop();
    }
  });

  it('search one room while they index it', async () => {
    const apps = await TwoApps.start();
    try {
      const both = [apps.here, apps.there].map((one) => new Segments(one));
      const { user: ada, chatId: room } = await apps.here.givenMember();
      const clients = [ada.client, apps.elsewhere(ada)];
      const said: string[] = [];
      for (let round = 0; round < 6; round++) {
        const texts = numbered(10).map((word) => `harbour ${word} of ${round}`);
        const ids = await sendAll(ada, room, texts);
        said.push(...texts);
        const changed = `harbour edited in ${round}`;
        const path = `/message/${ids[3]}`;
        expect((await clients[round % 2].patch(path, { message: changed })).status).toBe(200);
        said[10 * round + 3] = changed;
        const found = clients.map((client) => searchTexts(client, { q: 'harbour', chat_id: room }));
        const indexed = both.map((one) => one.index());
        expect(await Promise.all(found)).toEqual([said.toReversed(), said.toReversed()]);
        await Promise.all(indexed);
        for (const client of clients) {
          const edited = await searchTexts(client, { q: 'edited', chat_id: room });
          expect(edited).toHaveLength(round + 1);
        }
      }
      expect((await both[0].ranges(room)).at(-1)).toEqual([57, 60]);
    } finally {
      await apps.stop();
    }
  });
});
