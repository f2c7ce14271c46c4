import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { RoomPurge } from '../../src/message/change/room-purge.js';
import { Replica } from '../support/replica.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { randomFrom } from '../support/random.js';

/** Two thousand take a minute; `STEPS` asks for more. */
const STEPS = Number(process.env.STEPS ?? 700);

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

async function send(user: TestUser, chatid: string, message: string): Promise<string> {
  const { status, body } = await app.as(user).post('/message/', { chatid, message });
  expect(status).toBe(201);
  return body.id;
}

describe('changed_after', () => {
  it('answers what was created, edited, deleted or reacted to since, by change', async () => {
    const { user, chatId } = await app.givenMember();
    const [first, second, third] = [
      await send(user, chatId, 'one'),
      await send(user, chatId, 'two'),
      await send(user, chatId, 'three'),
    ];
    const since = async (change: number, limit = 50) => {
      const query = `chat_id=${chatId}&changed_after=${change}&limit=${limit}`;
      const { status, body } = await app.as(user).get(`/message/?${query}`);
      expect(status).toBe(200);
      const ids = body.data.map((message: { id: string }) => message.id);
      return [ids, body.change, body.has_more];
    };
    expect(await since(0)).toEqual([[first, second, third], 4, false]);
    expect(await since(4)).toEqual([[], 4, false]);
    await app.as(user).patch(`/message/${first}`, { message: 'uno' });
    await app.as(user).request('DELETE', `/message/${second}`);
    await app.as(user).request('PUT', `/message/${first}/reactions/${encodeURIComponent('👍')}`);
    expect(await since(4)).toEqual([[second, first], 7, false]);
    expect(await since(0, 1)).toEqual([[third], 4, true]);
    await app.as(user).patch(`/chat/${chatId}`, { chat_name: 'Renamed' });
    expect(await since(7)).toEqual([[], 8, false]);
  });

  it('stands alone', async () => {
    const { user, chatId } = await app.givenMember();
    const query = `chat_id=${chatId}&changed_after=0&before=3`;
    expect((await app.as(user).get(`/message/?${query}`)).status).toBe(400);
  });
});

describe('POST /sync', () => {
  it('answers rooms, chats, messages and what is gone', async () => {
    const { user, chatId } = await app.givenMember();
    const other = await app.givenUser();
    const elsewhere = await app.givenChat(other);
    const id = await send(user, chatId, 'hello');
    const { body: first } = await app.as(user).post('/sync', {});
    expect(first).toMatchObject({
      rooms: { [chatId]: 2 },
      chats: [{ id: chatId, last_seq: 1 }],
      gone: [],
      messages: [],
      has_more: false,
    });
    const { body: history } = await app.as(user).post('/sync', {
      rooms: { [chatId]: 0, [elsewhere]: 1 },
    });
    expect(history.messages.map((message: { id: string }) => message.id)).toEqual([id]);
    expect(history.gone).toEqual([elsewhere]);
    const { body: nothing } = await app.as(user).post('/sync', { rooms: history.rooms });
    expect(nothing).toEqual({
      history: first.history,
      rooms: history.rooms,
      reads: {},
      chats: [],
      gone: [],
      reset: [],
      messages: [],
      has_more: false,
    });
  });

  it('goes on where the limit cut it off', async () => {
    const user = await app.givenUser();
    const chatIds = [await app.givenChat(user), await app.givenChat(user)];
    for (const chatId of chatIds) for (let n = 0; n < 5; n++) await send(user, chatId, `${n}`);
    let rooms = Object.fromEntries(chatIds.map((id) => [id, 0]));
    const texts: string[] = [];
    for (let more = true; more;) {
      const { body } = await app.as(user).post('/sync', { rooms, limit: 3 });
      expect(body.messages.length).toBeLessThanOrEqual(3);
      texts.push(...body.messages.map((message: { message: string }) => message.message));
      ({ rooms, has_more: more } = body);
    }
    expect(texts).toEqual([...'0123401234']);
  });

  it('names what is unread of the rooms that it names, whatever else has changed', async () => {
    const { user, chatId } = await app.givenMember();
    const other = await app.givenUser();
    await app.as(user).request('PUT', `/chat/${chatId}/members/${other.id}`);
    const quiet = await app.givenChat(other);
    const ids = [];
    for (const text of ['one', 'two', 'three']) ids.push(await send(user, chatId, text));
    const { body: first } = await app.as(other).post('/sync', {});
    expect(first.reads).toEqual({ [chatId]: { read_seq: 0, unread_count: 3 } });
    expect(Object.keys(first.rooms).sort()).toEqual([chatId, quiet].sort());

    const next = async () =>
      (await app.as(other).post('/sync', { rooms: first.rooms, history: first.history })).body;
    expect(await next()).toMatchObject({ chats: [], reads: first.reads });
    await app.as(other).request('PUT', `/chat/${chatId}/read`, { seq: 2 }); // on another device
    expect(await next()).toMatchObject({
      chats: [],
      reads: { [chatId]: { read_seq: 2, unread_count: 1 } },
    });
    await app.as(other).request('PUT', `/chat/${chatId}/read`, { seq: 3 });
    expect(await next()).toMatchObject({ chats: [], reads: {} });

    const more = [await send(user, chatId, 'four'), await send(user, chatId, 'five')];
    await app.as(user).request('DELETE', `/message/${more[0]}`);
    expect((await next()).reads).toEqual({ [chatId]: { read_seq: 3, unread_count: 1 } });
    await app.as(user).request('DELETE', `/message/${more[1]}`);
    expect((await next()).reads).toEqual({});
    expect((await app.as(user).post('/sync', {})).body.reads).toEqual({});
  });

  it.each([
    { rooms: [] },
    { rooms: { x: 1 } },
    { rooms: { '01890000-0000-7000-8000-000000000000': -1 } },
    { rooms: { '01890000-0000-7000-8000-000000000000': 1.5 } },
    { rooms: null },
    { limit: null },
    { limit: 0 },
    { limit: 1001 },
    { limit: '5' },
    { history: null },
    { history: '' },
    { history: 5 },
    { history: 'x'.repeat(36) },
  ])('refuses %j', async (body) => {
    const user = await app.givenUser();
    expect((await app.as(user).post('/sync', body)).status).toBe(400);
  });

  it('takes 5,000 rooms', async () => {
    const user = await app.givenUser();
    const ids = Array.from(
      { length: 5000 },
      (_, n) => `01890000-0000-7000-8000-${String(n).padStart(12, '0')}`,
    );
    const rooms = Object.fromEntries(ids.map((id) => [id, 1]));
    const { status, body } = await app.as(user).post('/sync', { rooms });
    expect(status).toBe(200);
    expect(body.gone).toHaveLength(5000);
  });
});

