import { describe, expect, it } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { type OpenedSegment, SegmentCache } from '../../src/search/segment-cache.js';
import { SegmentPart, writePart } from '../../src/search/segment-part.js';
import { cpuMs } from '../support/turns.js';

type Handler = (event: { ownerIds?: string[]; messageIds?: string[] }) => unknown;

const chatId = newId();
const [ada, ben] = [newId(), newId()];
/** 10,000 bytes. */
const LONG = 'word '.repeat(2000).trim();
/** Has no room for such a text, but for the words of two. */
const NARROW = 13_300;

/** A cache, what it listens to, and where it is told that messages stand. */
function given(searchCacheBytes = 1_000_000): {
  cache: SegmentCache;
  handlers: Record<string, Handler>;
  places: [string, number][];
} {
  const handlers: Record<string, Handler> = {};
  const places: [string, number][] = [];
  const bus = { on: (type: string, handler: Handler) => (handlers[type] = handler) };
  const database = {
    rows: () => (places.length > 0 ? Promise.resolve(places) : Promise.reject(new Error('away'))),
  };
  const cache = new SegmentCache({ searchCacheBytes } as never, database as never, bus as never);
  return { cache, handlers, places };
}

function segment(firstSeq: number, words: Record<string, string>, change = 7): OpenedSegment {
  const place = { chatId, firstSeq, lastSeq: firstSeq + 255, keyAt: newId() };
  const parts = Object.entries(words).map(([authorId, said]) => ({
    authorId,
    part: new SegmentPart(writePart(firstSeq, [{ seq: firstSeq, words: said }]), firstSeq),
  }));
  return { place, change, parts };
}

const range = (firstSeq: number, change = 7) => ({ firstSeq, lastSeq: firstSeq + 255, change });

/** Whether it knows of the text of a segment, and of its words. */
function knows(cache: SegmentCache, firstSeq: number): [text: boolean, words: boolean] {
  const at = range(firstSeq);
  return [cache.find(chatId, at) !== undefined, cache.isWithout(['absent'], chatId, at)];
}

