import { Injectable, Logger } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { LRUCache } from 'lru-cache';
import { upTo } from '../common/cache-bound.js';
import { type Redis, RedisClient } from '../redis/redis-client.js';

/** Bounds the memory of a process that counts for itself; the window longest unused goes first. */
const COUNTED_KEYS = 100_000;

/** Adds to a counter that lives for so many milliseconds; answers its value and what it has left. */
const SCRIPT = `
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  left = tonumber(ARGV[2])
end
return {count, left}`;

export interface Count {
  hits: number;
  /** Until the window ends and counting begins anew. */
  secondsLeft: number;
}

interface Window {
  hits: number;
  /** Milliseconds since 1970. */
  endsAt: number;
}

type Record = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * Counts hits in fixed windows: in Redis, where all processes share it, else in this process. While
 * Redis is away each process counts for itself.
 */
@Injectable()
export class RateCounter implements ThrottlerStorage {
  private readonly logger = new Logger(RateCounter.name);
  private readonly windows = new LRUCache<string, Window>(upTo(COUNTED_KEYS));

  constructor(private readonly redis: RedisClient) {}

  /** Counts one hit, or takes one back. */
  async add(key: string, windowSeconds: number, by: 1 | -1 = 1): Promise<Count> {
    const { commands } = this.redis;
    if (!commands?.isReady) return this.addHere(key, windowSeconds, by);
    try {
      return await this.addThere(commands, key, windowSeconds, by);
    } catch (err) {
      if (!this.redis.isClosed) this.logger.warn({ event: 'rate_counter.redis_failed', err });
      return this.addHere(key, windowSeconds, by);
    }
  }

  /** For the throttler; times are in milliseconds on the way in and seconds on the way out. */
  async increment(key: string, ttlMs: number, limit: number): Promise<Record> {
    const { hits, secondsLeft } = await this.add(key, ttlMs / 1000);
    return {
      totalHits: hits,
      timeToExpire: secondsLeft,
      isBlocked: hits > limit,
      timeToBlockExpire: secondsLeft,
    };
  }

  /** Counts nothing, as all else is counted. @throws what Redis says against it */
  async requireRights(): Promise<void> {
    const { commands } = this.redis;
    if (commands) await this.addThere(commands, 'rights', 1, 0);
  }

  private async addThere(
    commands: Redis,
    key: string,
    windowSeconds: number,
    by: 1 | 0 | -1,
  ): Promise<Count> {
    const counted = commands.eval(SCRIPT, {
      keys: [`conclave:rate:${key}`],
      arguments: [String(by), String(windowSeconds * 1000)],
    });
    const [hits, left] = (await this.redis.answer(counted)) as [number, number];
    return { hits, secondsLeft: Math.ceil(left / 1000) };
  }

  private addHere(key: string, windowSeconds: number, by: 1 | -1): Count {
    const now = Date.now();
    let window = this.windows.get(key);
    if (!window || window.endsAt <= now) {
      window = { hits: 0, endsAt: now + windowSeconds * 1000 };
      this.windows.set(key, window);
    }
    window.hits += by;
    return { hits: window.hits, secondsLeft: Math.ceil((window.endsAt - now) / 1000) };
  }
}