describe('a replica', () => {
  it('equals the server whenever it has caught up, whatever happens', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    console.log(`seed ${seed} (set SEED to repeat)`);
    const random = randomFrom(seed);
    const pick = <T>(list: T[]): T => list[Math.floor(random() * list.length)];
    const world = await World.create(5, pick);
    for (let step = 0; step < STEPS; step++) {
      await world.act(random());
      if (random() < 0.05) await world.check(step);
    }
    await world.check(STEPS);
  }, 400_000);
});

/** Several users who do all sorts of things, and a replica of each. */
class World {
  private readonly replicas = new Map<string, Replica>();
  private rooms: string[] = [];
  private messages: { id: string; chatId: string }[] = [];

  private constructor(
    private users: TestUser[],
    private readonly pick: <T>(list: T[]) => T,
  ) {
    for (const user of users) this.replicas.set(user.id, new Replica(user.client));
  }

  static async create(count: number, pick: <T>(list: T[]) => T): Promise<World> {
    const users = await Promise.all(Array.from({ length: count }, () => app.givenUser()));
    return new World(users, pick);
  }

  /** One random deed; being refused is fine, a server's error is not. */
  async act(chance: number): Promise<void> {
    const [user, other] = [this.pick(this.users), this.pick(this.users)];
    const room = this.rooms.length > 0 ? this.pick(this.rooms) : '';
    const message = this.messages.length > 0 ? this.pick(this.messages) : { id: '', chatId: '' };
    if (chance < 0.04 || !room) return this.makeRoom(user);
    if (chance < 0.4 || !message.id) return this.say(user, room);
    if (chance < 0.42) return this.erase(user);
    const [method, path, body] = this.deed(chance, room, message.id, other);
    const { status } = await user.client.request(method, path, body);
    expect(status, `${method} ${path}`).toBeLessThan(500);
  }

  private deed(
    chance: number,
    room: string,
    message: string,
    other: TestUser,
  ): [string, string, object?] {
    const emoji = encodeURIComponent(this.pick(['👍', '❤️', '🎉']));
    if (chance < 0.52) return ['PATCH', `/message/${message}`, { message: `edit ${chance}` }];
    if (chance < 0.58) return ['DELETE', `/message/${message}`];
    if (chance < 0.7) return ['PUT', `/message/${message}/reactions/${emoji}`];
    if (chance < 0.75) return ['DELETE', `/message/${message}/reactions/${emoji}`];
    if (chance < 0.8) return ['PUT', `/chat/${room}/members/me`, {}];
    if (chance < 0.84) return ['PUT', `/chat/${room}/members/${other.id}`, {}];
    if (chance < 0.87) return ['PUT', `/chat/${room}/members/${other.id}`, { role: 'admin' }];
    if (chance < 0.9) return ['DELETE', `/chat/${room}/members/me`];
    if (chance < 0.92) return ['DELETE', `/chat/${room}/members/${other.id}`];
    if (chance < 0.95) return ['PATCH', `/chat/${room}`, { chat_name: `name ${chance}` }];
    if (chance < 0.97) return ['PUT', `/chat/${room}/read`, { seq: 1 + Math.floor(chance * 9) }];
    if (chance < 0.98) return ['DELETE', `/chat/${room}`];
    return ['POST', '/chat/direct', { user_id: other.id }];
  }

  private async makeRoom(user: TestUser): Promise<void> {
    const visibility = this.pick(['public', 'private']);
    this.rooms.push(await app.givenChat(user, { visibility }));
  }

  private async say(user: TestUser, chatId: string): Promise<void> {
    const body = { chatid: chatId, message: `hello ${this.messages.length}` };
    const sent = await user.client.post('/message/', body);
    expect([201, 404]).toContain(sent.status);
    if (sent.status === 201) this.messages.push({ id: sent.body.id, chatId });
  }

  /** Now and then somebody goes for good, and somebody else comes. */
  private async erase(user: TestUser): Promise<void> {
    if (this.pick([0, 1, 2]) > 0) return;
    const { status } = await user.client.request('DELETE', '/userauth/me', { password: PASSWORD });
    expect(status).toBe(204);
    this.replicas.delete(user.id);
    const newcomer = await app.givenUser();
    this.users = [...this.users.filter((one) => one !== user), newcomer];
    this.replicas.set(newcomer.id, new Replica(newcomer.client));
  }

  async check(step: number): Promise<void> {
    await app.nest.get(ErasureTask).settle();
    await app.nest.get(RoomPurge).settle();
    for (const replica of this.replicas.values()) {
      await (this.pick([true, false]) ? replica.sync(this.pick([1, 3, 500])) : replica.poll());
      await replica.sync(500);
      expect(replica.state(), `step ${step}`).toEqual(await replica.truth());
    }
  }
}
