import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { createClient } from '@redis/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Secrets } from '../../src/config/secrets.js';
import { Settings } from '../../src/config/settings.js';
import { deriveKey } from '../../src/crypto/derive-key.js';
import { fernetSeal, parseFernetKey } from '../../src/crypto/fernet.js';
import { BusCipher } from '../../src/events/bus-cipher.js';
import { EventBus } from '../../src/events/event-bus.js';
import type { RoomEvent } from '../../src/events/events.js';
import { RedisChannels } from '../../src/events/redis-channels.js';
import { RedisClient } from '../../src/redis/redis-client.js';
import { BlackHole } from '../support/black-hole.js';
import { hasRedisServer, RedisProcess } from '../support/redis-process.js';
import { until } from '../support/until.js';

const EVERYONE = 'conclave:events';
const newKey = (): string => `${randomBytes(32).toString('base64url')}=`;
const MASTER_KEY = newKey();
const CHAT = '019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12';
const OTHER = '019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a13';

const lacking = hasRedisServer ? '' : 'needs redis-server';

function typed(n: number, subject?: RoomEvent['subject']): RoomEvent {
  const payload = { type: 'typing', n } as const;
  return { type: 'room.event', name: 'typing', chatId: CHAT, change: n, payload, subject };
}

/** A bus as one process has it, and the events that it brings. */
class Process {
  readonly heard: RoomEvent[] = [];
  lost = 0;
  readonly bus: EventBus;

  static async at(redisUrl: string, masterKeys = MASTER_KEY): Promise<Process> {
    const settings = new Settings({
      NODE_ENV: 'test',
      REDIS_URL: redisUrl,
      MASTER_KEYS: masterKeys,
      JWT_SECRET: newKey(),
    });
    return new Process(await RedisClient.with(settings), settings);
  }

  private constructor(
    readonly client: RedisClient,
    settings: Settings,
  ) {
    const channels = new RedisChannels(this.client);
    this.bus = new EventBus(channels, new BusCipher(new Secrets(settings)));
    this.bus.on('room.event', (event) => this.heard.push(event));
    this.bus.on('events.lost', () => this.lost++);
  }

  get order(): (number | undefined)[] {
    return this.heard.map(({ change }) => change);
  }
}

