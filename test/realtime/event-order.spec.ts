import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { RoomEvent } from '../../src/events/events.js';
import { EventOrder } from '../../src/realtime/event-order.js';
import { until } from '../support/until.js';

const event = (change?: number, chatId = 'room', name: RoomEvent['name'] = 'message.created') =>
  ({ type: 'room.event', name, chatId, change, payload: { type: name } }) satisfies RoomEvent;

/** An order that keeps a room, which has come to this change, and all that it passes on. */
function orderOf(change: number): { order: EventOrder; changes: () => (number | undefined)[] } {
  const passed: RoomEvent[] = [];
  const order = new EventOrder();
  order.onEvent((each) => passed.push(each));
  order.keep('room', change);
  return { order, changes: () => passed.map((each) => each.change) };
}

function passedOn(from: number, ...events: RoomEvent[]): { changes: () => (number | undefined)[] } {
  const { order, changes } = orderOf(from);
  for (const each of events) order.take(each);
  return { changes };
}

describe('the order of events', () => {
  it('holds what comes early until its turn, the first of all too', () => {
    expect(passedOn(3, event(4), event(6), event(7), event(5)).changes()).toEqual([4, 5, 6, 7]);
    expect(passedOn(0, event(4), event(3), event(2), event(1)).changes()).toEqual([1, 2, 3, 4]);
  });

  it('goes on without what does not come', async () => {
    const { changes } = passedOn(0, event(1), event(3), event(4), event(7));
    expect(changes()).toEqual([1]);
    await until(() => changes().length === 4);
    expect(changes()).toEqual([1, 3, 4, 7]);
  });

  it('holds what comes early however long nothing has come', async () => {
    const { order, changes } = orderOf(1);
    order.take(event(2));
    await sleep(150); // longer than anything waits
    order.take(event(4));
    order.take(event(3));
    expect(changes()).toEqual([2, 3, 4]);
  });

  it('passes on what is late, twice the same, or outside of the order', () => {
    const { changes } = passedOn(4, event(5), event(4), event(5), event(), event(6));
    expect(changes()).toEqual([5, 4, 5, undefined, 6]);
  });

  it('keeps rooms apart, and waits for nothing when a room ends', () => {
    const { order, changes } = orderOf(0);
    order.keep('other', 8);
    const end = event(undefined, 'room', 'chat.deleted');
    for (const each of [event(1), event(9, 'other'), event(3), event(10, 'other'), end]) {
      order.take(each);
    }
    expect(changes()).toEqual([1, 9, 10, 3, undefined]);
  });

  it('waits for nothing in a room that nobody hears, and loses nothing when it is left', async () => {
    const { order, changes } = orderOf(0);
    order.take(event(7, 'another'));
    order.take(event(2));
    order.forget('room');
    order.take(event(4));
    expect(changes()).toEqual([7, 4]);
    await until(() => changes().length === 3);
    expect(changes()).toEqual([7, 4, 2]);
  });

  it('tells once of what had been stored by the last time and has not come since', () => {
    const { order } = orderOf(5);
    expect(order.isBehind('room', 6)).toBe(false); // may be on its way
    expect(order.isBehind('room', 6)).toBe(true);
    expect(order.isBehind('room', 6)).toBe(false);
    expect(order.isBehind('room', 7)).toBe(false);
    order.take(event(7));
    expect(order.isBehind('room', 7)).toBe(false);
    expect(order.isBehind('another', 7)).toBe(false);
  });
});
