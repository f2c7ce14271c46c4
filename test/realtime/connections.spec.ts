import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DeadTokenError } from '../../src/auth/auth.errors.js';
import type { SessionService } from '../../src/auth/session.service.js';
import type { ChatRepository } from '../../src/chat/chat.repository.js';
import { UnavailableError } from '../../src/common/errors.js';
import { newId } from '../../src/crypto/ids.js';
import type { EventBus } from '../../src/events/event-bus.js';
import type { Connection } from '../../src/realtime/connection.js';
import { Connections } from '../../src/realtime/connections.js';
import { EventOrder } from '../../src/realtime/event-order.js';
import type { Ready } from '../../src/realtime/ready.js';
import { TooManyConnectionsError } from '../../src/realtime/realtime.errors.js';
import { Subscriptions } from '../../src/realtime/subscriptions.js';
import { Gate } from '../support/gate.js';

const USER = { id: newId(), sessionId: newId() };
const [ROOM, OTHER_ROOM] = [newId(), newId()];

/** What the database says; each read answers with what it was when it was asked, once let go. */
let joined: Map<string, number>;
let living: boolean;
/** Where reads wait, in their order; those beyond do not. */
let gates: Gate[];
/** Where the bus waits until the events of rooms come here. */
let following: Gate | undefined;
let connections: Connections;
let rooms: Subscriptions;

async function wait<T>(answer: T, gate: Gate | undefined): Promise<T> {
  await gate?.pass();
  return answer;
}

beforeEach(() => {
  joined = new Map([[ROOM, 5]]);
  living = true;
  gates = [];
  const sessions = {
    living: (ids: string[]) => Promise.resolve(new Set(living ? ids : [])),
  } as unknown as SessionService;
  const chats = {
    joinedChanges: (ids: string[]) =>
      wait(new Map(ids.map((id) => [id, new Map(joined)])), gates.shift()),
  } as unknown as ChatRepository;
  following = undefined;
  const bus = { follow: () => following?.pass(), unfollow: vi.fn() } as unknown as EventBus;
  rooms = new Subscriptions(bus, new EventOrder(), { tell: vi.fn() } as unknown as Ready);
  connections = new Connections(sessions, chats, rooms);
});

function connection(user = USER) {
  const entered: string[] = [];
  return {
    user,
    chatIds: new Set<string>(),
    isEnded: false,
    deliver: vi.fn(),
    entered,
    enter: (chatId: string) => void entered.push(chatId),
    leave: vi.fn(),
    ready: vi.fn(),
    release: vi.fn(),
    close() {
      this.isEnded = true;
    },
  } satisfies Connection & Record<string, unknown>;
}

/** Opens one, and does something between the query for memberships and its answer. */
async function openWhile(news: () => unknown): Promise<ReturnType<typeof connection>> {
  const one = connection();
  const gate = new Gate();
  gates = [gate];
  const opening = connections.open(one);
  await gate.reached;
  await news();
  gate.open();
  await opening;
  return one;
}