describe('the cache of opened segments', () => {
  it('knows nothing of what neighbours have become, though it ends where one did', () => {
    for (const bytes of [1_000_000, NARROW]) {
      const { cache } = given(bytes);
      cache.keep(segment(257, { [ada]: LONG }), cache.epoch);
      const merged = { ...range(257), firstSeq: 1 };
      expect(cache.find(chatId, merged)).toBeUndefined();
      expect(cache.isWithout(['absent'], chatId, merged)).toBe(false);
      expect(knows(cache, 257)).toContain(true);
    }
  });

  it('tells which words are not there, of exactly the row that it was given', () => {
    const { cache } = given(NARROW);
    cache.keep(segment(1, { [ada]: 'harbour 京都', [ben]: `lamp ${LONG}` }), cache.epoch);
    expect(cache.find(chatId, range(1))).toBeUndefined(); // it is too long
    cache.lookUps.misses = 0;
    const isWithout = (words: string[], at = range(1)): boolean =>
      cache.isWithout(words, chatId, at);
    for (const word of ['harbour', '京都', 'lamp']) expect(isWithout([word]), word).toBe(false);
    expect(isWithout(['harbour', 'lamp'])).toBe(false);
    expect(isWithout([])).toBe(false);
    expect(isWithout(['harbour', 'ship'])).toBe(true);
    expect(isWithout(['ship'], range(1, 8))).toBe(false);
    expect(isWithout(['ship'], range(257))).toBe(false);
    expect(cache.isWithout(['ship'], newId(), range(1))).toBe(false);
    expect(cache.lookUps).toEqual({ hits: 1, misses: 0 });
  });

  it('remembers the words of texts that had to go, in the memory that it may take', () => {
    const bytes = 200_000;
    const { cache } = given(bytes);
    const starts = Array.from({ length: 30 }, (_, n) => 1 + 256 * n);
    for (const start of starts) {
      cache.keep(segment(start, { [ada]: LONG }), cache.epoch);
      expect(cache.size).toBeLessThanOrEqual(bytes);
    }
    const known = starts.map((start) => knows(cache, start));
    expect(known.slice(0, 17)).toEqual(Array(17).fill([false, true]));
    expect(known.slice(17)).toEqual(Array(13).fill([true, false]));
  });

  it('remembers the words of one once, and of none that was dropped', () => {
    const { cache } = given(NARROW);
    for (const change of [7, 7, 8]) {
      cache.keep(segment(1, { [ada]: LONG }, change), cache.epoch);
      expect(cache.isWithout(['absent'], chatId, range(1, change))).toBe(true);
    }
    expect(cache.isWithout(['absent'], chatId, range(1))).toBe(false);
    cache.keep(segment(257, { [ada]: 'lamp' }), cache.epoch);
    cache.drop(chatId, 300);
    expect(knows(cache, 257)).toEqual([false, false]);
  });

  it('forgets both where a message changes, or keys or all memory go', async () => {
    const { cache, handlers, places } = given(NARROW); // for short texts, and the words of long ones
    const forgets = async (what: string, forget: () => unknown, left: boolean): Promise<void> => {
      for (const said of ['harbour', `harbour ${LONG}`]) {
        cache.keep(segment(1, { [ada]: said }), cache.epoch);
        cache.keep(segment(257, { [ben]: said }), cache.epoch);
        const kept = said === 'harbour' ? [true, false] : [false, true];
        expect([knows(cache, 1), knows(cache, 257)], what).toEqual([kept, kept]);
        await forget();
        expect(knows(cache, 1), what).toEqual([false, false]);
        expect(knows(cache, 257), what).toEqual(left ? kept : [false, false]);
        handlers['memory.stale']({});
      }
    };
    await forgets('an edit', () => cache.drop(chatId, 256), true);
    await forgets('an author', () => handlers['keys.destroyed']({ ownerIds: [ada] }), true);
    await forgets('a room', () => handlers['keys.destroyed']({ ownerIds: [chatId] }), false);
    await forgets('all', () => handlers['memory.stale']({}), false);
    const destroyed = { messageIds: [newId()] };
    await forgets('texts, nobody knows where', () => handlers['texts.destroyed'](destroyed), false);
    places.push([chatId, 3]);
    await forgets('a text', () => handlers['texts.destroyed'](destroyed), true);
  });

  it('forgets those that have become part of another one', () => {
    const { cache } = given();
    const { epoch } = cache;
    for (const firstSeq of [1, 257, 513]) cache.keep(segment(firstSeq, { [ada]: 'word' }), epoch);
    cache.forget(chatId, [range(1), range(257)]);
    expect([1, 257, 513].map((firstSeq) => knows(cache, firstSeq)[0])).toEqual([
      false,
      false,
      true,
    ]);
    cache.keep(segment(1, { [ada]: 'word' }), epoch); // it was opened before
    expect(knows(cache, 1)).toEqual([false, false]);
  });

  it('forgets the texts of half a minute in one look at what there is', async () => {
    const { cache, handlers, places } = given(32 * 2 ** 20);
    for (let n = 0; n < 8000; n++) cache.keep(segment(1 + 256 * n, { [ada]: 'word' }), cache.epoch);
    places.push(...Array.from({ length: 680 }, (_, n): [string, number] => [chatId, n + 1]));
    const begun = cpuMs();
    await handlers['texts.destroyed']({ messageIds: places.map(() => newId()) });
    expect(cpuMs() - begun).toBeLessThan(100);
    expect([knows(cache, 1), knows(cache, 513)]).toEqual([
      [false, false],
      [false, false],
    ]);
    expect(knows(cache, 769)).toContain(true);
  });

  it('keeps nothing that was opened while something was forgotten, or has no memory for it', () => {
    const { cache } = given();
    const { epoch } = cache;
    cache.drop(newId(), 1);
    cache.keep(segment(1, { [ada]: 'harbour' }), epoch);
    expect(knows(cache, 1)).toEqual([false, false]);
    const { cache: none } = given(0);
    none.keep(segment(1, { [ada]: 'harbour' }), none.epoch);
    expect(knows(none, 1)).toEqual([false, false]);
    expect(none.size).toBe(0);
  });
});
