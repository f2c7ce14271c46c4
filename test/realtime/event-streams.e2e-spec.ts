import { request } from 'node:http';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { EventBus } from '../../src/events/event-bus.js';
import { Connections } from '../../src/realtime/connections.js';
import { EventSource } from '../support/event-source.js';
import { faultsOf } from '../support/event-schemas.js';
import { TestApp, type TestUser } from '../support/test-app.js';

const ORIGIN = 'https://chat.example.org';

let app: TestApp;
let owner: TestUser;
let member: TestUser;
let chatId: string;
const streams: EventSource[] = [];

beforeAll(async () => {
  app = await TestApp.start({ CORS_ORIGINS: ORIGIN });
});
afterAll(() => app.stop());

beforeEach(async () => {
  [owner, member] = [await app.givenUser(), await app.givenUser()];
  chatId = await app.givenChat(owner);
  await member.client.request('PUT', `/chat/${chatId}/members/me`);
});

/** Whatever came is as documented, and nothing is left open. */
afterEach(async () => {
  for (const stream of streams.splice(0)) {
    expect(stream.events.flatMap(({ event, data }) => faultsOf(event, data))).toEqual([]);
    stream.close();
  }
  await expect.poll(() => app.nest.get(Connections).size).toBe(0);
});

async function open(
  { accessToken }: TestUser,
  place: Parameters<typeof EventSource.open>[2] = {},
): Promise<EventSource> {
  const stream = await EventSource.open(app.url, accessToken, place);
  streams.push(stream);
  return stream;
}

async function send({ client }: TestUser, message: string, id = chatId): Promise<string> {
  const { status, body } = await client.post('/message/', { chatid: id, message });
  expect(status).toBe(201);
  return body.id;
}

const asked = (headers: Record<string, string>, query = `?chat_id=${chatId}`) =>
  member.client.request('GET', `/events${query}`, undefined, headers);

