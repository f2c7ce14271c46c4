import { describe, expect, it } from 'vitest';
import { newChat, newMember } from '../../src/chat/chat-factory.js';
import type { Chat } from '../../src/chat/chat.entity.js';
import { RoomWrites } from '../../src/chat/room-writes.js';
import { newId } from '../../src/crypto/ids.js';

const chat = newChat(newId(), 'public', 'Room');
const member = newMember(chat, newId(), 'member');

/** How many rows each list of the statement has. */
function sizes(work: (writes: RoomWrites) => void): number[] {
  const writes = new RoomWrites([chat]);
  work(writes);
  return writes.all([]).lists.map((rows) => rows.length);
}

describe('what is to be written of rooms', () => {
  it('names each row once, whatever happened to it', () => {
    const counts = sizes((writes) => {
      writes.chat(chat);
      writes.chat(chat);
      writes.member(member);
      writes.member(member);
    });
    expect(counts).toEqual([1, 1, 0, 0, 0, 0]);
    const taken = sizes((writes) => {
      writes.member(member);
      writes.taken(member);
      writes.member(member);
    });
    expect(taken).toEqual([0, 0, 0, 1, 0, 0]);
    const gone = sizes((writes) => {
      writes.member(member);
      writes.taken(member);
      writes.gone(member);
    });
    expect(gone).toEqual([0, 0, 0, 0, 1, 0]);
  });

  it('is what a room is found by, where its name or who sees it has changed', () => {
    const words = (change: (room: Chat) => void): number[] => {
      const room = newChat(newId(), 'public', 'Engine room');
      const writes = new RoomWrites([room]);
      change(room);
      writes.chat(room);
      return writes.words().map(({ lists }) => lists[0].length);
    };
    expect(words((room) => room.lastSeq++)).toEqual([0, 0]);
    expect(words((room) => (room.chatName = 'Room'))).toEqual([1, 1]);
    expect(words((room) => (room.visibility = 'private'))).toEqual([1, 0]);
    expect(words((room) => (room.deletedAt = new Date()))).toEqual([1, 0]);
  });

  it('is no more than sends write only where nothing else has changed', () => {
    const common = (work: (writes: RoomWrites) => void): boolean => {
      const writes = new RoomWrites([chat]);
      work(writes);
      return writes.common !== undefined;
    };
    expect(common((writes) => writes.member(member))).toBe(true);
    expect(common((writes) => writes.taken(member))).toBe(false);
    expect(common((writes) => writes.gone(member))).toBe(false);
  });
});
