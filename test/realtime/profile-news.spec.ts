import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Memberships } from '../../src/chat/memberships.js';
import { newId } from '../../src/crypto/ids.js';
import type { EventBus } from '../../src/events/event-bus.js';
import { JobLoop } from '../../src/jobs/job-loop.js';
import type { Connection } from '../../src/realtime/connection.js';
import type { Connections } from '../../src/realtime/connections.js';
import { ProfileNews } from '../../src/realtime/profile-news.js';
import type { Subscriptions } from '../../src/realtime/subscriptions.js';
import type { Person } from '../../src/user/user.entity.js';
import type { UserService } from '../../src/user/user.service.js';

const ADA = newId();

let person: Person;
/** What the one connection heard, and when, in seconds. */
let heard: string[];
let begun: number;
/** What the next reads of rooms do before they answer. */
let reads: (() => void)[];
let change: (fname: string) => void;
let news: ProfileNews;

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  person = { id: ADA, fname: null, lname: null, profile: null, erasedAt: null };
  [heard, reads, begun] = [[], [], performance.now()];
  const connection = {
    deliver: (_event: unknown, data: string) => {
      const seconds = (performance.now() - begun) / 1000;
      heard.push(`${seconds} ${JSON.parse(data).user.fname}`);
    },
  } as Connection;
  const memberships = {
    // eslint-disable-next-line @typescript-eslint/require-await
    async *smallRooms() {
      reads.shift()?.();
      yield ['room', 'other room'];
    },
  };
  const bus = {
    on: (_type: string, handler: (event: object) => void) => {
      change = (fname) => {
        person = { ...person, fname };
        handler({ userId: ADA });
      };
    },
  };
  news = new ProfileNews(
    { of: () => [], size: 1 } as unknown as Connections,
    { subscribers: () => new Set([connection]) } as unknown as Subscriptions,
    memberships as unknown as Memberships,
    { byId: () => Promise.resolve(new Map([[ADA, person]])) } as unknown as UserService,
    bus as unknown as EventBus,
  );
  news.loop = new JobLoop(news.name, undefined, () => news.run());
});
afterEach(async () => {
  await news.loop!.stop();
  vi.useRealTimers();
});

async function pass(seconds: number): Promise<void> {
  for (let n = 0; n < seconds * 10; n++) {
    await vi.advanceTimersByTimeAsync(100);
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('news of a profile', () => {
  it('are told at once, and to each connection once', async () => {
    change('one');
    await pass(0.1);
    expect(heard).toEqual(['0 one']);
    await pass(30);
    expect(heard).toHaveLength(1);
  });

  it('are told once in ten seconds, as they stand by then', async () => {
    change('one');
    await pass(1);
    for (const name of ['two', 'three']) change(name);
    await pass(8);
    expect(heard).toHaveLength(1);
    change('four');
    await pass(3);
    change('five');
    await pass(11);
    expect(heard.map((each) => each.split(' ')[1])).toEqual(['one', 'four', 'five']);
    const times = heard.map((each) => Number(each.split(' ')[0]));
    for (const n of [1, 2]) {
      expect(times[n] - times[n - 1]).toBeGreaterThanOrEqual(10);
      expect(times[n] - times[n - 1]).toBeLessThan(11.5);
    }
  });

  it('that come while they are told are told again', async () => {
    reads = [() => change('two')];
    change('one');
    await pass(0.1);
    expect(heard).toEqual(['0 two']);
    await pass(11);
    expect(heard).toHaveLength(2);
  });

  it('are told later where the database is away', async () => {
    const fail = (): never => {
      throw new Error('no database');
    };
    reads = [fail, fail];
    change('one');
    await pass(5);
    change('two');
    await pass(30);
    expect(heard.map((each) => each.split(' ')[1])).toEqual(['two']);
  });

  it('are kept quiet of an account that has ended', async () => {
    reads = [() => (person = { ...person, erasedAt: new Date() })];
    change('one');
    await pass(12);
    expect(heard).toEqual([]);
  });
});
