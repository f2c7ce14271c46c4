import type { Message, SearchPage } from '@conclave/client';
import { expect, it } from 'vitest';
import { hitsOf, NONE } from '../../apps/web/src/search/hits.js';

const pageOf = (isLast: boolean, ...ids: string[]): SearchPage => ({
  messages: ids.map((id) => ({ id }) as Message),
  highlights: Object.fromEntries(ids.map((id) => [id, [[0, 1]]])),
  isLast,
});

/** Searches in turn, each of which has these pages until it fails. */
function searches(...each: (SearchPage | Error)[][]): () => AsyncGenerator<SearchPage, void> {
  return async function* () {
    for (const page of each.shift()!) {
      await Promise.resolve();
      if (page instanceof Error) throw page;
      yield page;
    }
  };
}

const idsOf = ({ hits }: { hits: typeof NONE }): string[] => hits.messages.map(({ id }) => id);

it('adds page to page, and passes over those without a hit', async () => {
  const next = hitsOf(searches([pageOf(false, 'e', 'd'), pageOf(false), pageOf(true, 'c')]));
  const first = await next(NONE);
  expect([idsOf(first), first.isDone]).toEqual([['e', 'd'], false]);
  const second = await next(first.hits);
  expect([idsOf(second), second.isDone]).toEqual([['e', 'd', 'c'], true]);
  expect(Object.keys(second.hits.highlights)).toEqual(['e', 'd', 'c']);
});

it('goes on after a page that failed, with what it had and nothing twice', async () => {
  const next = hitsOf(
    searches(
      [pageOf(false, 'e', 'd'), new Error('away')],
      [new Error('still away')],
      [pageOf(false, 'f', 'e'), pageOf(false, 'd', 'c'), pageOf(true)],
    ),
  );
  const { hits } = await next(NONE);
  await expect(next(hits)).rejects.toThrow('away');
  await expect(next(hits)).rejects.toThrow('still away');
  const third = await next(hits);
  expect([idsOf(third), third.isDone]).toEqual([['e', 'd', 'f'], false]);
  const fourth = await next(third.hits);
  expect([idsOf(fourth), fourth.isDone]).toEqual([['e', 'd', 'f', 'c'], false]);
  expect((await next(fourth.hits)).isDone).toBe(true);
});