describe('a connection that opens', () => {
  it('hears the rooms of its user', async () => {
    const one = connection();
    await connections.open(one);
    expect([...one.chatIds]).toEqual([ROOM]);
    expect([...rooms.subscribers(ROOM)]).toEqual([one]);
  });

  it('does not hear a room that was left while memberships were read', async () => {
    const one = await openWhile(() => {
      joined.delete(ROOM);
      connections.part(USER.id, ROOM);
    });
    expect([...one.chatIds]).toEqual([]);
    expect(one.entered).toEqual([]); // not for a moment either
  });

  it('hears a room that was joined meanwhile', async () => {
    const one = await openWhile(async () => {
      joined.set(OTHER_ROOM, 1);
      await connections.join(USER.id, OTHER_ROOM, 1);
    });
    expect([...one.chatIds].sort()).toEqual([ROOM, OTHER_ROOM].sort());
  });

  it('does not hear a room that was left and joined and left meanwhile', async () => {
    const again = new Gate();
    const one = connection();
    const first = new Gate();
    gates = [first, again];
    const opening = connections.open(one);
    await first.reached;
    connections.part(USER.id, ROOM);
    first.open();
    await again.reached; // it reads once more, and finds the room, which was joined again
    joined.delete(ROOM);
    connections.part(USER.id, ROOM);
    again.open();
    await opening;
    expect([...one.chatIds]).toEqual([]);
  });

  it('does not hear a room that ended meanwhile, and reads no second time for it', async () => {
    const one = await openWhile(() => {
      joined.delete(ROOM);
      connections.closeRoom(ROOM);
      joined.set(OTHER_ROOM, 1); // would show in a second read
    });
    expect([...one.chatIds]).toEqual([]);
  });

  it('is read once, whatever happens to others meanwhile', async () => {
    const one = await openWhile(() => {
      connections.part(newId(), ROOM);
      joined.delete(ROOM);
    });
    expect([...one.chatIds]).toEqual([ROOM]);
  });

  it.each([
    ['the news that its session is over', () => connections.endSessions([USER.sessionId])],
    ['its own end', (one: Connection) => connections.remove(one)],
  ])('is refused by %s, and heard by no room', async (_what, end) => {
    const one = connection();
    const gate = new Gate();
    gates = [gate];
    const opening = connections.open(one);
    await gate.reached;
    end(one);
    gate.open();
    await expect(opening).rejects.toThrow(DeadTokenError);
    expect([connections.size, [...rooms.ids]]).toEqual([0, []]);
  });

  it('is refused when its session is over, as the database says', async () => {
    living = false;
    const one = connection();
    await expect(connections.open(one)).rejects.toThrow(DeadTokenError);
    expect(one.isEnded).toBe(true);
    expect([connections.size, [...rooms.ids]]).toEqual([0, []]);
  });

  it('is sent to another server while this one ends', async () => {
    connections.onModuleDestroy();
    await expect(connections.open(connection())).rejects.toThrow(UnavailableError);
    expect(connections.size).toBe(0);
  });

  it('is refused by the news that its session is over while it is being admitted', async () => {
    const gate = new Gate();
    const opening = connections.open(connection(), () => gate.pass());
    await gate.reached;
    connections.endSessions([USER.sessionId]);
    gate.open(); // by what was read before; so is what follows
    await expect(opening).rejects.toThrow(DeadTokenError);
    expect([connections.size, [...rooms.ids]]).toEqual([0, []]);
  });

  it('is open once the events of its rooms come here, not before', async () => {
    following = new Gate();
    const opened = vi.fn();
    const opening = connections.open(connection()).then(opened);
    await following.reached;
    await new Promise((resolve) => setImmediate(resolve));
    expect(opened).not.toHaveBeenCalled();
    following.open();
    await opening;
    expect(opened).toHaveBeenCalled();
  });

  it('is one of fifty of its user, and of no more', async () => {
    const all = Array.from({ length: 50 }, () => connection());
    for (const one of all) await connections.open(one);
    await expect(connections.open(connection())).rejects.toThrow(TooManyConnectionsError);
    await connections.open(connection({ id: newId(), sessionId: newId() }));
    connections.remove(all[0]);
    await connections.open(connection());
    expect(connections.size).toBe(51);
  });

  it('leaves nothing when it is not admitted', async () => {
    const refusal = new Error('no');
    await expect(connections.open(connection(), () => Promise.reject(refusal))).rejects.toBe(
      refusal,
    );
    expect([connections.size, [...connections.userIds], [...connections.sessionIds]]).toEqual([
      0,
      [],
      [],
    ]);
  });
});

describe('a look at a connection that is open', () => {
  it('takes it out of the rooms that were left, and into those that were joined', async () => {
    const one = connection();
    await connections.open(one);
    joined = new Map([[OTHER_ROOM, 1]]);
    expect(await connections.look([one])).toEqual([one]);
    expect([...one.chatIds]).toEqual([OTHER_ROOM]);
    expect([...rooms.ids]).toEqual([OTHER_ROOM]);
    expect(await connections.look([one])).toEqual([]); // nothing is new to it
  });

  it('closes it where its session is over', async () => {
    const one = connection();
    await connections.open(one);
    living = false;
    await connections.look([one]);
    expect([one.isEnded, connections.size, [...rooms.ids]]).toEqual([true, 0, []]);
  });
});
