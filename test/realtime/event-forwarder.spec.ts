import { beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import type { EventBus } from '../../src/events/event-bus.js';
import type { RoomEvent, RoomEventName } from '../../src/events/events.js';
import type { Connections } from '../../src/realtime/connections.js';
import { EventForwarder } from '../../src/realtime/event-forwarder.js';
import { EventOrder } from '../../src/realtime/event-order.js';
import { EventStream } from '../../src/realtime/event-stream.js';
import type { RealtimeGateway } from '../../src/realtime/realtime.gateway.js';
import type { Subscriptions } from '../../src/realtime/subscriptions.js';

const ROOM = newId();
const [ADA, BOB] = [newId(), newId()];

let take: (event: RoomEvent) => void;
let end: (news: { sessionIds: string[] }) => void;
/** What was done to memberships, and to whom it was said. */
let done: string[];
let streams: EventStream[];

beforeEach(() => {
  done = [];
  streams = [ADA, BOB].map((id) => new EventStream({ id, sessionId: newId() }));
  for (const each of streams) each.chatIds.add(ROOM);
  for (const each of streams) {
    vi.spyOn(each, 'deliver').mockImplementation(({ name }) => {
      done.push(`${name} to ${nameOf(each.user.id)}`);
    });
  }
  const connections = {
    join: (userId: string) => Promise.resolve(done.push(`join ${nameOf(userId)}`)),
    part: (userId: string) => done.push(`part ${nameOf(userId)}`),
    closeRoom: () => done.push('close'),
    endSessions: (ids: string[]) => done.push(`end ${ids.join(' ')}`),
    of: (userId: string) => streams.filter(({ user }) => user.id === userId),
  };
  const bus = {
    on: (type: string, handler: typeof take) => {
      if (type === 'room.event') take = handler;
      else end = handler as unknown as typeof end;
    },
  };
  new EventForwarder(
    connections as unknown as Connections,
    { emit: vi.fn() } as unknown as RealtimeGateway,
    { subscribers: () => new Set(streams) } as unknown as Subscriptions,
    new EventOrder(),
    bus as unknown as EventBus,
  );
});

const nameOf = (id: string): string => (id === ADA ? 'Ada' : 'Bob');

function event(name: RoomEventName, fields: Partial<RoomEvent> = {}): RoomEvent {
  return { type: 'room.event', name, chatId: ROOM, payload: { type: name }, ...fields };
}

const member = (action: 'added' | 'removed', change: number): RoomEvent =>
  event('member.changed', { change, subject: { userId: ADA, action } });

describe('an event', () => {
  it('comes to all who hear its room', () => {
    take(event('message.created', { change: 1 }));
    expect(done).toEqual(['message.created to Ada', 'message.created to Bob']);
  });

  it('comes to the one whom alone it is for, and not to the one who is spared', () => {
    take(event('read.changed', { only: ADA }));
    take(event('typing', { except: ADA }));
    expect(done).toEqual(['read.changed to Ada', 'typing to Bob']);
  });
});

describe('who joins', () => {
  it('hears of it first of all, and who leaves last of all', () => {
    take(member('added', 1));
    expect(done[0]).toBe('join Ada');
    done = [];
    take(member('removed', 2));
    expect(done).toEqual(['member.changed to Ada', 'member.changed to Bob', 'part Ada']);
  });

  it('stays, where older news of their leaving come last', () => {
    take(member('added', 5));
    take(member('removed', 4));
    expect(done.filter((each) => !each.startsWith('member'))).toEqual(['join Ada']);
  });

  it('leaves, where older news of their joining come last', () => {
    take(member('removed', 5));
    take(member('added', 4));
    expect(done.filter((each) => !each.startsWith('member'))).toEqual(['part Ada']);
  });
});

it('says farewell once: not to a stream that hears the room', () => {
  take(member('removed', 1));
  expect(done.filter((each) => each === 'member.changed to Ada')).toHaveLength(1);
  done = [];
  streams[0].chatIds.clear(); // the database has said so already
  streams = [streams[0]];
  take(member('removed', 2));
  expect(done).toContain('member.changed to Ada');
});

it('ends those whose session is over, once it hears of that', () => {
  end({ sessionIds: ['one', 'other'] });
  expect(done).toEqual(['end one other']);
});

it('ends a room after its last event', () => {
  take(event('chat.deleted'));
  expect(done).toEqual(['chat.deleted to Ada', 'chat.deleted to Bob', 'close']);
});
