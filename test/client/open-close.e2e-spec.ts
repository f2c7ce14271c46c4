import { ConclaveClient, memoryStorage, type Room } from '@conclave/client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Gate } from '../support/gate.js';
import { PASSWORD, TestApp } from '../support/test-app.js';

let app: TestApp;
let client: ConclaveClient;
let room: Room;
/** What pages of messages wait for. */
let gate: Gate | null = null;
const slowFetch: typeof fetch = async (request, init) => {
  const { method, url } = request as Request;
  const response = await fetch(request, init);
  if (method === 'GET' && url.includes('/message/')) await gate?.pass();
  return response;
};
beforeAll(async () => {
  app = await TestApp.start();
  const { email } = await app.givenUser();
  client = new ConclaveClient({ url: app.url, storage: memoryStorage(), fetch: slowFetch });
  await client.logIn(email, PASSWORD);
  room = await client.createRoom('Engine room');
  room.send('hello');
  await vi.waitFor(() => expect(room.getSnapshot().chat?.last_seq).toBe(1), 5000);
});
afterAll(async () => {
  await client.close();
  await app.stop();
});

it('a room that is closed while its messages are on their way stays closed', async () => {
  const opened = room.open();
  await Promise.resolve();
  room.close();
  await opened;
  expect(room.getSnapshot()).toMatchObject({ isOpen: false, isLoading: false, messages: [] });
});

it('one that is opened again meanwhile is open', async () => {
  const first = room.open();
  room.close();
  const second = room.open();
  expect(room.getSnapshot().isOpen).toBe(false);
  await Promise.all([first, second]);
  expect(room.getSnapshot()).toMatchObject({ isOpen: true, isLoading: false });
  expect(room.getSnapshot().messages.map(({ message }) => message)).toEqual(['hello']);
  room.close();
});

it('one whose messages are undone while they are on their way is open with those that count', async () => {
  gate = new Gate();
  const opened = room.open();
  await gate.reached;
  await app.sql('DELETE FROM installation'); // as a restore would
  client.cut();
  expect(client.status.getSnapshot()).toBe('connecting');
  await vi.waitFor(() => expect(client.status.getSnapshot()).toBe('online'), 5000);
  gate.open();
  await opened;
  expect(room.getSnapshot()).toMatchObject({ isOpen: true, isLoading: false });
  expect(room.getSnapshot().messages).toHaveLength(1);
  room.close();
});

it('a snapshot is the same object until something in it changes', async () => {
  await room.open();
  await room.loadMembers();
  const before = room.getSnapshot();
  room.touch();
  expect(room.getSnapshot()).toBe(before);
  const reacted = room.react(before.messages[0].id, '👍');
  const after = room.getSnapshot();
  expect(after.messages).not.toBe(before.messages);
  expect(after.members).toBe(before.members);
  expect(after.typing).toBe(before.typing);
  await reacted;
});
