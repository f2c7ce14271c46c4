import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { Reconciler } from '../../src/realtime/reconciler.js';
import { faultsOf } from '../support/event-schemas.js';
import { EventSource } from '../support/event-source.js';
import { type HeardEvent, Listener } from '../support/socket.js';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
let user: TestUser;
let chatId: string;
let ids: string[];
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());
/** A room that has come to change 4. */
beforeEach(async () => {
  ({ user, chatId } = await app.givenMember());
  ids = [await send('one'), await send('two'), await send('three')];
});

async function send(message: string): Promise<string> {
  const { status, body } = await user.client.post('/message/', { chatid: chatId, message });
  expect(status).toBe(201);
  return body.id;
}

/** As the database has it. */
async function stored(): Promise<string> {
  const [{ history }] = await app.sql<{ history: string }>('SELECT history FROM installation');
  return history;
}

const begunAnew = (): Promise<unknown> => app.sql('DELETE FROM installation');

describe('changed_after', () => {
  const since = async (query: string) => {
    const { status, body } = await user.client.get(`/message/?chat_id=${chatId}&${query}`);
    expect(status).toBe(200);
    const { data, ...rest } = body;
    return { ids: data.map((message: { id: string }) => message.id), ...rest };
  };

  it('names the history, and goes on in the same one', async () => {
    const history = await stored();
    const all = { ids, change: 4, has_more: false, history };
    expect(await since('changed_after=0')).toEqual(all);
    expect(await since(`changed_after=0&history=${history}`)).toEqual(all);
    const none = { ...all, ids: [] };
    expect(await since(`changed_after=4&history=${history}`)).toEqual(none);
    expect(await since('changed_after=4')).toEqual(none);
  });

  it.each(['changed_after=5', 'changed_after=2147483647', `changed_after=3&history=${newId()}`])(
    'begins anew with %s, which the server knows nothing of',
    async (query) => {
      const history = await stored();
      const anew = { ids, change: 4, has_more: false, history, reset: true };
      expect(await since(query)).toEqual(anew);
      const begun = { ids: [ids[0]], change: 2, has_more: true, history, reset: true };
      expect(await since(`${query}&limit=1`)).toEqual(begun);
      const rest = { ids: ids.slice(1), change: 4, has_more: false, history };
      expect(await since(`changed_after=2&history=${history}`)).toEqual(rest);
    },
  );

  it.each(['', 'after=1&', 'before=1&'])('alone takes it: %shistory is refused', async (other) => {
    const query = `chat_id=${chatId}&${other}history=${newId()}`;
    const { status, body } = await user.client.get(`/message/?${query}`);
    expect(status).toBe(400);
    expect(body.errors[0].field).toBe('history');
  });

  it.each(['', 'x', 'X'.repeat(36)])('refuses the history "%s"', async (history) => {
    const query = `chat_id=${chatId}&changed_after=1&history=${history}`;
    expect((await user.client.get(`/message/?${query}`)).status).toBe(400);
  });

  it('tells a stranger nothing', async () => {
    const { user: other, chatId: secret } = await app.givenMember();
    await other.client.patch(`/chat/${secret}`, { visibility: 'private' });
    const query = `chat_id=${secret}&changed_after=1&history=${newId()}`;
    expect((await user.client.get(`/message/?${query}`)).status).toBe(404);
  });
});

describe('POST /sync', () => {
  const sync = async (body: object) => {
    const { status, body: answer } = await user.client.post('/sync', body);
    expect(status).toBe(200);
    const { chats, messages, ...rest } = answer;
    const ofRooms = chats.map(({ id }: { id: string }) => id);
    const ofMessages = messages.map(({ id }: { id: string }) => id);
    return { ...rest, chats: ofRooms, messages: ofMessages };
  };
  const nothing = { reads: {}, gone: [], reset: [], chats: [], messages: [], has_more: false };

  it('names the history, and goes on in the same one', async () => {
    const history = await stored();
    const rooms = { [chatId]: 4 };
    expect(await sync({})).toEqual({ ...nothing, history, rooms, chats: [chatId] });
    const since = { ...nothing, history, rooms, chats: [chatId], messages: [ids[2]] };
    expect(await sync({ rooms: { [chatId]: 3 }, history })).toEqual(since);
    expect(await sync({ rooms: { [chatId]: 3 } })).toEqual(since);
    expect(await sync({ rooms, history })).toEqual({ ...nothing, history, rooms });
  });

  it('resets every joined room after another history, each as if it had not been named', async () => {
    const history = await stored();
    const second = await app.givenChat(user);
    const elsewhere = await app.givenChat(await app.givenUser());
    const rooms = { [chatId]: 4, [second]: 1 };
    const anew = { ...nothing, history, rooms, reset: [chatId, second], chats: [chatId, second] };
    const sent = { [chatId]: 3, [elsewhere]: 1 };
    expect(await sync({ rooms: sent, history: newId() })).toEqual({ ...anew, gone: [elsewhere] });
    expect(await sync({ history: newId() })).toEqual(anew);
    expect(await sync({ rooms, history })).toEqual({ ...nothing, history, rooms });
  });

  it.each([5, 2_147_483_648, Number.MAX_SAFE_INTEGER])(
    'resets the room that has not come to the change %s, and no other',
    async (change) => {
      const history = await stored();
      const second = await app.givenChat(user);
      const rooms = { [chatId]: 4, [second]: 1 };
      const answer = await sync({ rooms: { ...rooms, [chatId]: change }, history });
      expect(answer).toEqual({ ...nothing, history, rooms, reset: [chatId], chats: [chatId] });
    },
  );

  it('begins a history where an operator has ended the last one', async () => {
    const before = await stored();
    await begunAnew();
    const rooms = { [chatId]: 4 };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => sync({ rooms, history: before })),
    );
    const history = await stored();
    expect(history).not.toBe(before);
    const anew = { ...nothing, history, rooms, reset: [chatId], chats: [chatId] };
    for (const answer of answers) expect(answer).toEqual(anew);
  });
});

