import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ResumingSocket, ResumingStream, type Resuming } from '../support/resuming.js';
import { Listener } from '../support/socket.js';
import type { TestApp, TestUser } from '../support/test-app.js';
import { lacking, TwoApps } from '../support/two-apps.js';
import { until } from '../support/until.js';

const CANARY = 'kanarienvogel';
const PAUSE_MS = 20;
const AWAY_MS = 6000;
const SLOWEST_MS = 2000;
/** A process that hears nothing looks every four seconds. */
const WATCHED_MS = 6000;

describe.skipIf(lacking)(`while Redis is away${lacking && ` (${lacking})`}`, () => {
  let apps: TwoApps;
  let here: TestApp;
  let there: TestApp;
  beforeAll(async () => {
    apps = await TwoApps.start({ RATE_LIMIT: 'on' });
    ({ here, there } = apps);
  });
  afterAll(() => apps.stop());

  const open: { close(): void }[] = [];
  afterEach(() => open.splice(0).forEach((each) => each.close()));

  const redisOf = async (app: TestApp): Promise<string> => {
    const { status, body } = await app.anonymous.get('/health/ready');
    expect(status).toBe(200);
    return body.redis;
  };

  const bothSay = async (redis: string): Promise<boolean> =>
    (await redisOf(here)) === redis && (await redisOf(there)) === redis;

  /** Whatever Redis is told from now on, until it goes. */
  async function monitor(lines: string[]): Promise<void> {
    const redis = createClient({ url: apps.redis.url, socket: { reconnectStrategy: false } });
    redis.on('error', () => undefined);
    await redis.connect();
    await redis.monitor((line: unknown) => lines.push(String(line)));
    open.push({ close: () => redis.destroy() });
  }

  /** A room of two writers, and listeners of both kinds at both applications. */
  async function givenListeners(): Promise<{
    user: TestUser;
    chatId: string;
    listeners: Resuming[];
  }> {
    const user = await here.givenUser({ fname: `${CANARY}-fname` });
    const chatId = await here.givenChat(user, { chat_name: `${CANARY}-room` });
    const urls = [here.url, there.url];
    const listeners: Resuming[] = [];
    for (const from of [0, 1]) {
      const place = { urls, from, token: user.accessToken, chatId };
      const socket = await ResumingSocket.open(place, false); // `ready` has to do
      listeners.push(socket, await ResumingStream.open(place));
    }
    open.push(...listeners);
    return { user, chatId, listeners };
  }

  /** Two writers, one at each application. Answers how long each send took, in milliseconds. */
  function keepWriting(user: TestUser, chatId: string): () => Promise<number[]> {
    let isOver = false;
    const took: number[] = [];
    const writers = [user.client, apps.elsewhere(user)].map(async (client, writer) => {
      for (let n = 0; !isOver; n++) {
        const begun = performance.now();
        const message = `${CANARY}-body ${writer} ${n}`;
        const { status } = await client.post('/message/', { chatid: chatId, message });
        expect(status).toBe(201);
        took.push(performance.now() - begun);
        await sleep(PAUSE_MS);
      }
    });
    return async () => {
      isOver = true;
      await Promise.all(writers);
      return took.sort((one, other) => one - other);
    };
  }

  it.each(['stop', 'freeze'] as const)(
    'no send fails or waits, and nothing is missing in the end (%s)',
    { timeout: 60_000 },
    async (how) => {
      const lines: string[] = [];
      await monitor(lines);
      const { user, chatId, listeners } = await givenListeners();
      const finish = keepWriting(user, chatId);
      await until(() => listeners.every(({ kept }) => kept.size > 20));

      await apps.redis[how]();
      const away = sleep(AWAY_MS);
      await until(() => bothSay('degraded'), AWAY_MS);
      await away;
      if (how === 'stop') await apps.redis.start();
      else apps.redis.thaw();
      if (how === 'stop') await monitor(lines);
      await until(() => bothSay('ok'));
      await sleep(1000); // traffic goes on

      const took = await finish();
      const all = took.length;
      await until(() => listeners.every(({ kept }) => kept.size === all), 15_000, 'all have all');
      const seqs = Array.from({ length: all }, (_, n) => n + 1);
      for (const { kept, repeated, cuts } of listeners) {
        expect([...kept.values()].sort((one, other) => one - other)).toEqual(seqs);
        expect({ repeated, cuts }).toEqual({ repeated: 0, cuts: 0 });
      }
      expect(took.at(-1)).toBeLessThan(SLOWEST_MS);
      expect(lines.filter((line) => /"publish"/i.test(line)).length).toBeGreaterThan(20);
      const readable = lines.filter((line) => line.includes(CANARY) || line.includes(user.email));
      expect(readable).toEqual([]);
    },
  );

  it.each(['stop', 'freeze'] as const)(
    'the end of a session or of a membership counts in the other process soon (%s)',
    { timeout: 60_000 },
    async (how) => {
      const { user: owner, chatId } = await here.givenMember();
      const [leaver, removed] = [await here.givenUser(), await here.givenUser()];
      await owner.client.request('PUT', `/chat/${chatId}/members/${removed.id}`);
      const ended = await Listener.connect(there.url, leaver.accessToken);
      const guest = await Listener.connect(there.url, removed.accessToken);
      const control = await Listener.connect(there.url, owner.accessToken);
      open.push(ended, guest, control);
      await apps.redis[how]();
      try {
        expect((await leaver.client.post('/userauth/logout')).status).toBe(204);
        await owner.client.request('DELETE', `/chat/${chatId}/members/${removed.id}`);
        const begun = Date.now();
        expect(await ended.ended).toBe('io server disconnect');
        expect(Date.now() - begun).toBeLessThan(WATCHED_MS);
        await sleep(begun + WATCHED_MS - Date.now());
        const writer = apps.elsewhere(owner);
        await writer.post('/message/', { chatid: chatId, message: 'not for the removed' });
        await control.until(({ name }) => name === 'message.created');
        expect(guest.of(chatId, 'message.created')).toEqual([]);
      } finally {
        if (how === 'stop') await apps.redis.start();
        else apps.redis.thaw();
        await apps.untilConnected();
      }
      await guest.until(({ name }) => name === 'ready');
    },
  );
});
