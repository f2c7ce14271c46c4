import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf } from '../support/event-schemas.js';
import { type HeardEvent, Listener } from '../support/socket.js';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
let owner: TestUser;
let member: TestUser;
let stranger: TestUser;
let chatId: string;
/** Of the owner two sockets, of the others one. */
let sockets: { first: Listener; second: Listener; member: Listener; stranger: Listener };
const listeners: Listener[] = [];

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

async function listen({ accessToken }: TestUser): Promise<Listener> {
  const listener = await Listener.connect(app.url, accessToken);
  listeners.push(listener);
  return listener;
}

async function given(fields: object = {}): Promise<void> {
  [owner, member, stranger] = await Promise.all([1, 2, 3].map(() => app.givenUser()));
  chatId = await app.givenChat(owner, fields);
  await put(owner, `/chat/${chatId}/members/${member.id}`);
  sockets = {
    first: await listen(owner),
    second: await listen(owner),
    member: await listen(member),
    stranger: await listen(stranger),
  };
}

/** Whatever was heard, by whomever, is as documented. */
afterEach(() => {
  for (const listener of listeners.splice(0)) {
    listener.close();
    const faults = listener.events.flatMap(({ name, payload }) => faultsOf(name, payload));
    expect(faults).toEqual([]);
  }
});

async function put({ client }: TestUser, path: string, body?: object): Promise<void> {
  const { status } = await client.request('PUT', path, body);
  expect(status).toBeLessThan(300);
}