describe('events', () => {
  const open: { close(): void }[] = [];
  afterEach(() => open.splice(0).forEach((each) => each.close()));

  async function stream(
    place: Parameters<typeof EventSource.open>[2] = { chatId },
  ): Promise<EventSource> {
    const source = await EventSource.open(app.url, user.accessToken, place);
    open.push(source);
    return source;
  }

  async function socket(): Promise<Listener> {
    const listener = await Listener.connect(app.url, user.accessToken);
    open.push(listener);
    return listener;
  }

  it.each<[string, () => { lastEventId?: number; history?: string }]>([
    ['a change beyond the end', () => ({ lastEventId: 5 })],
    ['a change far beyond the end', () => ({ lastEventId: 2_147_483_647 })],
    ['another history', () => ({ lastEventId: 3, history: newId() })],
    ['another history at the end', () => ({ lastEventId: 4, history: newId() })],
    ['another history alone', () => ({ history: newId() })],
  ])('the stream of a room after %s begins with reset, and replays nothing', async (_, place) => {
    const source = await stream({ chatId, ...place() });
    const first = await source.until(() => true);
    const data = { type: 'reset', chat_id: chatId, change: 4, history: await stored() };
    expect(first).toEqual({ id: '4', event: 'reset', data });
    expect(faultsOf('reset', data)).toEqual([]);
    const live = await send('live');
    const { id } = await source.until((event) => event.data.message?.id === live);
    expect(id).toBe('5');
    expect(source.names.filter((name) => name !== 'read.changed')).toEqual([
      'reset',
      'message.created',
    ]);
  });

  it('the stream of a room goes on in the same history', async () => {
    const source = await stream({ chatId, lastEventId: 3, history: await stored() });
    await source.until(({ event }) => event === 'chat.updated');
    expect(source.names.slice(0, 2)).toEqual(['message.created', 'chat.updated']);
  });

  it('sockets and streams of all rooms begin with ready, which names the history', async () => {
    const history = await stored();
    expect((await socket()).history).toBe(history);
    const source = await stream({});
    const { data } = await source.until(() => true);
    expect(data).toEqual({ type: 'ready', history });
    expect(faultsOf('ready', data)).toEqual([]);
  });

  it('a socket is told ready each time it connects', async () => {
    const listener = await Listener.connect(app.url, user.accessToken, { reconnection: true });
    open.push(listener);
    listener.socket.io.engine.close();
    const { payload } = await listener.until(({ name }) => name === 'ready');
    expect(payload).toEqual({ type: 'ready', history: listener.history });
  });

  it('everyone is told when a new history has begun, at the next look', async () => {
    const reconciler = app.nest.get(Reconciler);
    const listener = await socket();
    const [all, room] = [await stream({}), await stream()];
    await room.untilPlaced();
    const before = await stored();
    await reconciler.look();
    await begunAnew();
    await reconciler.look();
    const history = await stored();
    expect(history).not.toBe(before);
    const isNews = ({ name, payload }: HeardEvent): boolean =>
      name === 'ready' && payload.history === history;
    await listener.until(isNews);
    await all.until(({ event, data }) => event === 'ready' && data.history === history);
    const { data } = await room.until(({ event }) => event === 'reset');
    expect(data).toEqual({ type: 'reset', chat_id: chatId, change: 4, history });

    await reconciler.look(); // which is no news any more
    const live = await send('live');
    await listener.until((event) => event.payload.message?.id === live);
    await room.until((event) => event.data.message?.id === live);
    expect(listener.events.filter(isNews)).toHaveLength(1);
    expect(room.names.filter((name) => name === 'reset')).toHaveLength(1);
  });

  it('the stream of a room that went back goes on from where it stands', async () => {
    const source = await stream();
    await source.untilPlaced();
    // As a failover leaves it that lost a commit, or a restore.
    await app.sql('DELETE FROM message WHERE id = ?', [ids[2]]);
    await app.sql('UPDATE chat SET last_seq = 2, last_change = 3 WHERE id = ?', [chatId]);
    await app.nest.get(Reconciler).look(true);
    const { id } = await source.until(({ event }) => event === 'reset');
    expect(id).toBe('3');
    const live = await send('live');
    expect((await source.until(({ data }) => data.message?.id === live)).id).toBe('4');
  });
});
