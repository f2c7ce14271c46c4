import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChatRepository } from '../../src/chat/chat.repository.js';
import { newId } from '../../src/crypto/ids.js';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { EventBus } from '../../src/events/event-bus.js';
import { Reconciliation } from '../../src/realtime/reconciliation.js';
import { Reconciler } from '../../src/realtime/reconciler.js';
import { faultsOf } from '../support/event-schemas.js';
import { Listener } from '../support/socket.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

const THUMB = encodeURIComponent('👍');

let app: TestApp;
let owner: TestUser;
let member: TestUser;
let chatId: string;
let ownerHears: Listener;
/** Two sockets of the member. */
let memberHears: Listener;
let memberHearsToo: Listener;

beforeAll(async () => {
  const period = vi.spyOn(Reconciliation.prototype, 'everySeconds', 'get').mockReturnValue(3600); // looks when we say so
  app = await TestApp.start();
  period.mockRestore();
});
afterAll(() => app.stop());

beforeEach(async () => {
  [owner, member] = [await app.givenUser(), await app.givenUser({ fname: 'Ada' })];
  chatId = await app.givenChat(owner);
  await put(member, `/chat/${chatId}/members/me`);
  [ownerHears, memberHears, memberHearsToo] = await Promise.all(
    [owner, member, member].map(({ accessToken }) => Listener.connect(app.url, accessToken)),
  );
});

/** Whatever was heard, by whomever, is as documented. */
afterEach(() => {
  for (const listener of [ownerHears, memberHears, memberHearsToo]) {
    listener.close();
    expect(listener.events.flatMap(({ name, payload }) => faultsOf(name, payload))).toEqual([]);
  }
});

async function put({ client }: TestUser, path: string, body?: object): Promise<void> {
  expect((await client.request('PUT', path, body)).status).toBeLessThan(300);
}

async function send({ client }: TestUser, message: string): Promise<string> {
  const { status, body } = await client.post('/message/', { chatid: chatId, message });
  expect(status).toBe(201);
  return body.id;
}

/** What each of some heard by one name, once all that was done so far has arrived. */
async function heard(name: string, ...some: Listener[]): Promise<unknown[][]> {
  const id = await send(owner, 'the last');
  await Promise.all(some.map((one) => one.until(({ payload }) => payload.message?.id === id)));
  return some.map((one) => one.of(chatId, name).map(({ payload }) => payload));
}

/** @param left what only its user hears: how much is left to read */
const read = (seq: number, left?: number): object => ({
  type: 'read.changed',
  chat_id: chatId,
  user_id: member.id,
  read_seq: seq,
  ...(left !== undefined && { unread_count: left }),
});

describe('a read marker', () => {
  it('is heard where it moves, up to the end', async () => {
    await send(owner, 'one');
    await send(owner, 'two');
    for (const seq of [1, 1, 2, 1, 99]) await put(member, `/chat/${chatId}/read`, { seq });
    expect(await heard('read.changed', ownerHears, memberHears)).toEqual([
      [read(1), read(2)],
      [read(1, 1), read(2, 0)],
    ]);
  });

  it('tells its user how much is left beside what is deleted', async () => {
    const ids = [await send(owner, 'one'), await send(owner, 'two'), await send(owner, 'three')];
    for (const id of ids.slice(0, 2)) await owner.client.request('DELETE', `/message/${id}`);
    for (const seq of [1, 2]) await put(member, `/chat/${chatId}/read`, { seq });
    expect(await heard('read.changed', memberHears)).toEqual([[read(1, 1), read(2, 1)]]);
  });

  it('is heard by its user alone in a room of more than 100', async () => {
    const setCount = (count: number): Promise<unknown> =>
      app.sql('UPDATE chat SET member_count = ? WHERE id = ?', [count, chatId]);
    await setCount(100);
    await send(owner, 'one');
    await put(member, `/chat/${chatId}/read`, { seq: 1 });
    await setCount(101);
    await send(owner, 'two');
    await put(member, `/chat/${chatId}/read`, { seq: 2 });
    expect(await heard('read.changed', ownerHears, memberHears, memberHearsToo)).toEqual([
      [read(1)],
      [read(1, 0), read(2, 0)],
      [read(1, 0), read(2, 0)],
    ]);
  });
});

