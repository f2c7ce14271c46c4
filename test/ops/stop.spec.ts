import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Settings } from '../../src/config/settings.js';
import { RedisChannels } from '../../src/events/redis-channels.js';
import { RateCounter } from '../../src/rate-limit/rate-counter.js';
import { RedisClient } from '../../src/redis/redis-client.js';
import { hasRedisServer, RedisProcess } from '../support/redis-process.js';
import { ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

const PING_MS = 1000;
const RECONNECT_MS = 500;

let dataDir: string;
let environment: NodeJS.ProcessEnv;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'conclave-test-'));
  environment = { NODE_ENV: 'test', PORT: '0', DATA_DIR: dataDir, PBKDF2_ITERATIONS: '1000' };
});
afterEach(async () => {
  await ServerProcess.killAll();
  rmSync(dataDir, { recursive: true });
});

describe('npm start', () => {
  it('is the server itself, so that what ends npm ends it', async () => {
    // Without `prestart`, which would build while other tests run what is built.
    const npm = spawn('npm', ['start', '--ignore-scripts'], {
      env: { ...process.env, ...environment, LOG_LEVEL: 'info' },
      detached: true,
    });
    let output = '';
    npm.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await until(() => /"server.started"/.test(output));
    const [, url] = /"url":"([^"]+)"/.exec(output)!;
    try {
      npm.kill('SIGTERM');
      await once(npm, 'exit');
      await until(() => output.includes('"server.stopped"'));
      await expect(fetch(`${url}/health/live`)).rejects.toThrow('fetch failed');
    } finally {
      endGroup(npm.pid!);
    }
  });
});

/** Whatever outlived it. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const lacking = hasRedisServer ? '' : 'needs redis-server';

describe.skipIf(lacking)(`a clean stop${lacking && ` (${lacking})`}`, () => {
  beforeEach(() => void vi.spyOn(Logger.prototype, 'log').mockReturnValue());
  afterEach(() => vi.restoreAllMocks());

  it.each([
    ['answers', () => undefined],
    ['answers nothing', (redis: RedisProcess) => redis.freeze()],
  ])('says nothing of a Redis that %s', async (_, harm) => {
    const redis = await RedisProcess.start();
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const client = await RedisClient.with(new Settings({ REDIS_URL: redis.url }));
    const channels = new RedisChannels(client);
    const counter = new RateCounter(client);
    await until(() => client.isReady);
    await channels.subscribe(['conclave:room:x']);
    harm(redis);
    channels.unsubscribe(['conclave:room:x']); // as the last one who listened has left
    void counter.add('x', 60);
    await sleep(PING_MS + 200); // a ping is under way too
    warn.mockClear();
    client.onApplicationShutdown();
    await sleep(RECONNECT_MS + 200);
    expect(warn.mock.calls).toEqual([]);
    redis.thaw();
    await redis.stop();
  });

  it('says nothing more of a Redis that never was there', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const client = await RedisClient.with(new Settings({ REDIS_URL: 'redis://127.0.0.1:1' }));
    await until(() => warn.mock.calls.length > 0);
    client.onApplicationShutdown();
    warn.mockClear();
    await sleep(RECONNECT_MS + 200);
    expect(warn.mock.calls).toEqual([]);
  });
});