describe('the stream of a room', () => {
  it('begins with what comes from now on, and says where the room stands', async () => {
    await send(owner, 'before');
    const stream = await open(member, { chatId });
    expect(await stream.untilPlaced()).toBe('3');
    const id = await send(owner, 'after');
    await owner.client.patch(`/message/${id}`, { message: 'edited' });
    await owner.client.patch(`/chat/${chatId}`, { chat_name: 'Other' });
    await stream.until(({ event }) => event === 'chat.updated');
    expect(stream.events.map((event) => [event.id, event.event, event.data.change])).toEqual([
      ['4', 'message.created', 4],
      ['5', 'message.updated', 5],
      ['6', 'chat.updated', 6],
    ]);
  });

  it('brings what has no place in the order without an id', async () => {
    await send(owner, 'one');
    const stream = await open(member, { chatId });
    await stream.untilPlaced();
    await member.client.request('PUT', `/chat/${chatId}/read`, { seq: 1 });
    const { id, data } = await stream.until(({ event }) => event === 'read.changed');
    expect(id).toBeUndefined();
    expect(data).toEqual({
      type: 'read.changed',
      chat_id: chatId,
      user_id: member.id,
      read_seq: 1,
      unread_count: 0,
    });
    expect(stream.lastEventId).toBe('3');
  });

  it('brings nothing of another room', async () => {
    const stream = await open(member, { chatId });
    await stream.untilPlaced();
    const other = await app.givenChat(member);
    await send(member, 'elsewhere', other);
    const id = await send(owner, 'here');
    await stream.until(({ data }) => data.message?.id === id);
    expect(stream.events).toHaveLength(1);
  });

  it('resumes: each message changed since once, as it stands, then the room, then what comes', async () => {
    const untouched = await send(owner, 'untouched');
    const deleted = await send(owner, 'deleted');
    const edited = await send(owner, 'edited');
    await owner.client.patch(`/message/${edited}`, { message: 'once' });
    await owner.client.patch(`/chat/${chatId}`, { chat_name: 'Other' });
    await owner.client.request('DELETE', `/message/${deleted}`);
    await owner.client.patch(`/message/${edited}`, { message: 'twice' });
    const created = await send(owner, 'created');
    const stream = await open(member, { chatId, lastEventId: 3 });
    await stream.until(({ event }) => event === 'chat.updated');
    const live = await send(owner, 'live');
    await stream.until(({ data }) => data.message?.id === live);
    expect(stream.events.map(({ event, data }) => [event, data.change, data.message?.id])).toEqual([
      ['message.deleted', 8, deleted],
      ['message.updated', 9, edited],
      ['message.created', 10, created],
      ['chat.updated', 10, undefined],
      ['read.changed', undefined, undefined],
      ['message.created', 11, live],
    ]);
    expect(stream.events[1].data.message.message).toBe('twice');
    expect(stream.events[3].data.chat).toMatchObject({ chat_name: 'Other', last_change: 10 });
    expect(stream.events.some(({ data }) => data.message?.id === untouched)).toBe(false);
  });

  it('resumes with how far its user has read meanwhile on another device, without an id', async () => {
    const ids = [await send(owner, 'one'), await send(owner, 'two'), await send(owner, 'three')];
    await owner.client.request('DELETE', `/message/${ids[1]}`);
    await member.client.request('PUT', `/chat/${chatId}/read`, { seq: 1 });
    const read = { type: 'read.changed', chat_id: chatId, user_id: member.id };
    for (const lastEventId of [2, 6]) {
      const stream = await open(member, { chatId, lastEventId });
      const event = await stream.until(({ event: name }) => name === 'read.changed');
      const data = { ...read, read_seq: 1, unread_count: 1 };
      expect(event).toEqual({ id: undefined, event: 'read.changed', data });
      expect(stream.events.at(-1)).toBe(event);
    }
    const fresh = await open(member, { chatId });
    await fresh.untilPlaced();
    await send(owner, 'four');
    await fresh.until(({ event: name }) => name === 'message.created');
    expect(fresh.names).toEqual(['message.created']);
  });

  it('keeps the news of the room when it is cut before it came', async () => {
    await owner.client.patch(`/chat/${chatId}`, { chat_name: 'Other' });
    await send(owner, 'after the name');
    const stream = await open(member, { chatId, lastEventId: 2 });
    await stream.until(({ event }) => event === 'chat.updated');
    const placed = stream.events.filter(({ id }) => id !== undefined);
    const idsBefore = placed.slice(0, -1).map(({ id }) => Number(id));
    const { id: end, data } = placed.at(-1)!;
    expect(Number(end)).toBe(data.change);
    for (const id of idsBefore) expect(id).toBeLessThan(Number(end));
  });

  it('from the end brings what comes', async () => {
    await send(owner, 'one');
    await send(owner, 'two');
    const stream = await open(member, { chatId, lastEventId: 4 });
    const id = await send(owner, 'live');
    await stream.until(({ data }) => data.message?.id === id);
    expect(stream.events.flatMap((event) => event.id ?? [])).toEqual(['5']);
  });

  it.each(['-1', '1.5', 'x', '1e3', '2147483648', '99999999999999999999', '0x10', '١'])(
    'refuses the Last-Event-ID %s',
    async (id) => {
      const { status, body } = await asked({ 'last-event-id': encodeURI(id) });
      expect(status).toBe(400);
      expect(body.errors).toEqual([{ field: 'Last-Event-ID', messages: [expect.any(String)] }]);
    },
  );

  it('is a 404 or a 403 to those who are not in it', async () => {
    const stranger = await app.givenUser();
    const hidden = await app.givenChat(owner, { visibility: 'private' });
    const statusOf = async (id: string): Promise<number> =>
      (await stranger.client.get(`/events?chat_id=${id}`)).status;
    expect(await statusOf(chatId)).toBe(403);
    expect(await statusOf(hidden)).toBe(404);
    expect(await statusOf(newId())).toBe(404);
    expect(await statusOf('x')).toBe(400);
    expect((await app.anonymous.get(`/events?chat_id=${chatId}`)).status).toBe(401);
  });

  it('ends with the membership, whose end is the last that it brings', async () => {
    const stream = await open(member, { chatId });
    await stream.untilPlaced();
    await owner.client.request('DELETE', `/chat/${chatId}/members/${member.id}`);
    await send(owner, 'after');
    expect(await stream.ended).toBe(true);
    expect(stream.events).toHaveLength(1);
    const [{ event, data }] = stream.events;
    expect([event, data.action, data.member.user.id]).toEqual([
      'member.changed',
      'removed',
      member.id,
    ]);
  });

  it('ends with the room', async () => {
    const stream = await open(member, { chatId });
    await stream.untilPlaced();
    await owner.client.request('DELETE', `/chat/${chatId}`);
    expect(await stream.ended).toBe(true);
    expect(stream.names).toEqual(['chat.deleted']);
  });

  it('begins or is refused when the membership ends at that moment, and is not left open', async () => {
    const path = `/chat/${chatId}/members/${member.id}`;
    for (let n = 0; n < 30; n++) {
      await owner.client.request('PUT', path);
      const [stream] = await Promise.all([
        open(member, { chatId, lastEventId: 0 }).catch(() => undefined),
        owner.client.request('DELETE', path),
      ]);
      await stream?.ended;
    }
    await expect.poll(() => app.nest.get(Connections).of(member.id)).toEqual([]);
  });
});

