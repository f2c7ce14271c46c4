import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { LockedRooms } from '../../src/chat/locked-rooms.js';
import { SendPath } from '../support/send-path.js';

let path: SendPath;
beforeAll(async () => {
  path = await SendPath.open();
});
afterAll(() => path.drop());

it('locks rooms first, then what stands beside messages, and then users', async () => {
  const chat = await path.givenChat(await path.givenUser());
  const newcomer = await path.draft(chat.id, await path.givenUser());
  const order: string[] = [];
  const { parts } = path.writer;
  const sent = parts.sent.bind(parts);
  vi.spyOn(parts, 'sent').mockImplementation(async (...args) => {
    order.push('beside');
    return sent(...args);
  });
  const lock = LockedRooms.lock.bind(LockedRooms);
  vi.spyOn(LockedRooms, 'lock').mockImplementation(async (...args) => {
    order.push('rooms');
    const rooms = await lock(...args);
    const users = rooms.lockNewcomers.bind(rooms);
    vi.spyOn(rooms, 'lockNewcomers').mockImplementation((seats) => {
      order.push('users');
      return users(seats);
    });
    return rooms;
  });
  expect(await path.writer.append(newcomer)).toMatchObject({ message: { seq: 1 } });
  expect(order).toEqual(['rooms', 'beside', 'users']); // else two sends may wait for each other
});
