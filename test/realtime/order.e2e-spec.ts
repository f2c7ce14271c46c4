import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { EventBus } from '../../src/events/event-bus.js';
import type { RoomEvent } from '../../src/events/events.js';
import { Listener } from '../support/socket.js';
import { TestApp, type TestUser } from '../support/test-app.js';

const OPERATIONS = 200;
const ROUNDS = 50;
const THUMB = encodeURIComponent('👍');

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

const listen = ({ accessToken }: TestUser): Promise<Listener> =>
  Listener.connect(app.url, accessToken);

async function givenUsers(count: number): Promise<TestUser[]> {
  return Promise.all(Array.from({ length: count }, () => app.givenUser()));
}

const changesOf = (listener: Listener, chatId: string): number[] =>
  listener.of(chatId).map(({ payload }) => payload.change);

it('brings each change of a room once and in order, whatever happens at once', async () => {
  const [owner, ...others] = await givenUsers(6);
  const chatId = await app.givenChat(owner);
  const send = async ({ client }: TestUser, n: number): Promise<string> =>
    (await client.post('/message/', { chatid: chatId, message: `Message ${n}` })).body.id;
  const members = others.slice(0, 3);
  for (const [n, user] of members.entries()) await send(user, n);
  const ids = await Promise.all(members.map(send));
  const listeners = await Promise.all([owner, owner, ...members].map(listen));
  const before = (await owner.client.get(`/chat/${chatId}`)).body.last_change;

  const operate = (n: number): Promise<unknown> => {
    const at = n % members.length;
    const guest = others[3 + (n % 2)];
    const message = `/message/${ids[at]}`;
    return [
      () => send(members[at], n),
      () => send(owner, n),
      () => members[at].client.patch(message, { message: `Edit ${n}` }),
      () => others[n % 4].client.request('PUT', `${message}/reactions/${THUMB}`),
      () => others[n % 4].client.request('DELETE', `${message}/reactions/${THUMB}`),
      () => guest.client.request('PUT', `/chat/${chatId}/members/me`),
      () => guest.client.request('DELETE', `/chat/${chatId}/members/me`),
      () => owner.client.patch(`/chat/${chatId}`, { chat_name: `Name ${n}` }),
      async () => owner.client.request('DELETE', `/message/${await send(guest, n)}`),
    ][n % 9]();
  };
  await Promise.all(Array.from({ length: OPERATIONS }, (_, n) => operate(n)));

  const last = (await owner.client.get(`/chat/${chatId}`)).body.last_change;
  expect(last - before).toBeGreaterThan(OPERATIONS / 2);
  const expected = Array.from({ length: last - before }, (_, n) => before + 1 + n);
  for (const listener of listeners) {
    await listener.until(({ payload }) => payload.change === last);
    expect(changesOf(listener, chatId)).toEqual(expected);
    listener.close();
  }
});

it('never brings a message to one removed before, even while they connect', async () => {
  const [owner, removed] = await givenUsers(2);
  const chatId = await app.givenChat(owner, { visibility: 'private' });
  const path = `/chat/${chatId}/members/${removed.id}`;
  for (let n = 0; n < ROUNDS; n++) {
    await owner.client.request('PUT', path);
    const [listener] = await Promise.all([listen(removed), owner.client.request('DELETE', path)]);
    const { body } = await owner.client.post('/message/', { chatid: chatId, message: 'secret' });
    // What comes after it has come shows that it did not come.
    const own = await app.givenChat(removed);
    await listener.until(({ payload }) => payload.chat_id === own);
    const events = listener.of(chatId);
    expect(listener.events.filter(({ payload }) => payload.message?.id === body.id)).toEqual([]);
    if (events.length > 0) expect(events.at(-1)!.payload.action).toBe('removed');
    listener.close();
  }
});

it('brings every message to one added while they connect', async () => {
  const [owner, added] = await givenUsers(2);
  for (let n = 0; n < ROUNDS; n++) {
    const chatId = await app.givenChat(owner, { visibility: 'private' });
    const path = `/chat/${chatId}/members/${added.id}`;
    const [listener] = await Promise.all([listen(added), owner.client.request('PUT', path)]);
    const { body } = await owner.client.post('/message/', { chatid: chatId, message: 'welcome' });
    await listener.until(({ payload }) => payload.message?.id === body.id);
    const sent = listener.of(chatId, 'message.created');
    expect(sent).toHaveLength(1);
    listener.close();
  }
});

it('brings nothing of a quiet room after a removal whose news crossed with it', async () => {
  const [owner, removed] = await givenUsers(2);
  const chatId = await app.givenChat(owner, { visibility: 'private' });
  await owner.client.request('PUT', `/chat/${chatId}/members/${removed.id}`);
  const { last_change: last } = (await owner.client.get(`/chat/${chatId}`)).body;
  const [guest, control] = await Promise.all([removed, owner].map(listen));
  const news = (name: RoomEvent['name'], change: number): RoomEvent => {
    const payload = { type: name, chat_id: chatId, change };
    return { type: 'room.event', name, chatId, change, payload };
  };
  const removal: RoomEvent = {
    ...news('member.changed', last + 1),
    subject: { userId: removed.id, action: 'removed' },
  };
  app.nest.get(EventBus).announce([news('message.created', last + 2), removal]);
  await control.until(({ name }) => name === 'message.created');
  expect(control.names).toEqual(['member.changed', 'message.created']);
  const own = await app.givenChat(removed); // what comes after it has come
  await guest.until(({ payload }) => payload.chat_id === own);
  expect(guest.of(chatId).map(({ name }) => name)).toEqual(['member.changed']);
  [guest, control].forEach((each) => each.close());
});

it('waits in no room until another one is followed', async () => {
  const [owner, added] = await givenUsers(2);
  const [quick, slow] = [await app.givenChat(owner), await app.givenChat(owner)];
  const [listener, guest] = await Promise.all([owner, added].map(listen));
  const follow = vi.spyOn(app.nest.get(EventBus), 'follow');
  follow.mockReturnValueOnce(new Promise(() => undefined));
  await owner.client.request('PUT', `/chat/${slow}/members/${added.id}`);
  await guest.until(({ payload }) => payload.action === 'added');
  const { body } = await owner.client.post('/message/', { chatid: quick, message: 'hello' });
  await listener.until(({ payload }) => payload.message?.id === body.id);
  expect(follow).toHaveBeenCalledTimes(1);
  follow.mockRestore();
  [listener, guest].forEach((each) => each.close());
});