async function remove({ client }: TestUser, path: string): Promise<void> {
  expect((await client.request('DELETE', path)).status).toBe(204);
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
async function send({ client }: TestUser, text = 'hello', fields = {}): Promise<any> {
  const { status, body } = await client.post('/message/', {
    chatid: chatId,
    message: text,
    ...fields,
  });
  expect(status).toBeLessThan(300);
  return body;
}

/** What each of some heard of the room up to a last message, which is sent now, without it. */
async function heardBy(...some: Listener[]): Promise<HeardEvent[][]> {
  const { id } = await send(owner, 'the last');
  const isLast = ({ payload }: HeardEvent): boolean => payload.message?.id === id;
  return Promise.all(
    some.map(async (listener) => {
      await listener.until(isLast);
      return listener.of(chatId).filter((event) => !isLast(event));
    }),
  );
}

/** What every member heard, which is the same for all of them, and nothing for a stranger. */
async function heard(): Promise<HeardEvent[]> {
  const { first, second, member: other } = sockets;
  const [events, ...rest] = await heardBy(first, second, other);
  for (const others of rest) expect(others).toEqual(events);
  expect(sockets.stranger.events).toEqual([]);
  return events;
}

const briefly = (events: HeardEvent[]): string[] =>
  events.map(({ name, payload }) => [name, payload.action].filter(Boolean).join(' '));

describe.each(['public', 'private'])('in a %s room', (visibility) => {
  it('a message, its edit and its end reach each socket of each member once', async () => {
    await given({ visibility });
    const message = { ...(await send(member, 'Hello', { client_id: 'one' })), client_id: null };
    await send(member, 'Hello', { client_id: 'one' }); // a repeat is no news
    const path = `/message/${message.id}`;
    const { body } = await member.client.patch(path, { message: 'Hi' });
    const edited = { ...body, client_id: null };
    await member.client.patch(path, { message: 'Hi' }); // which changes nothing
    await remove(member, path);
    const events = await heard();
    expect(events).toEqual([
      {
        name: 'message.created',
        payload: { type: 'message.created', chat_id: chatId, change: 3, message },
      },
      {
        name: 'message.updated',
        payload: {
          type: 'message.updated',
          chat_id: chatId,
          change: 4,
          message: { ...edited, change: 4 },
        },
      },
      {
        name: 'message.deleted',
        payload: {
          type: 'message.deleted',
          chat_id: chatId,
          change: 5,
          message: {
            ...edited,
            change: 5,
            message: null,
            deleted_at: expect.stringMatching(/Z$/),
          },
        },
      },
    ]);
  });

  it('a reaction is heard once, however often it is repeated', async () => {
    await given({ visibility });
    const { id, ...sent } = await send(owner);
    const path = `/message/${id}/reactions/${encodeURIComponent('👍')}`;
    await put(member, path);
    await put(member, path);
    await put(owner, path);
    await remove(member, path);
    await remove(member, path);
    const reaction = (change: number, by: TestUser, added: boolean, count: number): HeardEvent => ({
      name: 'reaction.changed',
      payload: {
        type: 'reaction.changed',
        chat_id: chatId,
        change,
        message: { ...sent, id, change, reactions: [{ emoji: '👍', count }] },
        user_id: by.id,
        emoji: '👍',
        added,
      },
    });
    const [created, ...events] = await heard();
    expect(created.name).toBe('message.created');
    expect(events).toEqual([
      reaction(4, member, true, 1),
      reaction(5, owner, true, 2),
      reaction(6, member, false, 1),
    ]);
  });

  it('a new name is heard, without what is its reader’s own', async () => {
    await given({ visibility });
    const { body } = await owner.client.patch(`/chat/${chatId}`, { chat_name: 'Other' });
    await owner.client.patch(`/chat/${chatId}`, { chat_name: 'Other' });
    const chat = { ...body };
    for (const own of ['last_message', 'role', 'read_seq', 'unread_count']) delete chat[own];
    const [event, ...rest] = await heard();
    expect(event).toEqual({
      name: 'chat.updated',
      payload: {
        type: 'chat.updated',
        chat_id: chatId,
        change: 3,
        chat: { ...chat, chat_name: 'Other' },
      },
    });
    expect(rest).toEqual([]);
  });

  it('roles, the hand-over and a member who leaves are heard', async () => {
    await given({ visibility });
    const members = `/chat/${chatId}/members`;
    await put(owner, `${members}/${member.id}`, { role: 'admin' });
    await put(owner, `${members}/${member.id}`, { role: 'admin' });
    await put(owner, `${members}/${member.id}`, { role: 'owner' });
    const events = await heard();
    expect(
      events.map(({ payload: { change, member: who, action } }) => ({
        change,
        id: who.user.id,
        role: who.role,
        action,
      })),
    ).toEqual([
      { change: 3, id: member.id, role: 'admin', action: 'changed' },
      { change: 4, id: owner.id, role: 'admin', action: 'changed' },
      { change: 5, id: member.id, role: 'owner', action: 'changed' },
    ]);
  });

  it('who is added hears it first, who is removed hears it last', async () => {
    await given({ visibility });
    const path = `/chat/${chatId}/members/${stranger.id}`;
    await send(owner, 'before');
    await put(owner, path);
    await send(owner, 'between');
    await remove(owner, path);
    await send(owner, 'after');
    const [events] = await heardBy(sockets.first);
    expect(briefly(events)).toEqual([
      'message.created',
      'member.changed added',
      'message.created',
      'member.changed removed',
      'message.created',
    ]);
    expect(sockets.stranger.events).toEqual(events.slice(1, 4));
    expect(events[1].payload).toEqual({
      type: 'member.changed',
      chat_id: chatId,
      change: 4,
      action: 'added',
      member: {
        user: { id: stranger.id, fname: null, lname: null, profile: null },
        role: 'member',
        joined_at: expect.stringMatching(/Z$/),
        read_seq: 1,
      },
      member_count: 3,
    });
    expect(events[3].payload).toMatchObject({ action: 'removed', member_count: 2 });
  });

  it('its end is the last that members hear', async () => {
    await given({ visibility });
    await remove(owner, `/chat/${chatId}`);
    const { first, second, member: other } = sockets;
    for (const listener of [first, second, other]) {
      const { payload } = await listener.until(({ name }) => name === 'chat.deleted');
      expect(payload).toEqual({ type: 'chat.deleted', chat_id: chatId });
      expect(listener.names).toEqual(['chat.deleted']);
    }
    expect(sockets.stranger.events).toEqual([]);
  });
});

it('the first post in a public room brings who joins, and then the message', async () => {
  await given();
  await send(stranger);
  const [events, own] = await heardBy(sockets.member, sockets.stranger);
  expect(briefly(events)).toEqual(['member.changed added', 'message.created']);
  expect(own).toEqual(events);
  expect(events.map(({ payload }) => payload.change)).toEqual([3, 4]);
});

it('the first reaction in a public room brings who joins, and then the reaction', async () => {
  await given();
  const { id } = await send(owner);
  await put(stranger, `/message/${id}/reactions/${encodeURIComponent('👍')}`);
  const [events] = await heardBy(sockets.stranger);
  expect(briefly(events)).toEqual(['member.changed added', 'reaction.changed']);
});

it('a new room is heard of by its maker, a direct one by both', async () => {
  await given();
  const made = await app.givenChat(owner);
  const { body: direct } = await owner.client.post('/chat/direct', { user_id: stranger.id });
  for (const listener of [sockets.first, sockets.second]) {
    await listener.until(({ payload }) => payload.chat_id === direct.id);
    expect(
      listener.of(made).map(({ payload: { action, member: who } }) => [action, who.role]),
    ).toEqual([['added', 'owner']]);
  }
  await sockets.stranger.until(({ payload }) => payload.member?.user.id === stranger.id);
  await owner.client.post('/message/', { chatid: direct.id, message: 'psst' });
  await sockets.stranger.until(({ name }) => name === 'message.created');
  // Both joined with one change: the other one hears of theirs alone.
  expect(briefly(sockets.stranger.events)).toEqual(['member.changed added', 'message.created']);
  expect(briefly(sockets.first.of(direct.id)).slice(0, 2)).toEqual([
    'member.changed added',
    'member.changed added',
  ]);
  expect(sockets.member.of(direct.id)).toEqual([]);
  expect(sockets.member.of(made)).toEqual([]);
});

it('an owner who is alone ends the room by leaving', async () => {
  await given();
  const alone = await app.givenChat(owner);
  await remove(owner, `/chat/${alone}/members/me`);
  await sockets.second.until(({ name }) => name === 'chat.deleted');
  expect(briefly(sockets.second.of(alone))).toEqual(['member.changed added', 'chat.deleted']);
});
