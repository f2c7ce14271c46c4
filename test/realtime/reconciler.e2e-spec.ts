import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Memberships } from '../../src/chat/memberships.js';
import { EventBus } from '../../src/events/event-bus.js';
import { Subscriptions } from '../../src/realtime/subscriptions.js';
import { Reconciler } from '../../src/realtime/reconciler.js';
import { Reconciliation } from '../../src/realtime/reconciliation.js';
import { EventSource } from '../support/event-source.js';
import { Listener } from '../support/socket.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { until } from '../support/until.js';

let app: TestApp;
let owner: TestUser;
let guest: TestUser;
/** Private rooms of the owner; the guest is in the first. */
let chatId: string;
let otherId: string;
let listener: Listener;
beforeAll(async () => {
  const period = vi.spyOn(Reconciliation.prototype, 'everySeconds', 'get').mockReturnValue(3600); // looks when we say so
  app = await TestApp.start();
  period.mockRestore();
});
beforeEach(async () => {
  [owner, guest] = [await app.givenUser(), await app.givenUser()];
  chatId = await app.givenChat(owner, { visibility: 'private' });
  otherId = await app.givenChat(owner, { visibility: 'private' });
  await add(chatId);
  listener = await Listener.connect(app.url, guest.accessToken);
});
afterEach(() => {
  vi.restoreAllMocks();
  listener.close();
});
afterAll(() => app.stop());

const add = (to: string) => owner.client.request('PUT', `/chat/${to}/members/${guest.id}`);
const remove = (from: string) =>
  owner.client.request('DELETE', `/chat/${from}/members/${guest.id}`);
const send = (to: string) => owner.client.post('/message/', { chatid: to, message: 'hello' });
const look = (): Promise<void> => app.nest.get(Reconciler).look();
const hears = (id: string): boolean =>
  [...app.nest.get(Subscriptions).subscribers(id)].some(({ user }) => user.id === guest.id);
const ready = (): Promise<unknown> => listener.until(({ name }) => name === 'ready');

/** As in another process, whose news do not come here. */
async function untold(...works: (() => Promise<{ status: number }>)[]): Promise<void> {
  const bus = app.nest.get(EventBus);
  const silenced = [
    vi.spyOn(bus, 'announce').mockReturnValue(undefined),
    vi.spyOn(bus, 'publish').mockReturnValue(undefined),
  ];
  for (const work of works) expect((await work()).status).toBeLessThan(300);
  await new Promise((resolve) => setImmediate(resolve));
  for (const each of silenced) each.mockRestore();
}

/** Does something between the query for memberships and its answer. */
function meanwhile(work: () => Promise<unknown>): void {
  const memberships = app.nest.get(Memberships);
  const taken = memberships.taken.bind(memberships);
  vi.spyOn(memberships, 'taken').mockImplementationOnce(async (seats) => {
    const found = await taken(seats);
    await work();
    return found;
  });
}

describe('a look at the database finds', () => {
  it('who was removed, and tells them', async () => {
    await untold(() => remove(chatId));
    expect(hears(chatId)).toBe(true);
    await look();
    expect(hears(chatId)).toBe(false);
    await ready();
  });

  it('who was removed, although the room is in use here', async () => {
    await untold(() => remove(chatId));
    await send(chatId);
    await look();
    expect(hears(chatId)).toBe(false);
  });

  it('who was added, and tells them', async () => {
    await untold(() => add(otherId));
    await look();
    expect(hears(otherId)).toBe(true);
    await ready();
    await send(otherId);
    await listener.until(({ payload }) => payload.message?.chat_id === otherId);
  });

  it('who changed one room for another', async () => {
    await untold(
      () => remove(chatId),
      () => add(otherId),
    );
    await look();
    expect([hears(chatId), hears(otherId)]).toEqual([false, true]);
  });

  it('who was removed from several rooms at once', async () => {
    await add(otherId);
    await until(() => hears(otherId));
    await untold(
      () => remove(chatId),
      () => remove(otherId),
    );
    await look();
    expect([hears(chatId), hears(otherId)]).toEqual([false, false]);
  });

  it('a room that is over, and ends its streams', async () => {
    const stream = await EventSource.open(app.url, guest.accessToken, { chatId });
    await untold(() => owner.client.request('DELETE', `/chat/${chatId}`));
    await look();
    expect(hears(chatId)).toBe(false);
    expect(await stream.ended).toBe(true);
    await ready();
  });

  it('a session that has ended', async () => {
    await untold(() => guest.client.post('/userauth/logout'));
    await look();
    expect(await listener.ended).toBe('io server disconnect');
  });

  it('what was sent, by the second look, and says so once', async () => {
    await untold(() => send(chatId));
    await look();
    expect(listener.names).toEqual([]);
    await look();
    await ready();
    await look();
    await look();
    await send(chatId);
    await listener.until(({ name }) => name === 'message.created');
    expect(listener.names).toEqual(['ready', 'message.created']);
  });

  it('nothing where nothing has happened', async () => {
    await send(chatId);
    await listener.until(({ name }) => name === 'message.created');
    for (let n = 0; n < 3; n++) await look();
    expect(listener.names).toEqual(['message.created']);
    expect([hears(chatId), hears(otherId)]).toEqual([true, false]);
  });
});

describe('news that come while it looks', () => {
  it('count for more: who was added again stays', async () => {
    const stream = await EventSource.open(app.url, guest.accessToken, { chatId });
    await untold(() => remove(chatId));
    meanwhile(async () => {
      await add(chatId);
      await listener.until(({ payload }) => payload.action === 'added');
    });
    await look();
    expect(hears(chatId)).toBe(true);
    const { body } = await send(chatId);
    await stream.until(({ data }) => data.message?.id === body.id);
    expect(listener.names).not.toContain('ready');
    stream.close();
  });

  it('of the same user put off what it found, and no longer than until the next look', async () => {
    const thirdId = await app.givenChat(owner, { visibility: 'private' });
    await untold(
      () => remove(chatId),
      () => add(thirdId),
    );
    meanwhile(async () => {
      await add(otherId);
      await listener.until(({ payload }) => payload.action === 'added');
    });
    await look(); // finds as many rooms as it knew
    expect([hears(chatId), hears(otherId), hears(thirdId)]).toEqual([true, true, false]);
    await look();
    expect([hears(chatId), hears(otherId), hears(thirdId)]).toEqual([false, true, true]);
  });
});
