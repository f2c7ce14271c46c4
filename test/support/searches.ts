import { expect, vi } from 'vitest';
import { Matching } from '../../src/search/matching.js';
import { SearchLane } from '../../src/search/search-lane.js';
import type { MessageDto } from '../../src/message/message.dto.js';
import type { Client } from './client.js';
import { Gate } from './gate.js';
import type { TestApp } from './test-app.js';

/** What `GET /message/search` answers. */
export interface SearchPage {
  data: MessageDto[];
  has_more: boolean;
  next?: string;
  searched_to?: number;
  highlights?: Record<string, [number, number][]>;
}

export type Query = Record<string, string | number>;

export function searchPath(query: Query): string {
  const pairs = Object.entries(query).map(([name, value]): [string, string] => [name, `${value}`]);
  return `/message/search?${new URLSearchParams(pairs).toString()}`;
}

/** One page, which has to be a sound one. */
export async function searchPage(client: Client, query: Query): Promise<SearchPage> {
  const { status, body } = await client.get(searchPath(query));
  expect(status, JSON.stringify(body)).toBe(200);
  const page = body as SearchPage;
  expect(page.data.length).toBeLessThanOrEqual(Number(query.limit ?? 50));
  expect(page.has_more).toBe(page.next !== undefined);
  expect(page.searched_to).toBe(
    page.has_more && query.chat_id !== undefined ? Number(page.next) : undefined,
  );
  expect(page.highlights === undefined).toBe(query.highlight === undefined);
  return page;
}

/** All messages that are found, page by page. */
export async function searchAll(client: Client, query: Query): Promise<MessageDto[]> {
  const found: MessageDto[] = [];
  for (let before: string | undefined; ;) {
    const page = await searchPage(client, { ...query, ...(before !== undefined && { before }) });
    found.push(...page.data);
    if (!page.has_more) return found;
    expect(page.next).not.toBe(before);
    before = page.next;
  }
}

/** Their texts. */
export async function searchTexts(client: Client, query: Query): Promise<(string | null)[]> {
  return (await searchAll(client, query)).map(({ message }) => message);
}

/** Holds the next search once it has found what its first unit finds, before anything is shown. */
export function heldSearch(app: TestApp): Gate {
  const gate = new Gate();
  const matching = app.nest.get(Matching);
  const fitting = matching.fitting.bind(matching);
  vi.spyOn(matching, 'fitting').mockImplementationOnce(async (...given) => {
    const found = await fitting(...given);
    await gate.pass();
    return found;
  });
  return gate;
}

/** Lets searches have no more than one unit each, until the mocks are restored. */
export function givenNoTime(app: TestApp): void {
  const lane = app.nest.get(SearchLane);
  const run = lane.run.bind(lane);
  vi.spyOn(lane, 'run').mockImplementation((user, gone, search) =>
    run(user, gone, (turns) => search({ isSpent: true, take: (unit) => turns.take(unit) })),
  );
}
