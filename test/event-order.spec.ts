import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { RoomEvent } from '../src/events/events.js';
import { EventOrder } from '../src/realtime/event-order.js';

const event = (change?: number, chatId = 'room', name: RoomEvent['name'] = 'message.created') =>
  ({ type: 'room.event', name, chatId, change, payload: {} }) satisfies RoomEvent;

function passedOn(...events: RoomEvent[]): { changes: () => (number | undefined)[] } {
  const passed: RoomEvent[] = [];
  const order = new EventOrder((each) => passed.push(each));
  for (const each of events) order.take(each);
  return { changes: () => passed.map(({ change }) => change) };
}

describe('the order of events', () => {
  it('holds what comes early until its turn', () => {
    expect(passedOn(event(4), event(6), event(7), event(5)).changes()).toEqual([4, 5, 6, 7]);
    expect(passedOn(event(1), event(4), event(3), event(2)).changes()).toEqual([1, 2, 3, 4]);
  });

  it('goes on without what does not come', async () => {
    const { changes } = passedOn(event(1), event(3), event(4), event(7));
    expect(changes()).toEqual([1]);
    await sleep(150);
    expect(changes()).toEqual([1, 3, 4, 7]);
  });

  it('passes on what is late, twice the same, or outside of the order', () => {
    const { changes } = passedOn(event(5), event(4), event(5), event(), event(6));
    expect(changes()).toEqual([5, 4, 5, undefined, 6]);
  });

  it('keeps rooms apart, and waits for nothing when a room ends', () => {
    const end = event(undefined, 'room', 'chat.deleted');
    const { changes } = passedOn(event(1), event(9, 'other'), event(3), event(10, 'other'), end);
    expect(changes()).toEqual([1, 9, 10, 3, undefined]);
  });
});
