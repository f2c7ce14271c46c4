import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MockInstance, vi } from 'vitest';
import { EventBus } from '../../src/events/event-bus.js';
import { MessageRepository } from '../../src/message/read/message.repository.js';
import { Reconciler } from '../../src/realtime/reconciler.js';
import { RoomStream } from '../../src/realtime/room-stream.js';
import { EventSource, type StreamedEvent } from '../support/event-source.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { until } from '../support/until.js';

const CUTS = 20;
const MESSAGES = 400;
/** Messages in flight at any moment. */
const SENDERS = 4;

let app: TestApp;
let owner: TestUser;
let chatId: string;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

async function givenRoom(): Promise<void> {
  ({ user: owner, chatId } = await app.givenMember());
}

/** Sends until all are sent; every fourth is edited, every eighth deleted. Returns their ids. */
async function sendAll(): Promise<string[]> {
  const ids: string[] = [];
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < MESSAGES) {
      const n = next++;
      const { status, body } = await owner.client.post('/message/', {
        chatid: chatId,
        message: `Message ${n}`,
      });
      expect(status).toBe(201);
      ids.push(body.id);
      if (n % 8 === 0) await owner.client.request('DELETE', `/message/${body.id}`);
      else if (n % 4 === 0)
        await owner.client.patch(`/message/${body.id}`, { message: `Edit ${n}` });
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  return ids;
}

/** The room as one who takes in these events sees it: of each message the newest state. */
function stateOf(events: StreamedEvent[]): Map<string, { change: number; message: string | null }> {
  const state = new Map<string, { change: number; message: string | null }>();
  for (const { data } of events) {
    if (!data.message) continue;
    const { id, change, message } = data.message;
    if ((state.get(id)?.change ?? 0) < change) state.set(id, { change, message });
  }
  return state;
}

async function expectComplete(events: StreamedEvent[], ids: string[]): Promise<void> {
  const state = stateOf(events);
  expect([...state.keys()].sort()).toEqual([...ids].sort());
  const truth = new Map<string, { change: number; message: string | null }>();
  for (let [after, more] = [0, true]; more;) {
    const query = `chat_id=${chatId}&changed_after=${after}&limit=200`;
    const { body } = await owner.client.get(`/message/?${query}`);
    for (const { id, change, message } of body.data) truth.set(id, { change, message });
    [after, more] = [body.change, body.has_more];
  }
  expect(truth.size).toBe(ids.length);
  expect(state).toEqual(truth);
}

it('a stream that is cut again and again while messages flow misses none', async () => {
  await givenRoom();
  const events: StreamedEvent[] = [];
  let place: string | undefined = '0';
  let isDone = false;
  const sending = sendAll().finally(() => (isDone = true));
  let cuts = 0;
  while (!isDone || cuts < CUTS) {
    const stream = await EventSource.open(app.url, owner.accessToken, {
      chatId,
      lastEventId: place,
    });
    await sleep(Math.random() * 40);
    stream.close();
    await stream.ended;
    place = stream.lastEventId ?? place;
    events.push(...stream.events);
    cuts++;
  }
  const ids = await sending;
  const last = await EventSource.open(app.url, owner.accessToken, { chatId, lastEventId: place });
  const { body: chat } = await owner.client.get(`/chat/${chatId}`);
  if (Number(place) < chat.last_change) {
    await last.until(({ id }) => Number(id) >= chat.last_change);
  }
  last.close();
  await expectComplete([...events, ...last.events], ids);
});

it('a stream that resumes while messages flow brings each change once, in order', async () => {
  await givenRoom();
  await sendAll().then((ids) => expect(ids).toHaveLength(MESSAGES));
  const sending = sendAll();
  const stream = await EventSource.open(app.url, owner.accessToken, { chatId, lastEventId: 1 });
  await sending;
  const { body: chat } = await owner.client.get(`/chat/${chatId}`);
  await stream.until(({ id }) => Number(id) >= chat.last_change);
  stream.close();
  const changes = stream.events.flatMap(({ data }) => (data.message ? [data.change] : []));
  expect(changes).toEqual([...new Set(changes)].sort((one, other) => one - other));
  const places = stream.events.map(({ id }) => Number(id));
  expect(places).toEqual([...places].sort((one, other) => one - other));
  expect(stateOf(stream.events).size).toBe(2 * MESSAGES);
});

/** Lets a stream read what it has missed only when told to. */
function holdReplay(): { begun: MockInstance; release: () => void } {
  const repository = app.nest.get(MessageRepository);
  const changed = repository.changed.bind(repository);
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const begun = vi.spyOn(repository, 'changed').mockImplementation(async (...place) => {
    await released;
    return changed(...place);
  });
  return { begun, release };
}

describe('while a stream catches up', () => {
  let member: TestUser;
  beforeEach(async () => {
    await givenRoom();
    member = await app.givenUser();
    await owner.client.request('PUT', `/chat/${chatId}/members/${member.id}`);
  });
  afterEach(() => vi.restoreAllMocks());

  const send = async (message: string): Promise<string> =>
    (await owner.client.post('/message/', { chatid: chatId, message })).body.id;
  const messageIds = (stream: EventSource): string[] =>
    stream.events.flatMap(({ data }) => (data.message ? [data.message.id] : []));

  it('the end of the membership keeps the place, and nothing is missing after it', async () => {
    const ids = [await send('one'), await send('two')];
    const { release } = holdReplay();
    const { accessToken } = member;
    const stream = await EventSource.open(app.url, accessToken, { chatId, lastEventId: 2 });
    await owner.client.request('DELETE', `/chat/${chatId}/members/${member.id}`);
    await stream.ended;
    release();
    expect(stream.names).toEqual(['member.changed']);
    expect(stream.lastEventId).toBeUndefined();

    await owner.client.request('PUT', `/chat/${chatId}/members/${member.id}`);
    const again = await EventSource.open(app.url, accessToken, { chatId, lastEventId: 2 });
    await again.until(({ event }) => event === 'chat.updated');
    expect(messageIds(again)).toEqual(ids);
    [stream, again].forEach((each) => each.close());
  });

  it('what is lost and told of comes too', async () => {
    const ids = [await send('one')];
    const { begun, release } = holdReplay();
    const stream = await EventSource.open(app.url, member.accessToken, { chatId, lastEventId: 2 });
    await until(() => begun.mock.calls.length > 0);
    const bus = vi.spyOn(app.nest.get(EventBus), 'announce').mockReturnValue(undefined);
    ids.push(await send('lost'));
    bus.mockRestore();
    const ready = vi.spyOn(RoomStream.prototype, 'ready');
    await app.nest.get(Reconciler).look(true);
    await until(() => ready.mock.calls.length > 0);
    release();
    await stream.until(({ data }) => data.message?.id === ids[1]);
    expect(messageIds(stream)).toEqual(ids);
    stream.close();
  });
});
