import { afterAll, beforeAll, expect, it } from 'vitest';
import { highlightsOf } from '../../src/search/highlights.js';
import { SegmentCache } from '../../src/search/segment-cache.js';
import { needlesOf } from '../../src/search/search-needles.js';
import { randomFrom, seed } from '../support/random.js';
import { History, type Step, stepOf, STEPS } from '../support/search-history.js';
import { SEGMENT_STEPS } from '../support/segment-history.js';
import { Segments } from '../support/segments.js';
import { type Query, searchPage, searchPath } from '../support/searches.js';
import { TestApp, type TestUser } from '../support/test-app.js';

/** 5,000 take twenty minutes of a core for each kind of database. */
const HISTORIES = Number(process.env.SEARCH_HISTORIES ?? 50);
const STEPS_OF_EACH = 12;
const QUESTIONS = 2;
const LONGEST_MS = 3_600_000;
/** So little that texts make way for filters of their words, again and again. */
const CACHE_BYTES = 4200;

const steps: Step[] = [...STEPS, ...SEGMENT_STEPS];

let app: TestApp;
/** How often a filter has told that a word is not there. */
let denials = 0;
beforeAll(async () => {
  app = await TestApp.start({ SEARCH_CACHE_BYTES: String(CACHE_BYTES) });
  new Segments(app, { messages: 3, merged: 2 });
  const cache = app.nest.get(SegmentCache);
  const isWithout = cache.isWithout.bind(cache);
  cache.isWithout = (...asked) => {
    const isDenied = isWithout(...asked);
    if (isDenied) denials++;
    return isDenied;
  };
});
afterAll(() => app.stop());

/** The ids of what is found, page by page; of each the place of what was looked for. */
async function found({ client }: TestUser, query: Query): Promise<string[]> {
  const needles = needlesOf(String(query.q), query.prefix === 'true');
  const ids: string[] = [];
  for (let before: string | undefined; ;) {
    const page = await searchPage(client, { ...query, ...(before !== undefined && { before }) });
    for (const { id, message } of page.data) {
      expect(page.highlights![id]).toEqual(highlightsOf(message!, needles));
      expect(page.highlights![id].length).toBeGreaterThan(0);
      ids.push(id);
    }
    before = page.next;
    if (before === undefined) return ids;
  }
}

it(
  `finds what plain texts would find, at every step of ${HISTORIES} histories`,
  async () => {
    let hits = 0;
    for (let n = 0; n < HISTORIES; n++) {
      const history = await History.begin(app, randomFrom(seed + n));
      const played: string[] = [];
      for (let step = 0; step < STEPS_OF_EACH; step++) {
        const next = stepOf(history, steps);
        played.push(next.name);
        await next.play(history);
        for (let asked = 0; asked < QUESTIONS; asked++) {
          const question = history.question();
          const expected = history.answer(question);
          const said = `SEED=${seed + n} after ${played.join(', ')}: ${searchPath(question.query)}`;
          expect(await found(question.user, question.query), said).toEqual(expected);
          hits += expected.length;
        }
      }
    }
    expect(hits).toBeGreaterThan(HISTORIES); // else it looked for nothing
    expect(app.nest.get(SegmentCache).lookUps.misses).toBeGreaterThan(HISTORIES); // or in no segment
    expect(denials).toBeGreaterThan(HISTORIES / 10);
  },
  LONGEST_MS,
);
