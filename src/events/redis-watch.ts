import { Injectable } from '@nestjs/common';
import { LocalJob } from '../jobs/job.js';
import { RedisClient } from '../redis/redis-client.js';

/** Looks every second for connections to Redis that are half open. */
@Injectable()
export class RedisWatch extends LocalJob {
  readonly name = 'redis-watch';

  constructor(private readonly redis: RedisClient) {
    super();
  }

  get everySeconds(): number | undefined {
    return this.redis.commands ? 1 : undefined;
  }

  run(): Promise<void> {
    this.redis.renewSilent();
    return Promise.resolve();
  }
}
