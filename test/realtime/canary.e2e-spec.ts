import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/client.js';
import { EventSource } from '../support/event-source.js';
import { Listener } from '../support/socket.js';
import { TestApp, type TestUser } from '../support/test-app.js';

const MESSAGES = 10_000;
/** Every so many messages something else happens too. */
const MIXED = 5;
const WORKERS = 32;
const ACTORS = 8;
/** Every so many messages one in the room of the listener, as the control. */
const CONTROL = 50;
/** Of a room's messages. */
const BEYOND_THE_END = 1_000_000;
const CANARY = 'kanarienvogel';

/** Somebody who does all that can be done, in a room that the listener may not see. */
class Worker {
  private readonly messageIds: string[] = [];
  private isPasserInside = false;

  constructor(
    private readonly actor: TestUser,
    private readonly owner: TestUser,
    private readonly passer: TestUser,
    private readonly socket: Listener,
    private readonly chatId: string,
    private readonly kind: 'private' | 'direct' | 'public',
  ) {}

  /** Sends a message, now and then with something else. Returns how each was answered. */
  async act(n: number): Promise<number[]> {
    const { status } = await this.send(n);
    if (n % MIXED > 0) return [status];
    return [status, (await this.choose((n / MIXED) % 12, n)).status];
  }

  private choose(kind: number, n: number): Promise<Pick<Answer, 'status'>> {
    const { client } = this.actor;
    const [id] = this.messageIds;
    const reaction = `/message/${id}/reactions/${encodeURIComponent('👍')}`;
    if (kind < 3) return client.patch(`/message/${id}`, { message: `${CANARY} edited ${n}` });
    if (kind < 5) return this.remove();
    if (kind < 7) return client.request(kind === 5 ? 'PUT' : 'DELETE', reaction);
    if (kind === 7) return this.rename(n);
    if (kind < 10) return this.comeOrGo(n);
    if (kind === 10) return this.type();
    return client.request('PUT', `/chat/${this.chatId}/read`, { seq: BEYOND_THE_END });
  }

  private async send(n: number): Promise<Answer> {
    const body = { chatid: this.chatId, message: `${CANARY} body ${n}` };
    const answer = await this.actor.client.post('/message/', body);
    this.messageIds.push(answer.body.id);
    return answer;
  }

  private remove(): Promise<Answer> {
    return this.actor.client.request('DELETE', `/message/${this.messageIds.shift()}`);
  }

  private rename(n: number): Promise<Answer> {
    if (this.kind === 'direct') return this.send(n);
    return this.owner.client.patch(`/chat/${this.chatId}`, { chat_name: `${CANARY} ${n}` });
  }

  /** Joins and leaves, or is added and removed. */
  private comeOrGo(n: number): Promise<Answer> {
    if (this.kind === 'direct') return this.send(n);
    const { client } = this.kind === 'public' ? this.passer : this.owner;
    this.isPasserInside = !this.isPasserInside;
    const method = this.isPasserInside ? 'PUT' : 'DELETE';
    return client.request(method, `/chat/${this.chatId}/members/${this.passer.id}`);
  }

  private async type(): Promise<{ status: number }> {
    const problem = await this.socket.ask('typing', { chat_id: this.chatId });
    return problem ?? { status: 204 };
  }
}

describe('of rooms that a listener may not see', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(async () => {
    app.nest.getHttpServer().closeAllConnections();
    await app.stop();
  });

  const users = (count: number): Promise<TestUser[]> =>
    Promise.all(
      Array.from({ length: count }, (_, n) => app.givenUser({ fname: `${CANARY} ${n}` })),
    );

  async function givenWorkers(actors: TestUser[]): Promise<Worker[]> {
    const [owner] = actors;
    const rooms = {
      private: await app.givenChat(owner, { chat_name: CANARY, visibility: 'private' }),
      public: await app.givenChat(owner, { chat_name: CANARY }),
    };
    const directs: string[] = [];
    for (const [n, { id }] of actors.entries()) {
      for (const chatId of n ? Object.values(rooms) : []) {
        await owner.client.request('PUT', `/chat/${chatId}/members/${id}`);
      }
      const peer = actors[n ^ 1];
      const direct = await peer.client.post('/chat/direct', { user_id: id });
      directs.push(direct.body.id);
    }
    const sockets = await Promise.all(
      actors.map(({ accessToken }) => Listener.connect(app.url, accessToken)),
    );
    const passers = await users(WORKERS);
    return passers.map((passer, n) => {
      const at = n % ACTORS;
      const kind = (['private', 'public', 'direct', 'public'] as const)[Math.floor(n / ACTORS)];
      const chatId = kind === 'direct' ? directs[at] : rooms[kind];
      return new Worker(actors[at], owner, passer, sockets[at], chatId, kind);
    });
  }

  it(`${MESSAGES} messages and more bring it nothing`, { timeout: 180_000 }, async () => {
    const { user: listener, chatId } = await app.givenMember();
    const actors = await users(ACTORS);
    const workers = await givenWorkers(actors);
    const member = await Listener.connect(app.url, actors[1].accessToken);
    const { accessToken } = listener;
    const sockets = [
      await Listener.connect(app.url, accessToken),
      await Listener.connect(app.url, accessToken),
    ];
    const stream = await EventSource.open(app.url, accessToken);
    await stream.until(({ event }) => event === 'ready');

    const statuses = new Set<number>();
    let controls = 0;
    const say = async (): Promise<number> => {
      const message = `control ${++controls}`;
      return (await listener.client.post('/message/', { chatid: chatId, message })).status;
    };
    let done = 0;
    await Promise.all(
      workers.map(async (worker) => {
        for (let mine = 0; done < MESSAGES; mine++) {
          if (++done % CONTROL === 0) statuses.add(await say());
          for (const status of await worker.act(mine)) statuses.add(status);
        }
      }),
    );
    expect([...statuses].filter((status) => status >= 300)).toEqual([]);

    await say();
    const last = `control ${controls}`;
    await Promise.all([
      ...sockets.map((each) => each.until(({ payload }) => payload.message?.message === last)),
      stream.until(({ data }) => data.message?.message === last),
    ]);
    const heard = [
      ...sockets.map(({ events }) => events.map(({ payload }) => payload)),
      stream.events.filter(({ event }) => event !== 'ready').map(({ data }) => data),
    ];
    for (const payloads of heard) {
      expect(payloads.filter(({ chat_id }) => chat_id !== chatId)).toEqual([]);
      expect(JSON.stringify(payloads)).not.toContain(CANARY);
      expect(payloads).toHaveLength(controls);
    }
    expect(member.events.filter(({ name, payload }) => !beginsWith(payload, name))).toEqual([]);
    expect(stream.events.filter(({ event, data }) => !beginsWith(data, event))).toEqual([]);
    expect(member.events.length).toBeGreaterThan(MESSAGES / 2);
    expect(new Set(member.names)).toEqual(
      new Set([
        'message.created',
        'message.updated',
        'message.deleted',
        'reaction.changed',
        'chat.updated',
        'member.changed',
        'read.changed',
        'typing',
      ]),
    );
  });
});

/** Whether a payload says first of all which event it is of. */
const beginsWith = (payload: object, name: string): boolean =>
  JSON.stringify(payload).startsWith(JSON.stringify({ type: name }).slice(0, -1));
