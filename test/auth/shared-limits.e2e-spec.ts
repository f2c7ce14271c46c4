import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisClient } from '../../src/redis/redis-client.js';
import { hasRedisServer, RedisProcess } from '../support/redis-process.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';

const lacking = !isPostgres ? 'needs PostgreSQL' : !hasRedisServer ? 'needs redis-server' : '';

describe.skipIf(lacking)(`limits of two processes${lacking && ` (${lacking})`}`, () => {
  let redis: RedisProcess;
  let apps: TestApp[];
  beforeAll(async () => {
    redis = await RedisProcess.start();
    const environment = { REDIS_URL: redis.url, RATE_LIMIT: 'on' };
    const first = await TestApp.start(environment);
    apps = [first, await TestApp.start(environment, first.database)];
    while (!apps.every(({ nest }) => nest.get(RedisClient).isReady)) await sleep(20);
  });
  afterAll(async () => {
    await redis.stop();
    await apps[1].close();
    await apps[0].stop();
  });

  const guess = async (app: TestApp, email: string): Promise<number> => {
    const body = { email, password: 'wrong password' };
    return (await app.anonymous.post('/userauth/userLogin', body)).status;
  };

  it('are counted together', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 12; n++) statuses.push(await guess(apps[n % 2], 'one@example.org'));
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
  });

  it('are counted by each while Redis is away, and nobody waits or fails', async () => {
    await redis.stop();
    for (let n = 0; n < 10; n++) expect(await guess(apps[0], 'two@example.org')).toBe(401);
    expect(await guess(apps[0], 'two@example.org')).toBe(429);
    expect(await guess(apps[1], 'two@example.org')).toBe(401);
  });
});
