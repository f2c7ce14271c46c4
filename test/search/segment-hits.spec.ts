import { expect, it } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { SegmentCache } from '../../src/search/segment-cache.js';
import { SegmentHits } from '../../src/search/segment-hits.js';
import { SegmentPart, writePart } from '../../src/search/segment-part.js';
import { cpuMs } from '../support/turns.js';

it('finds what is long, as quickly in texts that nearly hold it', () => {
  const cache = new SegmentCache(
    { searchCacheBytes: 2 ** 22 } as never,
    {} as never,
    {
      on: () => undefined,
    } as never,
  );
  const hits = new SegmentHits({} as never, cache);
  const [chatId, authorId] = [newId(), newId()];
  const long = `${'漢'.repeat(199)}漣`;
  const said = Array.from({ length: 40 }, (_, n) => ({ seq: n + 1, words: '漢'.repeat(16_384) }));
  said.push({ seq: 41, words: `${long}漢` });
  const part = new SegmentPart(writePart(1, said), 1);
  const place = { chatId, firstSeq: 1, lastSeq: 256, keyAt: newId() };
  cache.keep({ place, change: 1, parts: [{ authorId, part }] }, cache.epoch);
  const range = { firstSeq: 1, lastSeq: 256, change: 1 };
  const sought = { words: [], senderId: null, from: 0, to: Infinity };
  for (const [needle, expected] of [
    [long, [41]],
    [`漣${'漢'.repeat(199)}`, []],
    [`${'漢'.repeat(50)}漣漢`, [41]],
  ] as const) {
    const begun = cpuMs();
    expect(hits.known(chatId, range, { ...sought, needles: [needle] })).toEqual(expected);
    expect(cpuMs() - begun).toBeLessThan(40);
  }
});
