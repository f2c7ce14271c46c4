import { ConclaveClient, memoryStorage } from '@conclave/client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { TestApp } from '../support/test-app.js';

let app: TestApp;
const clients: ConclaveClient[] = [];
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  for (const client of clients) await client.close();
  await app.stop();
});

async function given(name: string): Promise<ConclaveClient> {
  const client = new ConclaveClient({ url: app.url, storage: memoryStorage() });
  clients.push(client);
  await client.signUp({ email: `${name}@x.org`, password: 'correct horse battery', fname: name });
  return client;
}

it('works', async () => {
  const [ada, bob] = [await given('ada'), await given('bob')];
  const room = await ada.createRoom('Engine room');
  const other = bob.room(room.id);
  await other.join();
  await Promise.all([room.open(), other.open()]);
  await vi.waitFor(() => expect(bob.status.getSnapshot()).toBe('online'), 5000);
  room.send('hello');
  room.send('again');
  await vi.waitFor(() => {
    expect(other.getSnapshot().messages.map(({ message }) => message)).toEqual(['hello', 'again']);
    expect(room.getSnapshot().messages.map(({ state }) => state)).toEqual(['sent', 'sent']);
  }, 5000);
  expect(bob.unread.getSnapshot()).toBe(2);
  const [first] = other.getSnapshot().messages;
  const reacted = other.react(first.id, '👍');
  expect(other.getSnapshot().messages[0].reactions).toEqual([{ emoji: '👍', count: 1, me: true }]);
  await reacted;
  await room.edit(first.id, 'hello!');
  await vi.waitFor(() => {
    expect(other.getSnapshot().messages[0].message).toBe('hello!');
    expect(room.getSnapshot().messages[0].reactions).toEqual([
      { emoji: '👍', count: 1, me: false },
    ]);
  }, 5000);
  other.markRead();
  expect(bob.unread.getSnapshot()).toBe(0);
});
