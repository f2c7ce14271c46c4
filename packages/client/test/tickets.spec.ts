import createFetchClient from 'openapi-fetch';
import { beforeEach, describe, expect, it } from 'vitest';
import type { paths } from '../src/schema.js';
import { Tickets } from '../src/tickets.js';
import { ManualTimers, settled } from './support/manual-timers.js';

let timers: ManualTimers;
let tickets: Tickets;
/** The ids of each request. */
let asked: string[][];
let isAway: boolean;
const tokens = { session: 'first' };

beforeEach(() => {
  timers = new ManualTimers();
  asked = [];
  isAway = false;
  const api = createFetchClient<paths>({
    baseUrl: 'http://x.org',
    fetch: async (request) => {
      const { ids } = (await request.json()) as { ids: string[] };
      asked.push(ids);
      if (isAway) throw new Error('away');
      const url = (id: string): string => `/attachment/${id}/content?ticket=${asked.length}`;
      const data = ids
        .filter((id) => id !== 'gone')
        .map((id) => ({ id, url: url(id), thumbnail_url: null, expires_at: '' }));
      return new Response(JSON.stringify({ data }), {
        headers: { 'content-type': 'application/json' },
      });
    },
  });
  tickets = new Tickets(api, timers, tokens);
});

const urls = async (...ids: string[]): Promise<(string | undefined)[]> => {
  const found = Promise.all(ids.map((id) => tickets.of(id)));
  await timers.pass(1);
  return (await found).map((ticket) => ticket?.url);
};

describe('tickets', () => {
  it('that are wanted together are one request', async () => {
    expect(await urls('a', 'b', 'a')).toEqual([
      '/attachment/a/content?ticket=1',
      '/attachment/b/content?ticket=1',
      '/attachment/a/content?ticket=1',
    ]);
    expect(asked).toEqual([['a', 'b']]);
  });

  it('are asked for by 200', async () => {
    const ids = Array.from({ length: 201 }, (_, n) => `${n}`);
    await urls(...ids);
    expect(asked.map(({ length }) => length)).toEqual([200, 1]);
  });

  it('stay the same until shortly before they expire', async () => {
    const [first] = await urls('a');
    await timers.pass(54 * 60_000);
    expect(await urls('a')).toEqual([first]);
    await timers.pass(60_000);
    expect(await urls('a')).toEqual(['/attachment/a/content?ticket=2']);
    expect(asked).toEqual([['a'], ['a']]);
  });

  it('are asked for anew in another session', async () => {
    await urls('a');
    tokens.session = 'second';
    expect(await urls('a')).toEqual(['/attachment/a/content?ticket=2']);
    expect(await urls('a')).toEqual(['/attachment/a/content?ticket=2']);
  });

  it('of what is not there are asked for again', async () => {
    expect(await urls('gone', 'a')).toEqual([undefined, '/attachment/a/content?ticket=1']);
    expect(await urls('gone', 'a')).toEqual([undefined, '/attachment/a/content?ticket=1']);
    expect(asked).toEqual([['gone', 'a'], ['gone']]);
  });

  it('that cannot be had are asked for again the next time', async () => {
    isAway = true;
    const failed = tickets.of('a');
    const caught = expect(failed).rejects.toThrow('away');
    await timers.pass(1);
    await caught;
    isAway = false;
    await settled();
    expect(await urls('a')).toEqual(['/attachment/a/content?ticket=2']);
  });
});
