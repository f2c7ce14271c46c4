import { beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import type { EventBus } from '../../src/events/event-bus.js';
import type { Connection } from '../../src/realtime/connection.js';
import { EventOrder } from '../../src/realtime/event-order.js';
import type { Ready } from '../../src/realtime/ready.js';
import { Subscriptions } from '../../src/realtime/subscriptions.js';

const [ROOM, OTHER] = [newId(), newId()];

const unfollow = vi.fn<EventBus['unfollow']>();
let order: EventOrder;
let rooms: Subscriptions;
beforeEach(() => {
  unfollow.mockReset();
  order = new EventOrder();
  rooms = new Subscriptions({ unfollow } as unknown as EventBus, order, {} as Ready);
});

/** @param only the one room that it is for */
function connection(only?: string): Connection {
  return {
    user: { id: newId(), sessionId: newId() },
    ...(only && { chatId: only }),
    chatIds: new Set<string>(),
    deliver: vi.fn(),
    enter: vi.fn(),
    leave: vi.fn(),
    ready: vi.fn(),
    close: vi.fn(),
    release: vi.fn(),
  };
}

describe('a connection', () => {
  it('hears every room that it enters', () => {
    const one = connection();
    expect([rooms.enter(one, ROOM, 1), rooms.enter(one, OTHER, 1)]).toEqual([true, true]);
    expect(rooms.enter(one, ROOM, 2)).toBe(false);
    expect([...one.chatIds]).toEqual([ROOM, OTHER]);
    expect([...rooms.ids]).toEqual([ROOM, OTHER]);
  });

  it('for one room hears no other', () => {
    const one = connection(ROOM);
    expect([rooms.enter(one, OTHER, 1), rooms.enter(one, ROOM, 1)]).toEqual([false, true]);
    expect([...rooms.subscribers(OTHER)]).toEqual([]);
    expect([...one.chatIds]).toEqual([ROOM]);
  });

  it('that leaves a room which it has not heard changes nothing', () => {
    const [one, other] = [connection(), connection()];
    rooms.enter(one, ROOM, 1);
    expect(rooms.leave(other, ROOM)).toBe(false);
    expect([...rooms.subscribers(ROOM)]).toEqual([one]);
    expect(unfollow).not.toHaveBeenCalled();
  });
});

describe('a room', () => {
  it('is followed, and its order kept, until the last one has left', () => {
    const [one, other] = [connection(), connection()];
    rooms.enter(one, ROOM, 5);
    rooms.enter(other, ROOM, 9); // the order goes on from where the first one began
    expect(rooms.hasMoved(ROOM, 5)).toBe(false);
    rooms.leave(one, ROOM);
    expect(unfollow).not.toHaveBeenCalled();
    expect(rooms.hasMoved(ROOM, 5)).toBe(false);
    rooms.leave(other, ROOM);
    expect(unfollow.mock.calls).toEqual([[[ROOM]]]);
    expect(rooms.hasMoved(ROOM, 5)).toBe(true);
    expect([...rooms.ids]).toEqual([]);
  });

  it('that is behind tells those alone who hear it', () => {
    const [one, other] = [connection(), connection()];
    rooms.enter(one, ROOM, 1);
    rooms.enter(other, OTHER, 1);
    const changes = new Map([
      [ROOM, 2],
      [OTHER, 1],
    ]);
    expect(rooms.behind(changes)).toEqual([]);
    expect(rooms.behind(changes)).toEqual([one]);
  });
});
