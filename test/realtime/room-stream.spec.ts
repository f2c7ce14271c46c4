import { describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import type { RoomEvent, RoomEventName } from '../../src/events/events.js';
import type { RoomReplay, ReplayedEvent } from '../../src/realtime/room-replay.js';
import { RoomStream } from '../../src/realtime/room-stream.js';
import { Gate } from '../support/gate.js';

const USER = { id: newId(), sessionId: newId() };
const ROOM = newId();

function event(name: RoomEventName, change?: number, action?: 'added' | 'removed'): RoomEvent {
  const subject = action && { subject: { userId: USER.id, action } };
  return { type: 'room.event', name, chatId: ROOM, change, payload: { type: name }, ...subject };
}

/** A room that has come to this change; from the database comes what is given as missed. */
async function streamAt(change: number, ...missed: number[]) {
  const asked: number[] = [];
  const gate = new Gate();
  const replay = {
    now: () => Promise.resolve({ change, history: 'h' }),

    async *since(_user: unknown, _chat: unknown, cursor: { change: number }) {
      asked.push(cursor.change);
      const found = missed.filter((each) => each > cursor.change);
      await gate.pass();
      for (const place of found) {
        yield { payload: { type: 'message.updated' }, place } as ReplayedEvent;
      }
    },
  };
  const stream = new RoomStream(USER, ROOM, replay as unknown as RoomReplay);
  await stream.begin({});
  await new Promise((resolve) => setImmediate(resolve)); // there is nothing to catch up with
  const deliver = (each: RoomEvent): void => stream.deliver(each, '{}');
  /** Ids and names, in the order sent. */
  const sent = (): string[] =>
    String(stream.read() ?? '')
      .split('\n\n')
      .filter((text) => text.includes('event: '))
      .map((text) =>
        text
          .replace(/\ndata: .*/, '')
          .replace(/^id: (\d+)\nevent: /, '$1 ')
          .replace('event: ', ''),
      );
  return { deliver, sent, asked, gate, missed };
}

describe('a client that may have missed something', () => {
  const marker: ReplayedEvent['payload'] = {
    type: 'read.changed',
    chat_id: ROOM,
    user_id: USER.id,
    read_seq: 1,
    unread_count: 0,
  };

  /** One that catches up with all that it missed; each look waits, and the first ones answer this. */
  async function streamMissing(...answers: ReplayedEvent[][]) {
    const cursors: unknown[] = [];
    const gates = answers.map(() => new Gate());
    const replay = {
      now: () => Promise.resolve({ change: 5, history: 'new' }),

      async *all(_user: unknown, _chat: unknown, cursor: object) {
        const n = cursors.push(cursor) - 1;
        await gates[n]?.pass();
        yield* answers[n] ?? [];
      },
    };
    const stream = new RoomStream(USER, ROOM, replay as unknown as RoomReplay);
    await stream.begin({ after: 7, history: 'old' });
    return { stream, cursors, gates };
  }

  it('looks once more where it is told so while it looks', async () => {
    const { stream, cursors, gates } = await streamMissing([{ payload: marker }], []);
    await gates[0].reached;
    stream.ready();
    gates[0].open();
    await gates[1].reached;
    expect(cursors).toHaveLength(2);
    stream.destroy();
  });

  it('goes on in the line of history that it is given, from where that stands', async () => {
    const payload = { type: 'reset' as const, chat_id: ROOM, change: 5, history: 'new' };
    const { stream, cursors, gates } = await streamMissing([{ payload, place: 5 }], []);
    await gates[0].reached;
    gates[0].open();
    await vi.waitFor(() => expect(String(stream.read() ?? '')).toContain('event: reset'));
    stream.ready();
    await gates[1].reached;
    expect(cursors).toEqual([
      { change: 7, history: 'old' },
      { change: 5, history: 'new' },
    ]);
    stream.destroy();
  });

  it('is hung up on by its leaving the room, and sent nothing that is found then', async () => {
    const { stream, gates } = await streamMissing([{ payload: marker }]);
    await gates[0].reached;
    stream.leave();
    gates[0].open();
    await new Promise((resolve) => setImmediate(resolve));
    expect(String(stream.read() ?? '')).not.toContain('read.changed');
    stream.destroy();
  });
});

describe('the stream of a room', () => {
  it('passes on what is next, with its change as the id', async () => {
    const { deliver, sent, asked } = await streamAt(5);
    deliver(event('message.created', 6));
    deliver(event('typing'));
    deliver(event('message.created', 7));
    expect(sent()).toEqual(['6 message.created', 'typing', '7 message.created']);
    expect(asked).toEqual([]);
  });

  it('asks the database where a change is missing, and sends nothing before that', async () => {
    const { deliver, sent, asked, gate, missed } = await streamAt(5, 6, 7);
    deliver(event('message.created', 7));
    await gate.reached;
    expect(sent()).toEqual([]);
    expect(asked).toEqual([5]);
    gate.open();
    deliver(event('message.created', 8)); // while it catches up
    missed.push(8);
    await vi.waitFor(() => expect(asked).toEqual([5, 7]));
    await new Promise((resolve) => setImmediate(resolve));
    deliver(event('message.created', 9));
    expect(sent()).toEqual([
      '6 message.updated',
      '7 message.updated',
      '8 message.updated',
      '9 message.created',
    ]);
  });

  it('sends no change twice', async () => {
    const { deliver, sent, asked } = await streamAt(5);
    deliver(event('message.created', 5));
    deliver(event('message.created', 4));
    await new Promise((resolve) => setImmediate(resolve));
    expect([sent(), asked]).toEqual([[], []]);
  });

  it('says farewell to its own user, whatever the change', async () => {
    const { deliver, sent } = await streamAt(5);
    deliver(event('member.changed', 9, 'removed'));
    expect(sent()).toEqual(['member.changed']);
  });
});
