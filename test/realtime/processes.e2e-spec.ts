import { createClient } from '@redis/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EventSource } from '../support/event-source.js';
import { Listener } from '../support/socket.js';
import type { TestApp, TestUser } from '../support/test-app.js';
import { lacking, TwoApps } from '../support/two-apps.js';
import { until } from '../support/until.js';

const ROOMS = 'conclave:room:*';

describe.skipIf(lacking)(`realtime of two processes${lacking && ` (${lacking})`}`, () => {
  let apps: TwoApps;
  let here: TestApp;
  let there: TestApp;
  beforeAll(async () => {
    apps = await TwoApps.start();
    ({ here, there } = apps);
  });
  afterAll(() => apps.stop());

  const open: { close(): void }[] = [];
  afterEach(() => open.splice(0).forEach((each) => each.close()));

  async function socket(app: TestApp, user: TestUser): Promise<Listener> {
    const listener = await Listener.connect(app.url, user.accessToken);
    open.push(listener);
    return listener;
  }

  async function stream(app: TestApp, user: TestUser, chatId?: string): Promise<EventSource> {
    const source = await EventSource.open(app.url, user.accessToken, { chatId });
    open.push(source);
    await (chatId === undefined
      ? source.until(({ event }) => event === 'ready')
      : source.untilPlaced());
    return source;
  }

  /** Each kind of listener on each of the two, of one user. */
  async function everywhere(
    user: TestUser,
    chatId: string,
  ): Promise<{ sockets: Listener[]; streams: EventSource[] }> {
    const apps = [here, there];
    const sockets = await Promise.all(apps.map((app) => socket(app, user)));
    const streams = await Promise.all(
      apps.flatMap((app) => [stream(app, user), stream(app, user, chatId)]),
    );
    return { sockets, streams };
  }

  async function post(app: TestApp, user: TestUser, chatId: string, message: string) {
    const client = app === here ? user.client : apps.elsewhere(user);
    const { status, body } = await client.post('/message/', { chatid: chatId, message });
    expect(status).toBe(201);
    return body;
  }

  const roomChannels = async (): Promise<string[]> => {
    const redis = createClient({ url: apps.redis.url });
    await redis.connect();
    const channels = await redis.pubSubChannels(ROOMS);
    redis.destroy();
    return channels.map((channel) => channel.slice(ROOMS.length - 1));
  };

  it('every listener hears once what is sent to either', async () => {
    const { user, chatId } = await here.givenMember();
    const { sockets, streams } = await everywhere(user, chatId);
    for (const app of [here, there]) {
      const { id } = await post(app, user, chatId, `to ${app.url}`);
      await Promise.all([
        ...sockets.map((each) => each.until(isMessage(id))),
        ...streams.map((each) => each.until(({ data }) => data.message?.id === id)),
      ]);
    }
    await post(here, user, chatId, 'the last');
    await Promise.all([
      ...sockets.map((each) => each.until(({ payload }) => payload.message?.seq === 3)),
      ...streams.map((each) => each.until(({ data }) => data.message?.seq === 3)),
    ]);
    for (const each of sockets) {
      expect(each.of(chatId).map(({ payload }) => payload.message?.seq)).toEqual([1, 2, 3]);
    }
    for (const { events } of streams) {
      const messages = events.filter(({ event }) => event === 'message.created');
      expect(messages.map(({ data }) => data.message.seq)).toEqual([1, 2, 3]);
    }
  });

  it('whoever is added hears so, and all from then on, where nobody heard the room', async () => {
    const { user: owner, chatId } = await here.givenMember();
    const guest = await here.givenUser();
    const [listener, source] = [await socket(there, guest), await stream(there, guest)];
    expect(await roomChannels()).not.toContain(chatId);
    await owner.client.request('PUT', `/chat/${chatId}/members/${guest.id}`);
    await listener.until(({ name }) => name === 'member.changed');
    await source.until(({ event }) => event === 'member.changed');
    for (let n = 1; n <= 5; n++) await post(here, owner, chatId, `message ${n}`);
    await listener.until(({ payload }) => payload.message?.seq === 5);
    await source.until(({ data }) => data.message?.seq === 5);

    const [added, ...rest] = listener.of(chatId);
    expect(added.payload).toMatchObject({ action: 'added', member: { user: { id: guest.id } } });
    expect(rest.map(({ payload }) => payload.message.seq)).toEqual([1, 2, 3, 4, 5]);
    const changes = listener.of(chatId).map(({ payload }) => payload.change);
    const first = changes[0];
    expect(changes).toEqual(changes.map((_, n) => first + n));
  });

  it('whoever joins by a post hears that post on all devices', async () => {
    const { user: owner, chatId } = await here.givenMember();
    await post(here, owner, chatId, 'hello');
    const poster = await here.givenUser();
    const device = await socket(there, poster);
    const { id } = await post(here, poster, chatId, 'may I?');
    await device.until(({ name }) => name === 'member.changed');
    await device.until(isMessage(id));
    expect(device.of(chatId, 'message.created')).toHaveLength(1);
  });

  it('whoever is removed hears so as the last, and nothing after', async () => {
    const { user: owner, chatId } = await here.givenMember();
    const [guest, witness] = [await here.givenUser(), await here.givenUser()];
    for (const { id } of [guest, witness]) {
      await owner.client.request('PUT', `/chat/${chatId}/members/${id}`);
    }
    const guests = [await socket(there, guest), await socket(here, guest)];
    const source = await stream(there, guest);
    const room = await stream(there, guest, chatId);
    const control = await socket(there, witness);
    await post(here, owner, chatId, 'before');
    await owner.client.request('DELETE', `/chat/${chatId}/members/${guest.id}`);
    for (let n = 1; n <= 5; n++) await post(n % 2 ? here : there, owner, chatId, `after ${n}`);
    await control.until(({ payload }) => payload.message?.seq === 6);

    expect(await room.ended).toBe(true);
    const heard = [
      ...guests.map((each) => each.of(chatId).map(({ payload }) => payload)),
      ...[source, room].map(({ events }) => events.map(({ data }) => data)),
    ].map((payloads) => payloads.filter(({ change }) => change !== undefined));
    for (const payloads of heard) {
      expect(payloads.at(-1)).toMatchObject({
        action: 'removed',
        member: { user: { id: guest.id } },
      });
      expect(payloads.filter(({ message }) => message).map(({ message }) => message.seq)).toEqual([
        1,
      ]);
    }
  });

  it('a log-out ends sockets and streams of the other process at once', async () => {
    const { user, chatId } = await here.givenMember();
    const [listener, ...sources] = await Promise.all([
      socket(there, user),
      stream(there, user),
      stream(there, user, chatId),
    ]);
    const begun = Date.now();
    expect((await user.client.post('/userauth/logout')).status).toBe(204);
    expect(await listener.ended).toBe('io server disconnect');
    expect(await Promise.all(sources.map(({ ended }) => ended))).toEqual([true, true]);
    expect(Date.now() - begun).toBeLessThan(3000); // what is not told is found by the next look, within five seconds
  });

  it('typing and read markers cross', async () => {
    const { user: owner, chatId } = await here.givenMember();
    const guest = await here.givenUser();
    await owner.client.request('PUT', `/chat/${chatId}/members/${guest.id}`);
    const [reader, typist] = [await socket(there, owner), await socket(here, guest)];
    const { seq } = await post(here, owner, chatId, 'read me');
    expect(await typist.ask('typing', { chat_id: chatId })).toBeNull();
    await guest.client.request('PUT', `/chat/${chatId}/read`, { seq });
    const typing = await reader.until(({ name }) => name === 'typing');
    expect(typing.payload).toEqual({ type: 'typing', chat_id: chatId, user_id: guest.id });
    const read = await reader.until(({ name }) => name === 'read.changed');
    expect(read.payload).toEqual({
      type: 'read.changed',
      chat_id: chatId,
      user_id: guest.id,
      read_seq: seq,
    });
    expect(typist.names).not.toContain('typing');
  });

  it('the end of a room crosses, and ends its streams', async () => {
    const { user, chatId } = await here.givenMember();
    const [listener, room] = [await socket(there, user), await stream(there, user, chatId)];
    await user.client.request('DELETE', `/chat/${chatId}`);
    await listener.until(({ name }) => name === 'chat.deleted');
    expect(await room.ended).toBe(true);
    expect(room.names.at(-1)).toBe('chat.deleted');
    await until(async () => !(await roomChannels()).includes(chatId));
  });

  it('a process subscribes to a room while somebody there hears it', async () => {
    const { user, chatId } = await here.givenMember();
    const silent = await here.givenMember();
    expect(await roomChannels()).not.toContain(chatId);
    const first = await socket(there, user);
    const second = await stream(there, user, chatId);
    expect(await roomChannels()).toContain(chatId);
    first.close();
    await post(here, user, chatId, 'still heard');
    await second.until(({ event }) => event === 'message.created');
    expect(await roomChannels()).toContain(chatId);
    second.close();
    await until(async () => !(await roomChannels()).includes(chatId));
    const again = await socket(there, user);
    const { id } = await post(here, user, chatId, 'heard again');
    await again.until(isMessage(id));
    expect(await roomChannels()).not.toContain(silent.chatId);
  });
});

const isMessage =
  (id: string) =>
  ({ name, payload }: { name: string; payload: { message?: { id: string } } }): boolean =>
    name === 'message.created' && payload.message?.id === id;
