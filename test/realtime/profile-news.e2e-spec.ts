import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../src/database/database.js';
import { EventBus } from '../../src/events/event-bus.js';
import { ProfileNews } from '../../src/realtime/profile-news.js';
import { EventSource } from '../support/event-source.js';
import { faultsOf } from '../support/event-schemas.js';
import { givenRooms } from '../support/many-rooms.js';
import { queriesOf } from '../support/queries.js';
import { Listener } from '../support/socket.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { lacking, TwoApps } from '../support/two-apps.js';

const NAME = 'user.updated';
/** Between two that are told of one user. */
const PERIOD_MS = 10_000;

let app: TestApp;
let ada: TestUser;
let bob: TestUser;
const sockets: Listener[] = [];
const streams: EventSource[] = [];

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

/** Whatever was heard, by whomever, is as documented. */
afterEach(() => {
  for (const socket of sockets.splice(0)) {
    expect(socket.events.flatMap(({ name, payload }) => faultsOf(name, payload))).toEqual([]);
    socket.close();
  }
  for (const stream of streams.splice(0)) {
    expect(stream.events.flatMap(({ event, data }) => faultsOf(event, data))).toEqual([]);
    stream.close();
  }
});

async function listen({ accessToken }: TestUser, url = app.url): Promise<Listener> {
  const socket = await Listener.connect(url, accessToken);
  sockets.push(socket);
  return socket;
}

async function stream({ accessToken }: TestUser, chatId?: string): Promise<EventSource> {
  const source = await EventSource.open(app.url, accessToken, { chatId });
  streams.push(source);
  await (chatId ? source.untilPlaced() : source.until(({ event }) => event === 'ready'));
  return source;
}

async function givenRoom(fields: object = {}, members = [bob]): Promise<string> {
  const chatId = await app.givenChat(ada, fields);
  for (const { id } of members) {
    const put = await ada.client.request('PUT', `/chat/${chatId}/members/${id}`);
    expect(put.status).toBe(200);
  }
  return chatId;
}

const resize = (chatId: string, members: number): Promise<unknown> =>
  app.sql('UPDATE chat SET member_count = ? WHERE id = ?', [members, chatId]);

const rename = async (fname: string, { client } = ada): Promise<void> =>
  expect((await client.patch('/userauth/me', { fname })).status).toBe(200);

/** What was heard of changed profiles by all who listen, once there is nothing more to tell. */
async function told(): Promise<{ sockets: string[][]; streams: string[][] }> {
  await app.nest.get(ProfileNews).settle();
  await new Promise((resolve) => setTimeout(resolve, 100)); // on its way
  const names = (events: { name: string; user: { fname: string } }[]): string[] =>
    events.filter(({ name }) => name === NAME).map(({ user }) => user.fname);
  return {
    sockets: sockets.map(({ events }) =>
      names(events.map(({ name, payload }) => ({ name, user: payload.user }))),
    ),
    streams: streams.map(({ events }) =>
      names(events.map(({ event, data }) => ({ name: event, user: data.user }))),
    ),
  };
}

const given = async (): Promise<void> => {
  [ada, bob] = [await app.givenUser({ lname: 'Lovelace' }), await app.givenUser()];
};