describe('typing', () => {
  const typing = (user: TestUser): object => ({
    type: 'typing',
    chat_id: chatId,
    user_id: user.id,
  });
  const type = (listener: Listener): Promise<unknown> =>
    listener.ask('typing', { chat_id: chatId });

  it('reaches the others once in two seconds, and no socket of who types', async () => {
    for (const listener of [memberHears, memberHears, memberHearsToo]) {
      expect(await type(listener)).toBeNull();
    }
    expect(await type(ownerHears)).toBeNull();
    expect(await heard('typing', ownerHears, memberHears, memberHearsToo)).toEqual([
      [typing(member)],
      [typing(owner)],
      [typing(owner)],
    ]);
    await expect
      .poll(
        async () => {
          await type(memberHears);
          return ownerHears.of(chatId, 'typing').length;
        },
        { timeout: 4000, interval: 200 },
      )
      .toBe(2);
  });

  it('works without an acknowledgement', async () => {
    memberHears.socket.emit('typing', { chat_id: chatId });
    await ownerHears.until(({ name }) => name === 'typing');
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'x'],
    ['a list', []],
    ['no id', {}],
    ['a number', { chat_id: 1 }],
    ['an object', { chat_id: { id: 'x' } }],
    ['what is no id', { chat_id: 'x' }],
    ['an id in capitals', { chat_id: '01A20518-A3E5-700D-8D2D-921A43B79AD6' }],
  ])('with %s is a 400', async (_what, body) => {
    expect(await memberHears.ask('typing', body)).toEqual({
      type: 'urn:conclave:problem:invalid-input',
      title: 'Invalid input',
      status: 400,
      detail: expect.any(String),
      errors: [{ field: 'chat_id', messages: [expect.stringContaining('chat_id must be an id')] }],
    });
  });

  it('in a room that one has not joined, or that is not there, is a 404', async () => {
    const open = await app.givenChat(owner);
    for (const id of [open, newId()]) {
      const problem = await memberHears.ask('typing', { chat_id: id });
      expect(problem).toMatchObject({ status: 404, title: 'Not found' });
    }
    expect(ownerHears.of(open, 'typing')).toEqual([]);
  });

  it('ends with the membership', async () => {
    await app.as(member).request('DELETE', `/chat/${chatId}/members/me`);
    await memberHears.until(({ payload }) => payload.action === 'removed');
    expect(await type(memberHears)).toMatchObject({ status: 404 });
  });

  it('leaves no trace in the database', async () => {
    const state = async (): Promise<unknown> =>
      JSON.stringify(
        await Promise.all([
          app.sql('SELECT * FROM chat WHERE id = ?', [chatId]),
          app.sql('SELECT * FROM member WHERE chat_id = ? ORDER BY user_id', [chatId]),
          app.sql('SELECT * FROM message WHERE chat_id = ?', [chatId]),
        ]),
      );
    const before = await state();
    await type(memberHears);
    await ownerHears.until(({ name }) => name === 'typing');
    expect(await state()).toBe(before);
  });
});

it('an erasure is heard: who left, tombstones, and reactions taken back', async () => {
  const theirs = await send(member, 'mine');
  await put(member, `/message/${await send(owner, 'ours')}/reactions/${THUMB}`);
  const { status } = await member.client.request('DELETE', '/userauth/me', { password: PASSWORD });
  expect(status).toBe(204);
  expect(await memberHears.ended).toBe('io server disconnect');
  await app.nest.get(ErasureTask).settle();
  await heard('', ownerHears);
  expect(ownerHears.names).toEqual([
    'message.created',
    'message.created',
    'reaction.changed',
    'member.changed',
    'message.deleted',
    'reaction.changed',
    'message.created',
  ]);
  const [left, deleted, reaction] = ownerHears.events.slice(3, 6).map(({ payload }) => payload);
  const nobody = { id: member.id, fname: null, lname: null, profile: null };
  expect(left).toMatchObject({ action: 'removed', member: { user: nobody } });
  expect(deleted.message).toMatchObject({ id: theirs, message: null, sender: nobody });
  expect(deleted.message.deleted_at).toMatch(/Z$/);
  expect(reaction).toMatchObject({ user_id: member.id, added: false, message: { reactions: [] } });
});

it('the erasure of an owner hands their room over', async () => {
  const { status } = await owner.client.request('DELETE', '/userauth/me', { password: PASSWORD });
  expect(status).toBe(204);
  await memberHears.until(({ payload }) => payload.action === 'removed');
  const changes = memberHears.of(chatId, 'member.changed').map(({ payload }) => payload);
  expect(changes.map(({ change, action, member: who }) => [change, action, who.user.id])).toEqual([
    [3, 'changed', member.id],
    [4, 'removed', owner.id],
  ]);
});

it('who is found not to be a member any more still hears why', async () => {
  const announce = vi.spyOn(app.nest.get(EventBus), 'announce').mockReturnValue(undefined);
  await owner.client.request('DELETE', `/chat/${chatId}/members/${member.id}`);
  const held = announce.mock.calls.map(([events]) => events);
  announce.mockRestore();
  await app.nest.get(Reconciler).look();
  held.forEach((events) => app.nest.get(EventBus).announce(events));
  for (const listener of [ownerHears, memberHears, memberHearsToo]) {
    await listener.until(({ payload }) => payload.action === 'removed');
  }
  await send(owner, 'after');
  await ownerHears.until(({ name }) => name === 'message.created');
  for (const { events } of [memberHears, memberHearsToo]) {
    expect(events.map(({ name }) => name).sort()).toEqual(['member.changed', 'ready']);
  }
});

describe('a room that is over and still to be cleared away', () => {
  const typing = (listener: Listener): Promise<{ status: number } | null> =>
    listener.ask('typing', { chat_id: chatId });

  it('is heard neither by those who connect nor after the next look', async () => {
    expect(await typing(memberHears)).toBeNull();
    await app.sql('UPDATE chat SET deleted_at = ? WHERE id = ?', [Date.now(), chatId]);
    const late = await Listener.connect(app.url, member.accessToken);
    expect(await typing(late)).toMatchObject({ status: 404 });
    await app.nest.get(Reconciler).look();
    expect(await typing(memberHears)).toMatchObject({ status: 404 });
    late.close();
  });

  it('is not heard by those who connected while it ended', async () => {
    const chats = app.nest.get(ChatRepository);
    const joinedChanges = chats.joinedChanges.bind(chats);
    const look = vi.spyOn(chats, 'joinedChanges').mockImplementationOnce(async (ids) => {
      const joined = await joinedChanges(ids);
      await owner.client.request('DELETE', `/chat/${chatId}`);
      await ownerHears.until(({ name }) => name === 'chat.deleted');
      return joined;
    });
    const late = await Listener.connect(app.url, member.accessToken);
    expect(look).toHaveBeenCalledTimes(1);
    expect(await typing(late)).toMatchObject({ status: 404 });
    late.close();
  });
});
