import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Settings } from '../../src/config/settings.js';
import { RateCounter } from '../../src/rate-limit/rate-counter.js';
import { RedisClient } from '../../src/redis/redis-client.js';
import { hasRedisServer, RedisProcess } from '../support/redis-process.js';

const lacking = hasRedisServer ? '' : ' (needs redis-server)';

describe('a counter of its own', () => {
  let counter: RateCounter;
  beforeEach(() => {
    vi.useFakeTimers({ now: 0, toFake: ['Date'] });
    counter = new RateCounter(new RedisClient());
  });
  afterEach(() => vi.useRealTimers());

  it('counts by key, up and down, and says what is left of the window', async () => {
    expect(await counter.add('a', 60)).toEqual({ hits: 1, secondsLeft: 60 });
    vi.setSystemTime(20_500);
    expect(await counter.add('a', 60)).toEqual({ hits: 2, secondsLeft: 40 });
    expect(await counter.add('a', 60, -1)).toEqual({ hits: 1, secondsLeft: 40 });
    expect(await counter.add('b', 5)).toEqual({ hits: 1, secondsLeft: 5 });
  });

  it('begins anew the moment that a window ends', async () => {
    await counter.add('a', 60);
    vi.setSystemTime(59_999);
    expect(await counter.add('a', 60)).toEqual({ hits: 2, secondsLeft: 1 });
    vi.setSystemTime(60_000);
    expect(await counter.add('a', 60)).toEqual({ hits: 1, secondsLeft: 60 });
  });

  it('tells the throttler in its units, and blocks beyond the limit', async () => {
    const left = { timeToExpire: 60, timeToBlockExpire: 60 };
    const hits = [1, 2, 3].map(() => counter.increment('a', 60_000, 2));
    expect(await Promise.all(hits)).toEqual([
      { totalHits: 1, isBlocked: false, ...left },
      { totalHits: 2, isBlocked: false, ...left },
      { totalHits: 3, isBlocked: true, ...left },
    ]);
  });

  it('needs no rights', () => expect(counter.requireRights()).resolves.toBeUndefined());
});

describe.skipIf(lacking)(`a counter in Redis${lacking}`, () => {
  let redis: RedisProcess;
  let clients: RedisClient[];
  let counters: RateCounter[];
  beforeEach(async () => {
    Logger.overrideLogger(false);
    redis = await RedisProcess.start();
    const settings = new Settings({ NODE_ENV: 'test', REDIS_URL: redis.url });
    clients = await Promise.all([RedisClient.with(settings), RedisClient.with(settings)]);
    counters = clients.map((client) => new RateCounter(client));
    await Promise.all(clients.map((client) => client.tried()));
  });
  afterEach(async () => {
    for (const client of clients) client.onApplicationShutdown();
    await redis.stop();
    vi.restoreAllMocks();
    Logger.overrideLogger(true);
  });

  it('is shared, and lives as long as its window', async () => {
    const [here, there] = counters;
    expect(await here.add('a', 60)).toEqual({ hits: 1, secondsLeft: 60 });
    expect(await there.add('a', 60)).toEqual({ hits: 2, secondsLeft: 60 });
    expect(await here.add('b', 60)).toMatchObject({ hits: 1 });
    expect(await clients[0].commands!.keys('*')).toEqual(
      expect.arrayContaining(['conclave:rate:a', 'conclave:rate:b']),
    );
  });

  it('asks for its rights without counting', async () => {
    await counters[0].requireRights();
    expect(await clients[0].commands!.get('conclave:rate:rights')).toBe('0');
  });

  it('counts for itself while Redis does not answer, and says so', async () => {
    const told = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    await counters[0].add('a', 60);
    redis.freeze();
    expect(await counters[0].add('a', 60)).toMatchObject({ hits: 1 });
    const failed = { event: 'rate_counter.redis_failed', err: expect.any(Error) };
    expect(told.mock.calls).toEqual([[failed]]);
    clients[0].onApplicationShutdown();
    told.mockClear();
    expect(await counters[0].add('a', 60)).toMatchObject({ hits: 2 });
    expect(told).not.toHaveBeenCalled();
    redis.thaw();
  });
});
