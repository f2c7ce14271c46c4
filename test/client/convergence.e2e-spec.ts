import { setTimeout as sleep } from 'node:timers/promises';
import { ConclaveClient, memoryStorage } from '@conclave/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProfileNews } from '../../src/realtime/profile-news.js';
import { Files } from '../support/attachments.js';
import { ChaosProxy } from '../support/chaos-proxy.js';
import { Chatter } from '../support/chatter.js';
import type { Client } from '../support/client.js';
import { differences } from '../support/client-oracle.js';
import { fastTimers } from '../support/fast-timers.js';
import { randomFrom, seed } from '../support/random.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { lacking, TwoApps } from '../support/two-apps.js';

/** `SEEDS=200` for the long form. */
const SEEDS = Number(process.env.SEEDS ?? 8);
const OPERATIONS = 60;
const QUIET_MS = 15_000;
const names = ['ada', 'bob', 'cyd'];

/** Three clients in a network that fails do things at random; once it is quiet each has what the server says. */
async function converge(app: TestApp, proxy: ChaosProxy, start: number): Promise<void> {
  const random = randomFrom(start);
  proxy.calm();
  const users = await Promise.all(names.map((fname) => app.givenUser({ fname })));
  const chatters = await Promise.all(users.map((user, i) => given(proxy, user, names[i], random)));
  const room = await chatters[0].client.createRoom('Everybody');
  for (const { client } of chatters.slice(1)) await client.room(room.id).join();
  for (const { client } of chatters) await client.room(room.id).open();
  proxy.rage({ random, likelihood: 0.08, longestDelayMs: 15 });
  const deeds: Promise<void>[] = [];
  for (let n = 0; n < OPERATIONS; n++) {
    const chatter = chatters[Math.floor(random() * chatters.length)];
    deeds.push(
      chatter.act(
        chatters.filter((each) => each !== chatter),
        [room.id],
      ),
    );
    await sleep(random() * 10);
  }
  await Promise.all(deeds);
  proxy.calm();
  try {
    await untilSame(chatters, users);
    for (const { client } of chatters)
      for (const { id } of client.rooms.getSnapshot()) await client.room(id).open();
    await untilSame(chatters, users);
    for (const [i, chatter] of chatters.entries()) {
      await expectEachOnce(chatter, users[i].client);
      await expectFiles(app, users[i], chatter);
    }
  } finally {
    for (const { client } of chatters) await client.close();
  }
}

async function given(
  proxy: ChaosProxy,
  user: TestUser,
  name: string,
  random: () => number,
): Promise<Chatter> {
  const storage = memoryStorage();
  const client = new ConclaveClient({ url: proxy.url, storage, timers: fastTimers(20) });
  await client.logIn(user.email, 'correct horse battery staple');
  return new Chatter(name, client, user.id, random);
}

async function untilSame(chatters: Chatter[], users: TestUser[]): Promise<void> {
  const wrong = async (): Promise<string[]> => {
    const lists = await Promise.all(
      chatters.map(({ client }, i) => differences(client, users[i].client)),
    );
    return lists.flatMap((list, i) => list.map((text) => `${names[i]}: ${text}`));
  };
  const deadline = Date.now() + QUIET_MS;
  for (let found = await wrong(); found.length > 0; found = await wrong()) {
    if (Date.now() > deadline) expect(found).toEqual([]);
    await sleep(50);
  }
}

/** What was sent is there once, or has failed and says why; all rooms are open. */
async function expectEachOnce({ sent, client, id }: Chatter, server: Client): Promise<void> {
  const rooms = new Set(client.rooms.getSnapshot().map((chat) => chat.id));
  for (const { room, text, key } of sent.filter((each) => rooms.has(each.room.id))) {
    const { messages } = room.getSnapshot();
    const shown = messages.filter((message) => message.key === key || message.message === text);
    expect(shown.length, text).toBeLessThanOrEqual(1);
    const { body } = await server.get(`/message/?chat_id=${room.id}&limit=200`);
    const stored = body.data.filter((row: { client_id: string }) => row.client_id === key);
    const tombs = body.data.filter(
      (row: { deleted_at: string | null; sender: { id: string } }) =>
        row.deleted_at !== null && row.sender.id === id,
    );
    const failed = shown.filter(({ state, problem }) => state === 'failed' && problem !== null);
    expect(stored.length, text).toBeLessThanOrEqual(1);
    expect(stored.length + failed.length + tombs.length, `${text} is lost`).toBeGreaterThan(0);
  }
}

/** A message that was sent with a file has it, and each byte of it. */
async function expectFiles(app: TestApp, user: TestUser, { sent, client }: Chatter): Promise<void> {
  const rooms = new Set(client.rooms.getSnapshot().map((chat) => chat.id));
  for (const { room, text, key, bytes } of sent) {
    if (!bytes || !rooms.has(room.id)) continue;
    const { body } = await user.client.get(`/message/?chat_id=${room.id}&limit=200`);
    const [stored] = body.data.filter((row: { client_id: string }) => row.client_id === key);
    if (!stored) continue; // it was deleted, or has failed
    expect(stored.attachments, text).toHaveLength(1);
    const held = await new Files(app).bytes(user, stored.attachments[0].id);
    expect(held.equals(bytes), text).toBe(true);
  }
}

describe('stores in a network that fails', () => {
  let app: TestApp;
  let proxy: ChaosProxy;
  beforeAll(async () => {
    app = await TestApp.start();
    app.nest.get(ProfileNews).periodMs = 0;
    proxy = await ChaosProxy.start(app.url);
  });
  afterAll(async () => {
    await proxy.stop();
    await app.stop();
  });

  it.each(Array.from({ length: SEEDS }, (_, n) => seed + n))(
    'have what the server says once it is quiet: seed %i',
    (start) => converge(app, proxy, start),
  );
});

describe.skipIf(lacking)('stores in a network that fails, with two processes', () => {
  let apps: TwoApps;
  let proxy: ChaosProxy;
  beforeAll(async () => {
    apps = await TwoApps.start();
    for (const { nest } of [apps.here, apps.there]) nest.get(ProfileNews).periodMs = 0;
    proxy = await ChaosProxy.start(apps.here.url, apps.there.url);
  });
  afterAll(async () => {
    await proxy.stop();
    await apps.stop();
  });

  it.each(Array.from({ length: Math.ceil(SEEDS / 4) }, (_, n) => seed + n))(
    'have what the server says once it is quiet: seed %i',
    (start) => converge(apps.here, proxy, start),
  );
});
