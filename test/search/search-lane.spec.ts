import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { DeadTokenError } from '../../src/auth/auth.errors.js';
import type { EventBus } from '../../src/events/event-bus.js';
import type { SessionsEnded } from '../../src/events/events.js';
import { SearchLane, type Turns } from '../../src/search/search-lane.js';
import { SearcherGoneError, SearchUnderWayError } from '../../src/search/search.errors.js';
import { Gate } from '../support/gate.js';

let lane: SearchLane;
let end: (event: SessionsEnded) => void;
beforeEach(() => {
  const bus = { on: (_type: string, handler: typeof end) => (end = handler) };
  lane = new SearchLane(bus as unknown as EventBus);
});

const nobodyLeaves = new AbortController().signal;
const search = <T>(
  id: string,
  work: (turns: Turns) => Promise<T>,
  gone = nobodyLeaves,
): Promise<T> => lane.run({ id, sessionId: `session of ${id}` }, gone, work);

describe('the lane of searches', () => {
  it('does one unit at a time, users in turn, and others in between', async () => {
    const done: string[] = [];
    let underWay = 0;
    const work = (id: string, units: number): Promise<void> =>
      search(id, async (turns) => {
        for (let n = 0; n < units; n++) {
          await turns.take(async () => {
            expect(++underWay).toBe(1);
            await setImmediate();
            underWay--;
            done.push(id);
          });
        }
      });
    let turnsOfOthers = 0;
    const others = setInterval(() => turnsOfOthers++, 0);
    await Promise.all([work('a', 4), work('b', 3), work('c', 2)]);
    clearInterval(others);
    expect(done.join('')).toBe('abcabcaba');
    expect(turnsOfOthers).toBeGreaterThan(0);
    expect([lane.counts, lane.waiting]).toEqual([{ searches: 3, units: 9, refused: 0 }, 0]);
  });

  it('gives each unit a turn of the event loop of its own', async () => {
    let turn = 0;
    let isOver = false;
    const count = (): void => {
      turn++;
      if (!isOver) globalThis.setImmediate(count);
    };
    globalThis.setImmediate(count);
    const turns = new Set<number>();
    await search('a', async (mine) => {
      for (let n = 0; n < 20; n++) await mine.take(() => Promise.resolve(turns.add(turn)));
    });
    isOver = true;
    expect(turns.size).toBe(20);
  });

  it('goes on after a unit that fails', async () => {
    const failing = search('a', (turns) => turns.take(() => Promise.reject(new Error('no'))));
    await expect(failing).rejects.toThrow('no');
    expect(await search('a', (turns) => turns.take(() => Promise.resolve(1)))).toBe(1);
    expect(lane.waiting).toBe(0);
  });

  it('counts what a search takes, and says when it has had its time', async () => {
    const busy = async (ms: number): Promise<void> => {
      const until = performance.now() + ms;
      while (performance.now() < until);
      await Promise.resolve();
    };
    const spent: boolean[] = [];
    await search('a', async (turns) => {
      for (const ms of [10, 500, 0]) {
        await turns.take(() => busy(ms));
        spent.push(turns.isSpent);
      }
    });
    expect(spent.slice(1)).toEqual([true, true]);
    expect(lane.seconds).toBeGreaterThan(0.5);
    await search('a', async (turns) => {
      await sleep(2001); // what waits for others has its end too
      expect(turns.isSpent).toBe(true);
    });
  });

  it('lets a user have one search; another waits a second for it', async () => {
    const gate = new Gate();
    const order: string[] = [];
    const first = search('a', () => gate.pass().then(() => order.push('first')));
    await gate.reached;
    await search('b', async () => order.push('another user')); // eslint-disable-line @typescript-eslint/require-await
    await expect(search('a', () => Promise.resolve())).rejects.toThrow(SearchUnderWayError);
    expect(lane.counts).toMatchObject({ searches: 2, refused: 1 });
    const second = search('a', async () => order.push('second')); // eslint-disable-line @typescript-eslint/require-await
    const third = search('a', async () => order.push('third')); // eslint-disable-line @typescript-eslint/require-await
    expect(lane.waiting).toBe(2);
    gate.open();
    await Promise.all([first, second, third]);
    expect(order).toEqual(['another user', 'first', 'second', 'third']);
    expect(lane.waiting).toBe(0);
  });

  it('ends a search at its next turn whose client has gone, or which waits', async () => {
    const gone = new AbortController();
    const gate = new Gate();
    let units = 0;
    const endless = search(
      'a',
      async (turns) => {
        for (;;) await turns.take(() => (units++ === 2 ? gate.pass() : Promise.resolve()));
      },
      gone.signal,
    );
    const waiting = search('a', () => Promise.resolve(), gone.signal);
    const next = search('a', () => Promise.resolve('next'));
    const ends = [expect(endless).rejects, expect(waiting).rejects];
    await gate.reached;
    gone.abort();
    gate.open();
    await Promise.all(ends.map((each) => each.toThrow(SearcherGoneError)));
    expect(units).toBe(3);
    expect(await next).toBe('next');
    await expect(search('a', () => Promise.resolve(), gone.signal)).rejects.toThrow(
      SearcherGoneError,
    );
    expect(lane.waiting).toBe(0);
  });

  it('ends the searches of a session with it, also one that has all it needs', async () => {
    const gate = new Gate();
    const ended = search('a', () => gate.pass());
    const waiting = search('a', () => Promise.resolve());
    const ends = [expect(ended).rejects, expect(waiting).rejects];
    const other = search('b', () => Promise.resolve('other'));
    end({ type: 'sessions.ended', sessionIds: ['nobody', 'session of a'] });
    gate.open();
    await Promise.all(ends.map((each) => each.toThrow(DeadTokenError)));
    expect(await other).toBe('other');
    expect(await search('a', () => Promise.resolve('again'))).toBe('again');
  });
});
