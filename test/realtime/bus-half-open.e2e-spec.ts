import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisClient } from '../../src/redis/redis-client.js';
import { BlackHole } from '../support/black-hole.js';
import { RedisProcess } from '../support/redis-process.js';
import { Listener } from '../support/socket.js';
import { TestApp } from '../support/test-app.js';
import { lacking } from '../support/two-apps.js';
import { until } from '../support/until.js';

const BACK_MS = 8000;

describe.skipIf(lacking)(`half-open connections to Redis${lacking && ` (${lacking})`}`, () => {
  let redis: RedisProcess;
  let hole: BlackHole;
  let here: TestApp;
  let there: TestApp;
  beforeAll(async () => {
    redis = await RedisProcess.start();
    hole = await BlackHole.before(Number(new URL(redis.url).port));
    const REDIS_URL = `redis://127.0.0.1:${hole.port}`;
    here = await TestApp.start({ REDIS_URL, RATE_LIMIT: 'on' });
    there = await TestApp.start({ REDIS_URL: redis.url }, here.database);
    await until(() => [here, there].every(({ nest }) => nest.get(RedisClient).isReady));
  });
  afterAll(async () => {
    hole.close();
    await there.close();
    await here.stop();
    await redis.stop();
  });

  it('are made anew under traffic, requests are answered, and listeners told', async () => {
    const { user, chatId } = await here.givenMember();
    const listener = await Listener.connect(there.url, user.accessToken);
    hole.swallow();
    const begun = Date.now();
    let slowest = 0;
    const heardAgain = (): boolean => listener.of(chatId, 'message.created').length > 0;
    for (let n = 1; !heardAgain() && Date.now() - begun < BACK_MS; n++) {
      const sent = Date.now();
      const message = { chatid: chatId, message: `message ${n}` };
      expect((await user.client.post('/message/', message)).status).toBe(201);
      slowest = Math.max(slowest, Date.now() - sent);
      await sleep(50);
    }

    expect(heardAgain()).toBe(true);
    expect(slowest).toBeLessThan(2000);
    await listener.until(({ name }) => name === 'ready');
    listener.close();
  });
});