describe.skipIf(lacking)(`the event bus${lacking && ` (${lacking})`}`, () => {
  let redis: RedisProcess;
  const processes: Process[] = [];
  let here: Process;
  let there: Process;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    redis = await RedisProcess.start();
  });
  beforeEach(async () => {
    [here, there] = await Promise.all([given(), given()]);
    await until(() => processes.every(({ client }) => client.isReady));
    await there.bus.follow([CHAT]);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    processes.splice(0).forEach(({ client }) => client.onApplicationShutdown());
  });
  afterAll(() => redis.stop());

  async function given(masterKeys?: string, url = redis.url): Promise<Process> {
    const process = await Process.at(url, masterKeys);
    processes.push(process);
    return process;
  }

  const warned = (): ReturnType<typeof vi.spyOn> =>
    vi.spyOn((there.bus as unknown as { logger: { warn(): void } }).logger, 'warn');

  async function inject(...texts: string[]): Promise<void> {
    const client = createClient({ url: redis.url });
    await client.connect();
    const all = client.multi(); // so that they arrive in one piece
    for (const text of texts) all.publish(EVERYONE, text);
    await all.exec();
    client.destroy();
  }

  const sealed = (text: string, at?: Date): string => {
    const key = deriveKey(parseFernetKey(MASTER_KEY), 'conclave/bus/v1');
    if (at) vi.useFakeTimers({ now: at, toFake: ['Date'] });
    const token = fernetSeal(key, text);
    vi.useRealTimers();
    return token;
  };

  const envelope = (event: unknown): string => JSON.stringify({ from: 'another', event });

  it('brings what is announced elsewhere in its order, once', async () => {
    const numbers = Array.from({ length: 500 }, (_, n) => n);
    here.bus.announce(numbers.slice(0, 200).map((n) => typed(n)));
    for (const n of numbers.slice(200)) here.bus.announce([typed(n)]);
    await until(() => there.heard.length >= 500);
    expect(there.order).toEqual(numbers);
    expect(here.order).toEqual(numbers);
  });

  it('brings what concerns a member, and what follows at once, where nobody follows', async () => {
    const third = await given();
    await until(() => third.client.isReady);
    here.bus.announce([typed(1)]);
    here.bus.announce([typed(2, { userId: CHAT, action: 'added' }), typed(3)]);
    await until(() => third.heard.length >= 2);
    expect(third.order).toEqual([2, 3]);
    await until(() => there.heard.length >= 3);
    expect(there.order).toEqual([1, 2, 3]);
  });

  it('takes what it cannot open for a loss, and says so once a second', async () => {
    const log = warned();
    const other = await given(newKey());
    await until(() => other.client.isReady);
    other.bus.publish({ type: 'sessions.ended', sessionIds: [CHAT] });
    await inject('', 'garbage', '{"from":"x","event":{"type":"room.event"}}', '\0\ud800');
    await until(() => there.lost === 1);
    expect(log.mock.calls).toEqual([[{ event: 'event_bus.foreign_message', count: 5 }]]);
    expect(there.heard).toEqual([]);
    const begin = Date.now();
    while (Date.now() - begin < 2500) {
      await inject('garbage');
      await sleep(20);
    }
    expect(there.lost).toBeGreaterThanOrEqual(2);
    expect(there.lost).toBeLessThanOrEqual(4);
  });

  it.each(['not JSON', 'null', '7', '{}', envelope(null), envelope({ type: 'unheard.of' })])(
    'survives the sealed text %s',
    async (text) => {
      await inject(sealed(text), sealed(envelope(typed(1))));
      await until(() => there.heard.length >= 1);
      expect(there.order).toEqual([1]);
    },
  );

  it('drops what is older than a minute', async () => {
    const log = warned();
    const at = (secondsAgo: number): Date => new Date(Date.now() - secondsAgo * 1000);
    await inject(sealed(envelope(typed(1)), at(62)), sealed(envelope(typed(2)), at(50)));
    await until(() => there.heard.length >= 1);
    expect(there.order).toEqual([2]);
    await until(() => there.lost === 1);
    expect(log.mock.calls).toEqual([[{ event: 'event_bus.foreign_message', count: 1 }]]);
  });

  it('goes on after a handler that throws', async () => {
    const log = warned();
    there.bus.on('room.event', () => {
      throw new Error('no');
    });
    here.bus.announce([typed(1), typed(2)]);
    await until(() => there.heard.length >= 2);
    expect(log).toHaveBeenCalledTimes(2);
  });

  it('never throws, and tells the others afterwards that events were lost', async () => {
    await redis.stop();
    await until(() => !processes.some(({ client }) => client.isReady));

    here.bus.publish({ type: 'sessions.ended', sessionIds: [CHAT] });
    here.bus.announce([typed(1)]);
    await until(() => here.heard.length >= 1); // its own process hears it all the same
    await here.bus.follow([CHAT]);
    here.bus.unfollow([CHAT]);
    await redis.start();
    await until(() => processes.every(({ client }) => client.isReady));
    await until(() => there.lost === 1);
    expect(here.lost).toBe(0);
    here.bus.announce([typed(2)]);
    await until(() => there.heard.length >= 1);
    expect(there.order).toEqual([2]);
  });

  it('loses nothing when the event loop stalls before it is sent', async () => {
    here.bus.on('room.event', ({ change }) => {
      for (const until = Date.now() + 600; change === 2 && Date.now() < until;);
    });
    here.bus.announce([typed(1), typed(2), typed(3)]);
    await until(() => there.heard.length >= 3);
    expect(there.order).toEqual([1, 2, 3]);
  });

  it('sends a very long list bit by bit, and what comes after it behind it', async () => {
    here.bus.announce(Array.from({ length: 11_000 }, (_, n) => typed(n)));
    here.bus.announce([typed(11_000)]);
    await until(() => there.heard.length > 11_000, 20_000);
    expect(there.order).toEqual(Array.from({ length: 11_001 }, (_, n) => n));
    expect(there.lost).toBe(0);
  });

  it('tells the others of events that it could not send, though Redis is there', async () => {
    for (let n = 0; n < 11_000; n++) here.bus.announce([typed(n)]); // more than may wait
    await until(() => there.lost > 0);
    expect(there.heard.length).toBeLessThan(11_000);
    expect(here.client.isReady).toBe(true);
    expect(there.lost).toBe(1);
  });

  it('tells who follows when the events come only later', async () => {
    const hole = await BlackHole.before(Number(new URL(redis.url).port));
    const behind = await given(MASTER_KEY, `redis://127.0.0.1:${hole.port}`);
    try {
      await until(() => behind.client.isReady);
      const [onLate, onTime] = [vi.fn(), vi.fn()];
      await behind.bus.follow([OTHER], onTime);
      hole.hold();
      await behind.bus.follow([CHAT], onLate);
      await behind.bus.follow([CHAT], onLate); // of one who comes meanwhile
      expect(onLate).not.toHaveBeenCalled();
      hole.release();
      await until(() => onLate.mock.calls.length === 2);
      here.bus.announce([typed(1)]);
      await until(() => behind.heard.length >= 1);
      expect(onTime).not.toHaveBeenCalled();
    } finally {
      hole.close();
    }
  });

  it('leaves a room while Redis is away, and one left and entered again is heard', async () => {
    await redis.stop();
    there.bus.unfollow([CHAT]);
    await redis.start();
    await until(() => processes.every(({ client }) => client.isReady));
    await sleep(100);
    here.bus.announce([typed(1)]);
    here.bus.announce([typed(2, { userId: CHAT, action: 'changed' })]);
    await until(() => there.heard.length >= 1);
    expect(there.order).toEqual([2]);
    for (let n = 0; n < 20; n++) {
      void there.bus.follow([CHAT]);
      there.bus.unfollow([CHAT]);
    }
    await there.bus.follow([CHAT]);
    here.bus.announce([typed(3)]);
    await until(() => there.heard.length >= 2);
    expect(there.order).toEqual([2, 3]);
  });
});
