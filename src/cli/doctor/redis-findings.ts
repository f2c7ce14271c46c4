import { setTimeout } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Settings } from '../../config/settings.js';
import { RedisChannels } from '../../events/redis-channels.js';
import { RedisRights } from '../../health/redis-rights.js';
import { RateCounter } from '../../rate-limit/rate-counter.js';
import { RedisClient } from '../../redis/redis-client.js';
import { type Finding, findingsOf } from './finding.js';

const { danger } = findingsOf('redis');
const PATIENCE_MS = 3000;

/** Whether Redis is there, and its user may do what is needed; the same check as at the start. */
export async function redisFindings(settings: Settings): Promise<Finding[]> {
  if (!settings.redisUrl) return [];
  Logger.overrideLogger(false); // what goes wrong is told below
  const redis = await RedisClient.with(settings);
  const rights = new RedisRights(redis, new RedisChannels(redis), new RateCounter(redis));
  try {
    const tried = rights.onApplicationBootstrap();
    await Promise.race([tried, setTimeout(PATIENCE_MS, undefined, { ref: false })]);
    if (redis.isReady) return [];
    const what =
      'The Redis at REDIS_URL does not answer: servers do not hear of each other at once.';
    return [danger(what, 'Look whether it runs, and at REDIS_URL; servers go on by themselves.')];
  } catch (error) {
    return [
      danger(
        (error as Error).message,
        'Events do not reach the clients of other servers until then.',
      ),
    ];
  } finally {
    redis.onApplicationShutdown();
  }
}
