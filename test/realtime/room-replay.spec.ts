import { beforeEach, describe, expect, it } from 'vitest';
import type { ChatService } from '../../src/chat/chat.service.js';
import { newId } from '../../src/crypto/ids.js';
import type { History } from '../../src/database/history.js';
import type { MessageViews } from '../../src/message/read/message-views.js';
import type { MessageRepository } from '../../src/message/read/message.repository.js';
import { RoomReplay } from '../../src/realtime/room-replay.js';

const USER = { id: newId(), sessionId: newId() };
const CHAT = {
  id: newId(),
  chatName: 'Room',
  visibility: 'private',
  createdBy: USER.id,
  createdAt: new Date(),
  lastMessageAt: null,
  lastSeq: 3,
  lastChange: 9,
  memberCount: 1,
};

/** Changes of the messages that there are. */
let changes: number[];
let replay: RoomReplay;
beforeEach(() => {
  const chats = { requireMember: () => Promise.resolve({ chat: CHAT }) };
  const messages = {
    changed: (_userId: string, { after, upTo }: { after: number; upTo: number }) => {
      const left = changes.filter((change) => change > after && change <= upTo);
      return Promise.resolve({ data: left.slice(0, 2), has_more: left.length > 2 });
    },
  };
  const views = {
    shared: (page: number[]) =>
      Promise.resolve(
        page.map((change) => ({ change, deleted_at: null, edited_at: null, reactions: [] })),
      ),
  };
  replay = new RoomReplay(
    chats as unknown as ChatService,
    messages as unknown as MessageRepository,
    views as unknown as MessageViews,
    { current: () => Promise.resolve('h') } as unknown as History,
  );
});

async function missed(change: number, history = 'h'): Promise<string[]> {
  const events: string[] = [];
  for await (const { payload, place } of replay.since(USER, CHAT.id, { change, history })) {
    events.push(`${place} ${payload.type}`);
  }
  return events;
}

describe('what happened since a change', () => {
  it('is each message in order, over all pages, and then the room', async () => {
    changes = [3, 5, 6, 7, 8];
    expect(await missed(4)).toEqual([
      '5 message.created',
      '6 message.created',
      '7 message.created',
      '8 message.created',
      '9 chat.updated',
    ]);
  });

  it('leaves the last place to the room, whose event is lost else', async () => {
    changes = [5, 9];
    expect(await missed(4)).toEqual(['5 message.created', '8 message.created', '9 chat.updated']);
  });

  it('is nothing where nothing has', async () => {
    changes = [9];
    expect(await missed(9)).toEqual([]);
  });

  it.each([
    ['a change that the room has not come to', 10, 'h'],
    ['another line of history', 4, 'other'],
  ])('is a reset alone after %s', async (_what, change, history) => {
    changes = [5, 9];
    expect(await missed(change, history)).toEqual(['9 reset']);
  });
});