describe('the stream of all rooms', () => {
  it('begins with ready, and has no ids', async () => {
    const other = await app.givenChat(member);
    const stream = await open(member);
    await stream.until(({ event }) => event === 'ready');
    await send(owner, 'one');
    await send(member, 'two', other);
    const later = await app.givenChat(member);
    await send(member, 'three', later);
    await stream.until(({ data }) => data.message?.message === 'three');
    expect(stream.names).toEqual([
      'ready',
      'message.created',
      'message.created',
      'member.changed',
      'message.created',
    ]);
    expect(stream.lastEventId).toBeUndefined();
  });
});

it('the stream of all rooms begins with ready, whatever happens while it opens', async () => {
  const control = await open(owner, { chatId });
  vi.spyOn(app.nest.get(EventBus), 'follow').mockImplementationOnce(async () => {
    const id = await send(owner, 'meanwhile');
    await control.until(({ data }) => data.message?.id === id);
  });
  const stream = await open(member);
  await stream.until(({ event }) => event === 'message.created');
  expect(stream.names).toEqual(['ready', 'message.created']);
});

describe('the answer', () => {
  it('has the headers of a stream, and those of every answer', async () => {
    const stream = await open(member, { chatId, headers: { origin: ORIGIN } });
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
      'access-control-allow-origin': ORIGIN,
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const other = await open(member, { headers: { origin: 'https://evil.example.org' } });
    expect(other.response.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('to HEAD holds nothing open', async () => {
    const headers = { authorization: `Bearer ${member.accessToken}` };
    const status = await new Promise((resolve, reject) => {
      const asking = request(`${app.url}/events`, { method: 'HEAD', headers, agent: false });
      asking
        .once('response', ({ statusCode }) => resolve(statusCode))
        .once('error', reject)
        .end();
    });
    expect(status).toBe(200);
    await expect.poll(() => app.nest.get(Connections).size).toBe(0);
  });

  it('is documented', () => {
    const document = JSON.parse(readFileSync('docs/openapi.json', 'utf8'));
    const { parameters, responses, security } = document.paths['/events'].get;
    expect(
      parameters.map(({ name, in: place }: { name: string; in: string }) => [name, place]).sort(),
    ).toEqual([
      ['Last-Event-ID', 'header'],
      ['chat_id', 'query'],
      ['history', 'query'],
    ]);
    expect(Object.keys(responses['200'].content)).toEqual(['text/event-stream']);
    expect(Object.keys(responses)).toEqual(
      expect.arrayContaining(['400', '401', '403', '404', '429']),
    );
    expect(security).toEqual([{ bearer: [] }]);
  });
});

it('gives way at once when its client is gone before it begins', async () => {
  for (let n = 0; n < 20; n++) {
    const headers = { authorization: `Bearer ${member.accessToken}` };
    const asking = request(`${app.url}/events?chat_id=${chatId}`, { headers, agent: false });
    asking.on('error', () => undefined).end();
    setTimeout(() => asking.destroy(), n / 4);
    await new Promise((resolve) => asking.once('close', resolve));
  }
  await expect.poll(() => app.nest.get(Connections).size).toBe(0);
});
