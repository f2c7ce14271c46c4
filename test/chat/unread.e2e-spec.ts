import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
let reader: TestUser;
let writer: TestUser;
let chatId: string;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

async function given(count: number): Promise<string[]> {
  [reader, writer] = [await app.givenUser(), await app.givenUser()];
  chatId = await app.givenChat(writer);
  await app.as(reader).request('PUT', `/chat/${chatId}/members/me`);
  const ids: string[] = [];
  while (ids.length < count) ids.push(await send(writer));
  return ids;
}

async function send(by: TestUser): Promise<string> {
  return (await app.as(by).post('/message/', { chatid: chatId, message: 'hello' })).body.id;
}

const remove = (id: string) => app.as(writer).request('DELETE', `/message/${id}`);
const read = (seq: number) => app.as(reader).request('PUT', `/chat/${chatId}/read`, { seq });

/** As every answer that shows the room says it. */
async function unread(): Promise<number> {
  const { body } = await app.as(reader).get(`/chat/${chatId}`);
  const list = await app.as(reader).get('/chat/?joined=true');
  const sync = await app.as(reader).post('/sync', {});
  for (const chat of [list.body.data[0], sync.body.chats[0]]) expect(chat).toEqual(body);
  return body.unread_count;
}

const deletedUpTo = async (): Promise<unknown> => {
  const [row] = await app.sql('SELECT last_deleted_seq FROM chat WHERE id = ?', [chatId]);
  return row.last_deleted_seq;
};

describe('what is unread', () => {
  it('is what was said since, but for what is deleted', async () => {
    const ids = await given(6);
    expect([await unread(), await deletedUpTo()]).toEqual([6, 0]);
    await remove(ids[4]);
    expect([await unread(), await deletedUpTo()]).toEqual([5, 5]);
    await remove(ids[1]);
    await remove(ids[1]);
    expect([await unread(), await deletedUpTo()]).toEqual([4, 5]);
    const left: [seq: number, unread: number][] = [
      [1, 3],
      [2, 3],
      [4, 1],
      [5, 1],
      [6, 0],
    ];
    for (const [seq, count] of left) {
      await read(seq);
      expect(await unread()).toBe(count);
    }
    await send(writer);
    expect(await unread()).toBe(1);
  });

  it('is null for one who has not joined', async () => {
    const [id] = await given(2);
    await remove(id);
    const stranger = await app.givenUser();
    const { body } = await app.as(stranger).get(`/chat/${chatId}`);
    expect(body).toMatchObject({ read_seq: null, unread_count: null });
  });

  it('counts what an erased author wrote until their tombstones are written', async () => {
    await given(3);
    const { status } = await app
      .as(writer)
      .request('DELETE', '/userauth/me', { password: PASSWORD });
    expect(status).toBe(204);
    await app.nest.get(ErasureTask).settle();
    expect([await unread(), await deletedUpTo()]).toEqual([0, 3]);
  });

  it('takes a thousand tombstones away, and no more', async () => {
    const ids = await given(1);
    await remove(ids[0]);
    const [row] = await app.sql('SELECT * FROM message WHERE id = ?', [ids[0]]);
    const columns = Object.keys(row);
    const marks = columns.map(() => '?').join();
    for (let seq = 2; seq <= 1003; seq++) {
      const id = row.id as string;
      const other = `${String(seq).padStart(8, '0')}${id.slice(8)}`;
      const values = Object.values({ ...row, id: other, seq });
      await app.sql(`INSERT INTO message (${columns.join()}) VALUES (${marks})`, values);
    }
    const counts = 'UPDATE chat SET last_seq = 1003, last_deleted_seq = 1003 WHERE id = ?';
    await app.sql(counts, [chatId]);
    expect(await unread()).toBe(3);
    await read(3);
    expect(await unread()).toBe(0);
  });
});