describe('a changed profile', () => {
  it('is heard by the user, and once by whoever shares small rooms with them', async () => {
    await given();
    for (const visibility of ['public', 'private', 'public']) await givenRoom({ visibility });
    await ada.client.post('/chat/direct', { user_id: bob.id });
    for (const user of [ada, ada, bob, await app.givenUser()]) await listen(user);
    for (const user of [ada, bob]) await stream(user);
    await rename('Ada');
    expect(await told()).toEqual({
      sockets: [['Ada'], ['Ada'], ['Ada'], []],
      streams: [['Ada'], ['Ada']],
    });
    const user = { id: ada.id, fname: 'Ada', lname: 'Lovelace', profile: null };
    expect(sockets[2].events).toEqual([{ name: NAME, payload: { type: NAME, user } }]);
  });

  it.each([
    [100, ['Ada']],
    [101, []],
  ])('is heard in a room of %d members: %j', async (members, heard) => {
    await given();
    await resize(await givenRoom(), members);
    await listen(bob);
    await rename('Ada');
    expect((await told()).sockets).toEqual([heard]);
  });

  it("is heard in the direct room, by the stream of a small room, and by the user's own of any", async () => {
    await given();
    const carol = await app.givenUser();
    const [small, large] = [await givenRoom({}, [bob, carol]), await givenRoom({}, [carol])];
    await resize(large, 101);
    const direct = await ada.client.post('/chat/direct', { user_id: bob.id });
    const heard = await stream(bob, small);
    await stream(bob, direct.body.id);
    await stream(carol, large);
    await stream(ada, large);
    await stream(carol, small);
    await rename('Ada');
    expect((await told()).streams).toEqual([['Ada'], ['Ada'], [], ['Ada'], ['Ada']]);
    // It has no place in the order of the room, and leaves none.
    const { lastEventId } = heard;
    expect(heard.events.map(({ id }) => id)).toEqual([undefined]);
    await ada.client.post('/message/', { chatid: small, message: 'next' });
    const next = await heard.until(({ event }) => event === 'message.created');
    expect(Number(next.id)).toBe(Number(lastEventId) + 1);
    expect(next.data.message.sender.fname).toBe('Ada');
  });

  it('is no news where nothing is another than before', async () => {
    await given();
    const changed: string[] = [];
    app.nest.get(EventBus).on('profile.changed', ({ userId }) => changed.push(userId));
    const same = { fname: 'Ada', lname: 'Lovelace', profile: null };
    for (let n = 0; n < 2; n++) {
      const { status, body } = await ada.client.patch('/userauth/me', same);
      expect([status, body]).toEqual([200, expect.objectContaining(same)]);
    }
    expect(changed).toEqual([ada.id]);
  });

  it('is told at most every ten seconds, and then as it is by then', async () => {
    await given();
    await givenRoom();
    const [socket, source] = [await listen(bob), await stream(bob)];
    await rename('one');
    await socket.until(({ name }) => name === NAME);
    const first = Date.now();
    for (const name of ['two', 'three']) await rename(name);
    await socket.until(({ payload }) => payload.user.fname === 'three');
    expect(Date.now() - first).toBeGreaterThan(PERIOD_MS - 100);
    await source.until(({ data }) => data.user?.fname === 'three');
    expect(await told()).toEqual({ sockets: [['one', 'three']], streams: [['one', 'three']] });
  });

  it('shows in all that is read from then on', async () => {
    await given();
    const chatId = await givenRoom();
    const sent = await ada.client.post('/message/', { chatid: chatId, message: 'hello' });
    const direct = await ada.client.post('/chat/direct', { user_id: bob.id });
    const shown = async (): Promise<unknown[]> => {
      const get = async (path: string) => (await bob.client.get(path)).body;
      const { data: members } = await get(`/chat/${chatId}/members`);
      return [
        (await get(`/message/?chat_id=${chatId}`)).data[0].sender,
        (await get(`/message/?chat_id=${chatId}&ids=${sent.body.id}`)).data[0].sender,
        (await get(`/message/${sent.body.id}`)).sender,
        (await get(`/chat/${chatId}`)).last_message.sender,
        (await get('/chat/?joined=true')).data[0].last_message.sender,
        (await get(`/chat/${direct.body.id}`)).peer,
        members.find(({ user }: { user: TestUser }) => user.id === ada.id).user,
        (await get(`/users/?ids=${ada.id}`)).data[0],
        (await bob.client.post('/sync', {})).body.chats[0].last_message.sender,
      ];
    };
    for (const fname of ['one', 'two']) {
      await rename(fname);
      await shown(); // from here on it is remembered
      const user = { id: ada.id, fname, lname: 'Lovelace', profile: null };
      expect(await shown()).toEqual(Array.from({ length: 9 }, () => user));
    }
  });

  it('of a user in 5,000 rooms is told in small steps', async () => {
    await given();
    await givenRooms(app, ada, 4999);
    await givenRoom({}, []);
    await listen(bob);
    const news = app.nest.get(ProfileNews);
    const queries = await queriesOf(app.nest.get(Database), async () => {
      await rename('Ada');
      await news.settle();
    });
    const reads = queries.filter(({ sql }) => /SELECT member_count FROM chat/.test(sql));
    expect(reads).toHaveLength(11);
    expect(reads.every(({ parameters }) => parameters.at(-1) === 500)).toBe(true);
  });
});

describe.skipIf(lacking)(`of two processes${lacking && ` (${lacking})`}`, () => {
  let apps: TwoApps;
  beforeAll(async () => {
    apps = await TwoApps.start();
  });
  afterAll(() => apps.stop());

  it('each tells its own of what was changed at either, at most every ten seconds', async () => {
    const { here, there } = apps;
    const [eve, carol] = [await here.givenUser(), await here.givenUser()];
    const chatId = await here.givenChat(eve);
    await carol.client.request('PUT', `/chat/${chatId}/members/me`);
    const both = await Promise.all([here, there].map(({ url }) => listen(carol, url)));
    await rename('one', eve);
    await Promise.all(both.map((each) => each.until(({ name }) => name === NAME)));
    await rename('two', { ...eve, client: apps.elsewhere(eve) });
    await rename('three', eve);
    const isLast = ({ payload }: { payload: { user?: { fname: string } } }): boolean =>
      payload.user?.fname === 'three';
    await Promise.all(both.map((each) => each.until(isLast)));
    for (const { events } of both) {
      const names = events.filter(({ name }) => name === NAME);
      expect(names.map(({ payload }) => payload.user.fname)).toEqual(['one', 'three']);
    }
  });
});
