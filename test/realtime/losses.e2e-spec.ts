import { createClient } from '@redis/client';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { EventBus } from '../../src/events/event-bus.js';
import { RedisChannels } from '../../src/events/redis-channels.js';
import { RedisClient } from '../../src/redis/redis-client.js';
import { Reconciler } from '../../src/realtime/reconciler.js';
import { Subscriptions } from '../../src/realtime/subscriptions.js';
import { BlackHole } from '../support/black-hole.js';
import { Client } from '../support/client.js';
import { EventSource } from '../support/event-source.js';
import { RedisProcess } from '../support/redis-process.js';
import { Listener } from '../support/socket.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { lacking } from '../support/two-apps.js';
import { until } from '../support/until.js';

/** A process looks at the database every four seconds; what it misses it finds the second time. */
const WATCHED_MS = 25_000;

describe.skipIf(lacking)(`news that one process misses${lacking && ` (${lacking})`}`, () => {
  let redis: RedisProcess;
  /** Between Redis and `here`. */
  let hole: BlackHole;
  let here: TestApp;
  let there: TestApp;
  beforeAll(async () => {
    redis = await RedisProcess.start();
    hole = await BlackHole.before(Number(new URL(redis.url).port));
    const looks = vi.spyOn(Reconciler.prototype, 'look');
    here = await TestApp.start({ REDIS_URL: `redis://127.0.0.1:${hole.port}` });
    there = await TestApp.start({ REDIS_URL: redis.url }, here.database);
    // When Redis is there first each of them tells everyone to catch up, which would hide all else.
    await until(() => looks.mock.calls.filter(([hasMissed]) => hasMissed).length >= 2);
    await Promise.allSettled(looks.mock.results.map(({ value }) => value));
  });
  afterAll(async () => {
    hole.close();
    await there.close();
    await here.stop();
    await redis.stop();
  });

  const open: { close(): void }[] = [];
  afterEach(() => {
    vi.restoreAllMocks();
    open.splice(0).forEach((each) => each.close());
  });

  async function socket({ url }: TestApp, { accessToken }: TestUser): Promise<Listener> {
    const listener = await Listener.connect(url, accessToken);
    open.push(listener);
    return listener;
  }

  const send = (client: Client, chatId: string, message: string) =>
    client.post('/message/', { chatid: chatId, message });

  /** Counts what is published from now on. */
  async function published(): Promise<() => number> {
    const client = createClient({ url: redis.url });
    await client.connect();
    let count = 0;
    await client.pSubscribe('conclave:*', () => count++);
    open.push({ close: () => client.destroy() });
    return () => count;
  }

  it('since Redis stalls while somebody connects, is made up for', async () => {
    const { user, chatId } = await there.givenMember();
    const count = await published();
    hole.hold();
    const listener = await socket(here, user);
    await send(user.client, chatId, 'meanwhile');
    await until(() => count() > 0);
    hole.release();
    await listener.until(({ name }) => name === 'ready', WATCHED_MS);
  });

  it('since another was killed before it told, is made up for in a quiet room', async () => {
    const { user, chatId } = await there.givenMember();
    const listener = await socket(there, user);
    const stream = await EventSource.open(there.url, user.accessToken, { chatId });
    open.push(stream);
    await stream.untilPlaced();
    vi.spyOn(here.nest.get(RedisChannels), 'publish').mockResolvedValue(true); // goes nowhere
    const { body } = await send(new Client(here.url, user.accessToken), chatId, 'untold');

    const isUntold = ({ data }: { data: { message?: { id: string } } }): boolean =>
      data.message?.id === body.id;
    await stream.until(isUntold, WATCHED_MS);
    await listener.until(({ name }) => name === 'ready', WATCHED_MS);
    expect(stream.events.filter(isUntold)).toHaveLength(1);
  });

  it('again and again is told of all the same', async () => {
    const listener = await socket(there, await there.givenUser());
    const losing = setInterval(() => here.nest.get(EventBus).publish({ type: 'events.lost' }), 50);
    try {
      await listener.until(({ name }) => name === 'ready', WATCHED_MS);
    } finally {
      clearInterval(losing);
    }
  });

  it('since the other is cut off, is found: ended sessions and memberships', async () => {
    const { user: owner, chatId } = await here.givenMember();
    const [leaver, removed] = [await here.givenUser(), await here.givenUser()];
    await owner.client.request('PUT', `/chat/${chatId}/members/${removed.id}`);
    const ended = await socket(there, leaver);
    const guest = await socket(there, removed);
    const control = await socket(there, owner);
    hole.close();
    await until(() => !here.nest.get(RedisClient).isReady);
    expect(there.nest.get(RedisClient).isReady).toBe(true);

    expect((await leaver.client.post('/userauth/logout')).status).toBe(204);
    await owner.client.request('DELETE', `/chat/${chatId}/members/${removed.id}`);
    await until(() => !ended.socket.connected, WATCHED_MS);
    expect(await ended.ended).toBe('io server disconnect');
    const hearers = (): string[] =>
      [...there.nest.get(Subscriptions).subscribers(chatId)].map(({ user }) => user.id);
    await until(() => !hearers().includes(removed.id), WATCHED_MS);
    await send(new Client(there.url, owner.accessToken), chatId, 'not for the removed');
    await control.until(({ name }) => name === 'message.created');
    expect(guest.of(chatId, 'message.created')).toEqual([]);
  });
});
