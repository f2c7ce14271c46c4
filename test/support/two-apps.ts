import { RedisClient } from '../../src/redis/redis-client.js';
import { Client } from './client.js';
import { hasRedisServer, RedisProcess } from './redis-process.js';
import { TestApp, type TestUser } from './test-app.js';
import { isPostgres } from './test-database.js';
import { until } from './until.js';

/** Why tests of two processes cannot run here; empty where they can. */
export const lacking = !isPostgres
  ? 'needs PostgreSQL'
  : !hasRedisServer
    ? 'needs redis-server'
    : '';

/** Two applications on one database and one Redis, as two processes would be. */
export class TwoApps {
  private constructor(
    readonly redis: RedisProcess,
    readonly here: TestApp,
    readonly there: TestApp,
  ) {}

  /** @param others what is set otherwise there */
  static async start(
    environment: NodeJS.ProcessEnv = {},
    others: NodeJS.ProcessEnv = {},
  ): Promise<TwoApps> {
    const redis = await RedisProcess.start();
    const settings = { REDIS_URL: redis.url, ...environment };
    const here = await TestApp.start(settings);
    const there = await TestApp.start({ ...settings, ...others }, here.database);
    const apps = new TwoApps(redis, here, there);
    await apps.untilConnected();
    return apps;
  }

  async untilConnected(): Promise<void> {
    const isReady = ({ nest }: TestApp): boolean => nest.get(RedisClient).isReady;
    await until(() => [this.here, this.there].every(isReady), 10_000);
  }

  async stop(): Promise<void> {
    this.redis.thaw();
    const servers = [this.here, this.there].map(({ nest }) => nest.getHttpServer());
    // A client that is cut off opens its connection anew, unused, and a server that closes awaits it.
    const timer = setInterval(() => servers.forEach((each) => each.closeAllConnections()), 100);
    await this.there.close();
    await this.here.stop();
    clearInterval(timer);
    await this.redis.stop();
  }

  /** The user's session, used at the other application. */
  elsewhere(user: TestUser): Client {
    return new Client(this.there.url, user.accessToken);
  }
}
