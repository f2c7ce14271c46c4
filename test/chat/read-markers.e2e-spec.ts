import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import type { Answer } from '../support/client.js';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

const put = (by: TestUser, chatId: string, who: TestUser, role?: string): Promise<Answer> =>
  app.as(by).request('PUT', `/chat/${chatId}/members/${who.id}`, { role });
const join = (by: TestUser, chatId: string): Promise<Answer> =>
  app.as(by).request('PUT', `/chat/${chatId}/members/me`);
const read = (by: TestUser, chatId: string, seq: number): Promise<Answer> =>
  app.as(by).request('PUT', `/chat/${chatId}/read`, { seq });
const send = (by: TestUser, chatId: string): Promise<Answer> =>
  app.as(by).post('/message/', { chatid: chatId, message: 'hello' });

interface Room {
  chatId: string;
  owner: TestUser;
  member: TestUser;
  stranger: TestUser;
}

/** A room with an owner and a member. */
async function givenRoom(fields: object = {}): Promise<Room> {
  const [owner, member, stranger] = await Promise.all([1, 2, 3].map(() => app.givenUser()));
  const chatId = await app.givenChat(owner, fields);
  expect((await put(owner, chatId, member)).status).toBe(200);
  return { chatId, owner, member, stranger };
}

const lastChange = async ({ owner, chatId }: Room): Promise<number> =>
  (await app.as(owner).get(`/chat/${chatId}`)).body.last_change;

describe('the read marker', () => {
  const markOf = async (by: TestUser, chatId: string): Promise<[number, number]> => {
    const { body } = await app.as(by).get(`/chat/${chatId}`);
    return [body.read_seq, body.unread_count];
  };

  it('moves forward, never back, and not beyond the end', async () => {
    const room = await givenRoom();
    const { chatId, owner, member, stranger } = room;
    for (let count = 0; count < 5; count++) await send(owner, chatId);
    const marks: [seq: number, after: [number, number]][] = [
      [0, [0, 5]],
      [3, [3, 2]],
      [1, [3, 2]],
      [2_147_483_647, [5, 0]],
      [4, [5, 0]],
      [2 ** 31, [5, 0]],
      [2 ** 53, [5, 0]],
      [1e300, [5, 0]],
    ];
    for (const [seq, after] of marks) {
      const before = await lastChange(room);
      expect((await read(member, chatId, seq)).status).toBe(204);
      expect(await lastChange(room)).toBe(before);
      expect(await markOf(member, chatId)).toEqual(after);
    }
    await send(owner, chatId);
    expect(await markOf(member, chatId)).toEqual([5, 1]);
    expect(await markOf(owner, chatId)).toEqual([6, 0]);
    await join(stranger, chatId); // what was said before one joins counts as read
    expect(await markOf(stranger, chatId)).toEqual([6, 0]);
  });

  it('is not moved back by marks, changes of the role and posts at the same time', async () => {
    const { chatId, owner, member } = await givenRoom();
    for (let count = 0; count < 40; count++) await send(owner, chatId);
    for (let seq = 2; seq <= 40; seq += 2) {
      const role = seq % 4 ? 'admin' : 'member';
      const answers = await Promise.all([
        read(member, chatId, seq),
        put(owner, chatId, member, role),
        read(member, chatId, seq - 1),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([204, 200, 204]);
      expect((await markOf(member, chatId))[0]).toBe(seq);
    }
    await Promise.all([read(member, chatId, 40), send(member, chatId), read(member, chatId, 39)]);
    expect(await markOf(member, chatId)).toEqual([41, 0]);
  });

  it.each(['2147483648', '9007199254740993', '1e300', '1E+22', '123456789012345678901234567890'])(
    'at %s counts as the end',
    async (seq) => {
      const { chatId, owner, member } = await givenRoom();
      await send(owner, chatId);
      const answer = await app.as(member).request('PUT', `/chat/${chatId}/read`, `{"seq":${seq}}`);
      expect(answer.status).toBe(204);
      expect(await markOf(member, chatId)).toEqual([1, 0]);
    },
  );

  it.each(['-1', '1.5', '-1e300', '1e999', '"1"', 'null', 'true', '[1]', '{}'])(
    'at %s is a 400',
    async (seq) => {
      const { chatId, member } = await givenRoom();
      const answer = await app.as(member).request('PUT', `/chat/${chatId}/read`, `{"seq":${seq}}`);
      expectInvalid(answer, 'seq');
    },
  );

  it('of others is shown in rooms of up to 100 members', async () => {
    const { chatId, owner, member, stranger } = await givenRoom();
    await send(owner, chatId);
    await read(member, chatId, 1);
    const shown = async (): Promise<Record<string, unknown>> => {
      const { body } = await app.as(owner).get(`/chat/${chatId}/members`);
      const marks = body.data.map((it: { user: { id: string }; read_seq: unknown }) => {
        return [it.user.id, it.read_seq];
      });
      return Object.fromEntries(marks);
    };
    expect(await shown()).toMatchObject({ [owner.id]: 1, [member.id]: 1 });
    const grow = (by: number): Promise<unknown> =>
      app.sql('UPDATE chat SET member_count = member_count + ? WHERE id = ?', [by, chatId]);
    await grow(97);
    expect((await join(stranger, chatId)).body.read_seq).toBe(1); // the hundredth
    expect((await shown())[owner.id]).toBe(1);
    await grow(1);
    expect(new Set(Object.values(await shown()))).toEqual(new Set([null]));
    expect((await put(owner, chatId, member, 'admin')).body.read_seq).toBeNull();
  });

  it('is for members', async () => {
    const { chatId, stranger } = await givenRoom();
    expectProblem(await read(stranger, chatId, 0), 403);
    const hidden = await givenRoom({ visibility: 'private' });
    expectProblem(await read(stranger, hidden.chatId, 0), 404);
    expectProblem(await read(stranger, randomUUID(), 0), 404);
  });
});
