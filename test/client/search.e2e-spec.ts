import { ConclaveClient, memoryStorage, type SearchPage } from '@conclave/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '../support/test-app.js';

describe('a search of the client', () => {
  let app: TestApp;
  let client: ConclaveClient;
  let rooms: string[];
  beforeAll(async () => {
    app = await TestApp.start();
    client = new ConclaveClient({ url: app.url, storage: memoryStorage() });
    await client.signUp({ email: 'ada@x.org', password: 'correct horse battery', fname: 'Ada' });
    rooms = [];
    for (const name of ['Old', 'New']) {
      const { id } = await client.createRoom(name);
      rooms.push(id);
      for (let n = 0; n < 5; n++) {
        await client.api.POST('/message/', { body: { chatid: id, message: `${name} tea ${n}` } });
      }
    }
  });
  afterAll(async () => {
    await client?.close();
    await app?.stop();
  });

  const textsOf = async (pages: AsyncIterable<SearchPage>): Promise<(string | null)[][]> => {
    const texts: (string | null)[][] = [];
    for await (const { messages } of pages) texts.push(messages.map(({ message }) => message));
    return texts;
  };

  it('goes through all rooms, page by page, the newest first', async () => {
    const texts = await textsOf(client.search('TEA', { limit: 3 }));
    const all = ['New', 'Old'].flatMap((name) => [4, 3, 2, 1, 0].map((n) => `${name} tea ${n}`));
    expect(texts.flat()).toEqual(all);
    expect(Math.max(...texts.map((page) => page.length))).toBe(3);
  });

  it('stays in one room, and tells where the words stand', async () => {
    const found = await client.search('te 3', { room: rooms[0] }).next();
    expect(found.value).toEqual({ messages: [], highlights: {}, isLast: true });
    const { value } = await client.search('3 te', { room: rooms[0], prefix: true }).next();
    const [message] = value!.messages;
    expect(message).toMatchObject({ chat_id: rooms[0], message: 'Old tea 3' });
    expect(value!.highlights[message.id]).toEqual([
      [4, 2],
      [8, 1],
    ]);
  });

  it('asks for nothing that is not wanted', async () => {
    const pages = client.search('tea', { limit: 1 });
    await pages.next();
    await pages.return();
    expect(await pages.next()).toEqual({ done: true, value: undefined });
  });

  it('ends by its signal, and says what is wrong', async () => {
    const ended = new AbortController();
    ended.abort();
    await expect(client.search('tea', { signal: ended.signal }).next()).rejects.toThrow();
    await expect(client.search('…').next()).rejects.toMatchObject({ status: 400 });
  });
});
