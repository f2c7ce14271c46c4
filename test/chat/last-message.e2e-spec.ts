import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../src/database/database.js';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

const say = async (by: TestUser, chatid: string, message = 'hello') => {
  const { status, body } = await app.as(by).post('/message/', { chatid, message });
  expect(status).toBe(201);
  return body;
};
const read = async (by: TestUser, id: string) => (await app.as(by).get(`/message/${id}`)).body;
const lastOf = async (by: TestUser, chatId: string) => {
  const { body } = await app.as(by).get(`/chat/${chatId}`);
  const list = (await app.as(by).get('/chat/?limit=200')).body.data;
  const listed = list.find(({ id }: { id: string }) => id === chatId);
  expect(listed).toEqual(body);
  return body.last_message;
};

describe('the last message of a room', () => {
  it('is null in an empty one', async () => {
    const user = await app.givenUser();
    const { body } = await app.as(user).post('/chat/', { chat_name: 'Room' });
    expect(body.last_message).toBeNull();
    expect(await lastOf(user, body.id)).toBeNull();
  });

  it('is the newest as its reader sees it, after every change of it', async () => {
    const { user, chatId } = await app.givenMember();
    const other = await app.givenUser();
    await say(other, chatId, 'first');
    const { id } = await say(user, chatId, 'second');
    const path = `/message/${id}`;
    const thumb = `${path}/reactions/${encodeURIComponent('👍')}`;
    const changes = [
      () => app.as(other).request('PUT', thumb),
      () => app.as(user).patch(path, { message: 'edited' }),
      () => app.as(user).patch('/userauth/me', { fname: 'Ada' }),
      () => app.as(user).patch(`/chat/${chatId}`, { chat_name: 'Renamed' }),
      () => app.as(user).request('DELETE', path),
    ];
    for (const change of [() => Promise.resolve({ status: 200 }), ...changes]) {
      expect((await change()).status).toBeLessThan(300);
      for (const reader of [user, other]) {
        const last = await lastOf(reader, chatId);
        expect(last).toEqual(await read(reader, id));
        expect(last).toMatchObject({ id, seq: 2 });
      }
    }
    expect(await lastOf(user, chatId)).toMatchObject({
      message: null,
      deleted_at: expect.any(String),
    });
    const third = await say(other, chatId, 'third');
    expect(await lastOf(other, chatId)).toEqual(third);
  });

  it('comes with whatever answers a room', async () => {
    const [user, other] = [await app.givenUser(), await app.givenUser()];
    const { body: chat } = await app.as(user).post('/chat/direct', { user_id: other.id });
    const chatId = await app.givenChat(user);
    const direct = await say(user, chat.id);
    const message = await say(user, chatId);
    const again = await app.as(other).post('/chat/direct', { user_id: user.id });
    expect(again.body.last_message).toEqual(await read(other, direct.id));
    const renamed = await app.as(user).patch(`/chat/${chatId}`, { chat_name: 'x' });
    expect(renamed.body.last_message).toEqual(message);
    const { body } = await app.as(user).post('/sync', {});
    const shown = body.chats.map((it: { last_message: object }) => it.last_message);
    expect(shown).toEqual([direct, message]);
  });

  it('reads as a tombstone once its author is gone', async () => {
    const { user, chatId } = await app.givenMember();
    const author = await app.givenUser();
    const { id } = await say(author, chatId);
    expect(await lastOf(user, chatId)).toMatchObject({ message: 'hello' });
    await app.as(author).request('DELETE', '/userauth/me', { password: PASSWORD });
    const { body } = await app.as(user).get(`/chat/${chatId}`);
    expect(body.last_message).toMatchObject({ id, message: null });
    await app.nest.get(ErasureTask).settle();
    expect(await lastOf(user, chatId)).toEqual(await read(user, id));
  });
});

describe('a list of rooms', () => {
  const database = (): Database => app.nest.get(Database);
  const asked: string[] = [];
  let logger: Database['reader']['logger'] | undefined;
  const listen = (): void => {
    logger = database().reader.logger;
    const log = { ...logger, logQuery: (sql: string) => void asked.push(sql) };
    database().reader.logger = log;
    asked.length = 0;
  };
  afterEach(() => {
    if (logger) database().reader.logger = logger;
  });

  it('asks once for the messages of them all, and once for their senders', async () => {
    const users = await Promise.all([1, 2, 3].map(() => app.givenUser()));
    for (let n = 0; n < 60; n++) {
      await say(users[n % 3], await app.givenChat(users[0]), `${n}`);
    }
    listen();
    const { body } = await app.as(users[0]).get('/chat/?joined=true&limit=200');
    const texts = body.data.map((it: { last_message: { message: string } }) => it.last_message);
    expect(texts.map(({ message }: { message: string }) => Number(message))).toEqual([
      ...Array(60).keys(),
    ]);
    const count = (table: string): number => asked.filter((sql) => sql.includes(table)).length;
    expect([count('octet_length(ciphertext)'), count('FROM users'), count('"reaction"')]).toEqual([
      1, 1, 0,
    ]);
  });

  it('ends with the message whose text passes 1 MiB, and goes on after it', async () => {
    const user = await app.givenUser();
    const long = '😀'.repeat(16_384); // 87,480 characters once it is sealed
    const rooms: string[] = [];
    for (let n = 0; n < 30; n++) {
      const chatId = await app.givenChat(user, { visibility: 'private' });
      rooms.push(chatId);
      if (n % 5 === 1) await say(user, chatId, 'short');
      else if (n % 5 > 1) await say(user, chatId, long);
    }
    const pages: string[][] = [];
    for (let after = ''; ; after = `&after=${pages.at(-1)!.at(-1)}`) {
      const { body } = await app.as(user).get(`/chat/?joined=true&limit=200${after}`);
      pages.push(body.data.map(({ id }: { id: string }) => id));
      for (const { id, last_message: last } of body.data) {
        const kind = rooms.indexOf(id) % 5;
        const text = kind === 0 ? undefined : kind === 1 ? 'short' : long;
        expect(last?.message, `room ${rooms.indexOf(id)}`).toBe(text);
      }
      if (!body.has_more) break;
    }
    expect(pages.flat()).toEqual(rooms);
    expect(pages.map(({ length }) => length)).toEqual([20, 10]); // the twelfth long one is the last
  });
});
