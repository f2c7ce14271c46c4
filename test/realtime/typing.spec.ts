import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ChatNotFoundError } from '../../src/chat/chat.errors.js';
import { InvalidInputError } from '../../src/common/errors.js';
import { newId } from '../../src/crypto/ids.js';
import type { EventBus } from '../../src/events/event-bus.js';
import type { Connection } from '../../src/realtime/connection.js';
import { Typing } from '../../src/realtime/typing.js';

const USER = { id: newId(), sessionId: newId() };
const ROOM = newId();

const announce = vi.fn<EventBus['announce']>();
let typing: Typing;
let connection: Connection;
beforeEach(() => {
  announce.mockReset();
  typing = new Typing({ announce } as unknown as EventBus);
  connection = { user: USER, chatIds: new Set([ROOM]) } as unknown as Connection;
});

describe('who types', () => {
  it('is heard of once, however fast, by all but themselves', () => {
    for (let n = 0; n < 3; n++) typing.announce(connection, { chat_id: ROOM });
    const payload = { type: 'typing', chat_id: ROOM, user_id: USER.id };
    const event = { type: 'room.event', name: 'typing', chatId: ROOM, payload, except: USER.id };
    expect(announce.mock.calls).toEqual([[[event]]]);
  });

  it('is heard in no room that they do not hear, not even one that they have left', () => {
    expect(() => typing.announce(connection, { chat_id: newId() })).toThrow(ChatNotFoundError);
    connection.chatIds.delete(ROOM);
    expect(() => typing.announce(connection, { chat_id: ROOM })).toThrow(ChatNotFoundError);
    expect(announce).not.toHaveBeenCalled();
  });

  it.each([undefined, null, {}, { chat_id: 1 }, { chat_id: ROOM.toUpperCase() }])(
    'says where: not by %j',
    (body) => {
      expect(() => typing.announce(connection, body)).toThrow(InvalidInputError);
      expect(announce).not.toHaveBeenCalled();
    },
  );
});
