import { beforeEach, describe, expect, it } from 'vitest';
import { NotAMemberError } from '../../src/chat/chat.errors.js';
import { newId } from '../../src/crypto/ids.js';
import type { History } from '../../src/database/history.js';
import type { Connection } from '../../src/realtime/connection.js';
import type { Connections } from '../../src/realtime/connections.js';
import { EventStreams } from '../../src/realtime/event-streams.js';
import type { RoomReplay } from '../../src/realtime/room-replay.js';
import { Gate } from '../support/gate.js';

const USER = { id: newId(), sessionId: newId() };

let open: Set<Connection>;
/** Where the room waits to be looked up. */
let gate: Gate;
let streams: EventStreams;
beforeEach(() => {
  [open, gate] = [new Set(), new Gate()];
  const connections = {
    open: (one: Connection) => Promise.resolve(open.add(one)),
    remove: (one: Connection) => open.delete(one),
  };
  const now = async (): Promise<never> => {
    await gate.pass();
    throw new NotAMemberError();
  };
  streams = new EventStreams(
    connections as unknown as Connections,
    { now } as unknown as RoomReplay,
    { current: () => Promise.resolve('h') } as unknown as History,
  );
});

const closed = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

describe('a stream', () => {
  it('begins with `ready`, and is listened to until it closes', async () => {
    const stream = await streams.open(USER, {}, undefined);
    expect(String(stream.read())).toMatch(/^retry: \d+\n\nevent: ready\n/);
    expect([...open]).toEqual([stream]);
    stream.destroy();
    await closed();
    expect(open.size).toBe(0);
  });

  it('of a room hears it before that is looked up, and leaves nothing where it may not', async () => {
    const opening = streams.open(USER, { chat_id: newId() }, undefined);
    await gate.reached;
    expect(open.size).toBe(1);
    gate.open();
    await expect(opening).rejects.toThrow(NotAMemberError);
    await closed();
    expect(open.size).toBe(0);
  });
});
