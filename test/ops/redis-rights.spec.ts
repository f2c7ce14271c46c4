import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { blocksOf } from '../support/guide.js';
import { hasRedisServer, RedisProcess } from '../support/redis-process.js';
import { ServerProcess } from '../support/server-process.js';
import { Listener } from '../support/socket.js';
import { until } from '../support/until.js';

/** Both connections have sent one. */
const PINGS_MS = 1200;

const lacking = hasRedisServer ? '' : 'needs redis-server';
const RIGHT = ['on', '>secret', '~conclave:*', '&conclave:*', '+@all'];
const without = (right: string, ...others: string[]): string[] => [
  ...RIGHT.filter((each) => each !== right),
  ...others,
];

describe.skipIf(lacking)(`a user of Redis${lacking && ` (${lacking})`}`, () => {
  let redis: RedisProcess;
  let url: string;
  let dataDir: string;
  beforeAll(async () => {
    redis = await RedisProcess.start();
    url = redis.url.replace('//', '//conclave:secret@');
  });
  afterAll(() => redis.stop());
  beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'conclave-test-'))));
  afterEach(async () => {
    await ServerProcess.killAll();
    rmSync(dataDir, { recursive: true });
  });

  async function giveRights(...rights: string[]): Promise<void> {
    const client = await createClient({ url: redis.url }).connect();
    await client.sendCommand(['ACL', 'SETUSER', 'conclave', ...rights]);
    client.destroy();
  }

  const environment = (): NodeJS.ProcessEnv => ({
    NODE_ENV: 'test',
    PORT: '0',
    DATA_DIR: dataDir,
    REDIS_URL: url,
  });
  const stateOf = async ({ url }: ServerProcess): Promise<string> =>
    (await new Client(url).get('/health/ready')).body.redis;

  it.each([
    ['channels', without('&conclave:*', 'resetchannels'), /NOPERM.*channel/],
    ['keys', without('~conclave:*'), /NOPERM.*key/],
    ['the command for channels', [...RIGHT, '-subscribe'], /NOPERM.*'subscribe'/],
    ['the command for counters', [...RIGHT, '-eval'], /NOPERM.*'eval'/],
    ['the word', without('>secret', '>another'), /WRONGPASS.*[^.]\. Look at the user and the pass/],
  ])('who lacks %s is found at start, and told of in words', async (_, rights, what) => {
    await giveRights('reset', ...rights);
    const server = await ServerProcess.startInVain(environment());
    expect(await server.ended).toBe(1);
    expect(server.output).toMatch(
      /cannot start\. The Redis at REDIS_URL refuses us: .*channels and the keys conclave:\*/,
    );
    expect(server.output).toMatch(what);
    expect(server.output).not.toContain('secret');
  });

  it.each([
    ['channels', ['resetchannels'], /redis\.away.*NOPERM.*channel/],
    ['keys', ['resetkeys'], /redis\.refuses.*NOPERM.*key.*the keys conclave:\*/],
  ])('who loses %s is found by readiness, and when it is back', async (_, loss, what) => {
    await giveRights('reset', ...RIGHT);
    const server = await ServerProcess.start(environment());
    await until(async () => (await stateOf(server)) === 'ok');
    await giveRights(...loss);
    await until(async () => (await stateOf(server)) === 'degraded' && what.test(server.output));
    await giveRights(...RIGHT);
    await until(async () => (await stateOf(server)) === 'ok');
    expect(await server.stop()).toBe(0);
  });

  it('has enough with those of the guide', async () => {
    const [line] = blocksOf('Who the server is there', 'text');
    await giveRights('reset', ...line.trim().replace('>password', '>secret').split(' ').slice(1));
    const server = await ServerProcess.start({
      ...environment(),
      REDIS_URL: `${url}/0`,
      RATE_LIMIT: 'on',
      LOG_LEVEL: 'info',
    });
    await until(async () => (await stateOf(server)) === 'ok');
    const account = { email: 'ada@example.org', password: 'correct horse battery staple' };
    const { body } = await new Client(server.url).post('/userauth/userSignup', account);
    const client = new Client(server.url, body.access_token);
    const socket = await Listener.connect(server.url, body.access_token);
    const chat = await client.post('/chat/', { chat_name: 'Room' });
    await client.post('/message/', { chatid: chat.body.id, message: 'hello' });
    await sleep(PINGS_MS);
    socket.close();
    expect(await server.stop()).toBe(0);
    expect(server.output).not.toMatch(/NOPERM|"level":[45]0/);
  });

  it('is not needed for a start while Redis is away', async () => {
    const server = await ServerProcess.start({
      ...environment(),
      REDIS_URL: 'redis://127.0.0.1:1',
    });
    expect(await stateOf(server)).toBe('degraded');
  });
});
