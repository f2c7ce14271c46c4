import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisClient } from '../../src/redis/redis-client.js';
import { Client } from '../support/client.js';
import { hasRedisServer, RedisProcess } from '../support/redis-process.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';

const WITHIN_A_SECOND = 1000;
const WITHOUT_THE_BUS = 5000;

const lacking = !isPostgres ? 'needs PostgreSQL' : !hasRedisServer ? 'needs redis-server' : '';

/** The times are the contract's; a machine that does other things too may miss one once. */
const retry = { retry: 1 };
describe.skipIf(lacking)(`of two processes${lacking && ` (${lacking})`}`, retry, () => {
  let redis: RedisProcess;
  let here: TestApp;
  let there: TestApp;
  beforeAll(async () => {
    redis = await RedisProcess.start();
    here = await TestApp.start({ REDIS_URL: redis.url });
    there = await TestApp.start({ REDIS_URL: redis.url }, here.database);
    await untilConnected();
  });
  afterAll(async () => {
    redis.thaw();
    await there.close();
    await here.stop();
    await redis.stop();
  });

  async function untilConnected(): Promise<void> {
    const isReady = ({ nest }: TestApp): boolean => nest.get(RedisClient).isReady;
    while (![here, there].every(isReady)) await sleep(20);
  }

  const statusOf = async (client: Client): Promise<number> =>
    (await client.get('/userauth/me')).status;

  /** A second session of the user, which the other process has just seen and remembers. */
  async function sessionThere(user: TestUser): Promise<Client> {
    const { body } = await here.anonymous.post('/userauth/userLogin', {
      email: user.email,
      password: PASSWORD,
    });
    const client = new Client(there.url, body.access_token);
    expect(await statusOf(client)).toBe(200);
    return client;
  }

  /** How long the token still counts, in milliseconds. */
  async function untilDead(client: Client): Promise<number> {
    const begun = Date.now();
    while ((await statusOf(client)) === 200) await sleep(10);
    return Date.now() - begun;
  }

  const paths: [string, (user: TestUser) => Promise<unknown>][] = [
    ['ending all other sessions', (user) => user.client.request('DELETE', '/userauth/sessions')],
    [
      'ending one session',
      async (user) => {
        const { body } = await user.client.get('/userauth/sessions');
        const { id } = body.data.find((session: { current: boolean }) => !session.current);
        return user.client.request('DELETE', `/userauth/sessions/${id}`);
      },
    ],
    [
      'changing the password',
      (user) =>
        user.client.request('PUT', '/userauth/me/password', {
          current_password: PASSWORD,
          new_password: 'another good one',
        }),
    ],
  ];

  it.each(paths)('%s ends tokens in the other one within a second', async (_name, revoke) => {
    const user = await here.givenUser();
    const other = await sessionThere(user);
    await revoke(user);
    expect(await untilDead(other)).toBeLessThan(WITHIN_A_SECOND);
  });

  it('a log-out does', async () => {
    const user = await here.givenUser();
    const elsewhere = new Client(there.url, user.accessToken);
    expect(await statusOf(elsewhere)).toBe(200);
    await user.client.post('/userauth/logout');
    expect(await untilDead(elsewhere)).toBeLessThan(WITHIN_A_SECOND);
  });

  it('a stolen refresh token does', async () => {
    const user = await here.givenUser();
    const { body } = await here.anonymous.post('/userauth/refresh', {
      refresh_token: user.refreshToken,
    });
    const elsewhere = new Client(there.url, body.access_token);
    expect(await statusOf(elsewhere)).toBe(200);
    await here.sql('DELETE FROM whitelisted_token WHERE user_id = ? AND pair = 1', [user.id]);
    await here.anonymous.post('/userauth/refresh', { refresh_token: user.refreshToken });
    expect(await untilDead(elsewhere)).toBeLessThan(WITHIN_A_SECOND);
  });

  it.each(['stop', 'freeze'] as const)(
    'within five seconds while Redis is away (%s), and soon again once it is back',
    async (how) => {
      const user = await here.givenUser();
      const [first, second] = [await sessionThere(user), await sessionThere(user)];
      await redis[how]();
      expect(await statusOf(first)).toBe(200);
      await user.client.request('DELETE', '/userauth/sessions');
      expect(await untilDead(first)).toBeLessThan(WITHOUT_THE_BUS);
      expect(await untilDead(second)).toBeLessThan(WITHOUT_THE_BUS);

      if (how === 'stop') await redis.start();
      else redis.thaw();
      await sleep(200);
      await untilConnected();
      const again = await sessionThere(user);
      await user.client.request('DELETE', '/userauth/sessions');
      expect(await untilDead(again)).toBeLessThan(WITHIN_A_SECOND);
    },
  );
});
