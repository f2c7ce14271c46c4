import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { RedisChannels } from '../events/redis-channels.js';
import { RateCounter } from '../rate-limit/rate-counter.js';
import { isRefusal, RedisClient } from '../redis/redis-client.js';

class RedisRefusesError extends Error {
  constructor(refusals: Error[]) {
    const said = refusals.map(({ message }) => message.replace(/\.$/, '')).join('; ');
    super(
      `The Redis at REDIS_URL refuses us: ${said}. Look at the user and the password in it; the user needs ` +
        'the channels and the keys conclave:*; docs/operations.md has the line for it.',
    );
  }
}

/**
 * Whether the user of Redis may do what we do there. It would not show otherwise: what is refused is
 * made good as in an outage, and everything but the news of other processes goes on.
 */
@Injectable()
export class RedisRights implements OnApplicationBootstrap {
  private readonly logger = new Logger(RedisRights.name);

  constructor(
    private readonly redis: RedisClient,
    private readonly channels: RedisChannels,
    private readonly counter: RateCounter,
  ) {}

  /** A Redis that is away is no reason not to start; one that refuses us is. @throws RedisRefusesError */
  async onApplicationBootstrap(): Promise<void> {
    const refusals = await this.refusalsOf(() => this.redis.tried());
    if (refusals.length === 0 && this.redis.isReady) refusals.push(...(await this.refusals()));
    if (refusals.length > 0) throw new RedisRefusesError(refusals);
  }

  /** Asked by readiness, while Redis is there. */
  async areThere(): Promise<boolean> {
    const refusals = await this.refusals();
    if (refusals.length === 0) return true;
    this.logger.error({ event: 'redis.refuses', err: new RedisRefusesError(refusals) });
    return false;
  }

  private async refusals(): Promise<Error[]> {
    const both = [
      this.refusalsOf(() => this.redis.answer(this.channels.requireRights())),
      this.refusalsOf(() => this.counter.requireRights()),
    ];
    return (await Promise.all(both)).flat();
  }

  /** Whatever else goes wrong is an outage, which is told and made good elsewhere. */
  private async refusalsOf(use: () => Promise<void>): Promise<Error[]> {
    try {
      await use();
      return [];
    } catch (error) {
      return isRefusal(error) ? [error] : [];
    }
  }
}
