import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/client.js';
import { TestApp, type TestUser } from '../support/test-app.js';

const ROUNDS = 15;

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());
afterEach(expectSound);

const put = (by: TestUser, chatId: string, who: string, role?: string): Promise<Answer> =>
  app.as(by).request('PUT', `/chat/${chatId}/members/${who}`, { role });
const remove = (by: TestUser, chatId: string, who: string): Promise<Answer> =>
  app.as(by).request('DELETE', `/chat/${chatId}/members/${who}`);
const send = (by: TestUser, chatId: string): Promise<Answer> =>
  app.as(by).post('/message/', { chatid: chatId, message: 'x' });
const givenUsers = (count: number): Promise<TestUser[]> =>
  Promise.all(Array.from({ length: count }, () => app.givenUser()));

/** That every room has one owner, counts its members and its messages right, and skips no number. */
async function expectSound(): Promise<void> {
  interface Row {
    id: string;
    members: number;
    owners: number;
    messages: number;
    highest: number | null;
    member_count: number;
    last_seq: number;
    ahead: number;
  }
  const count = (what: string, from: string): string =>
    `(SELECT ${what} FROM ${from} AS it WHERE it.chat_id = chat.id`;
  const rows = await app.sql<Row>(
    `SELECT id, member_count, last_seq, ${count('count(*)', 'member')}) AS members,
      ${count('count(*)', 'member')} AND role = 'owner') AS owners,
      ${count('count(*)', 'member')} AND read_seq > chat.last_seq) AS ahead,
      ${count('count(*)', 'message')}) AS messages, ${count('max(seq)', 'message')}) AS highest
      FROM chat WHERE deleted_at IS NULL`,
  );
  expect(rows.length).toBeGreaterThan(0);
  for (const { id, owners, ahead, ...row } of rows) {
    expect([Number(owners), Number(ahead)], id).toEqual([1, 0]);
    expect(row.member_count).toBe(Number(row.members));
    expect([row.last_seq, row.highest ?? 0]).toEqual([Number(row.messages), row.last_seq]);
  }
}

function expectStatuses(answers: Answer[], ...allowed: number[]): void {
  const others = answers.filter(({ status }) => !allowed.includes(status));
  expect(others.map(({ status, body }) => ({ status, body }))).toEqual([]);
}

describe('at the same moment', () => {
  it('50 joins and leaves of the same few users leave each of them in or out', async () => {
    const { user: owner, chatId } = await app.givenMember();
    const users = await givenUsers(5);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const user = users[index % users.length];
        return index % 3 ? put(user, chatId, 'me') : remove(user, chatId, 'me');
      }),
    );
    expectStatuses(answers, 200, 204, 404);
    const { last_change, member_count } = (await app.as(owner).get(`/chat/${chatId}`)).body;
    const left = answers.filter(({ status }) => status === 204).length;
    expect(last_change).toBe(1 + left + (left + member_count - 1)); // who has left had joined
  });

  it('50 joins of one user make one member and one change', async () => {
    const { user: owner, chatId } = await app.givenMember();
    const [user] = await givenUsers(1);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        index % 2 ? put(user, chatId, 'me') : put(owner, chatId, user.id),
      ),
    );
    expectStatuses(answers, 200);
    expect((await app.as(owner).get(`/chat/${chatId}`)).body).toMatchObject({
      member_count: 2,
      last_change: 2,
    });
  });

  it('handed over to two, a room goes to one of them', async () => {
    const [owner, ...heirs] = await givenUsers(6);
    const chatId = await app.givenChat(owner);
    for (const { id } of heirs) await put(owner, chatId, id);
    const answers = await Promise.all(heirs.map(({ id }) => put(owner, chatId, id, 'owner')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403, 403, 403]);
    const heir = heirs[answers.findIndex(({ status }) => status === 200)];
    expect((await app.as(heir).get(`/chat/${chatId}`)).body.role).toBe('owner');
    expect((await app.as(owner).get(`/chat/${chatId}`)).body.role).toBe('admin');
  });

  it('handed to and fro between two, a room has one owner', async () => {
    const [ada, bob] = await givenUsers(2);
    const chatId = await app.givenChat(ada);
    await put(ada, chatId, bob.id);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        index % 2 ? put(ada, chatId, bob.id, 'owner') : put(bob, chatId, ada.id, 'owner'),
      ),
    );
    expectStatuses(answers, 200, 403);
  });

  it('an heir who leaves is no owner, and an owner is never removed', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const [owner, heir] = await givenUsers(2);
      const chatId = await app.givenChat(owner);
      await put(owner, chatId, heir.id);
      const [given, left] = await Promise.all([
        put(owner, chatId, heir.id, 'owner'),
        remove(heir, chatId, 'me'),
      ]);
      expectStatuses([given], 200);
      expectStatuses([left], 204, 409); // out, and added anew as the owner; or the owner who stays
    }
  });

  it('an owner leaves an empty room or stays with those who joined', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { user: owner, chatId } = await app.givenMember();
      const guests = await givenUsers(4);
      const [left, ...joined] = await Promise.all([
        remove(owner, chatId, 'me'),
        ...guests.map((guest) => put(guest, chatId, 'me')),
      ]);
      expectStatuses([left], 204, 409);
      expectStatuses(joined, left.status === 204 ? 404 : 200);
    }
  });

  it('a room is deleted once, and what was under way is done or a 404', async () => {
    const { user: owner, chatId } = await app.givenMember();
    const users = await givenUsers(8);
    const [first, second, ...others] = await Promise.all([
      app.as(owner).request('DELETE', `/chat/${chatId}`),
      app.as(owner).request('DELETE', `/chat/${chatId}`),
      ...users.flatMap((user) => [send(user, chatId), put(user, chatId, 'me')]),
    ]);
    expect([first.status, second.status].sort()).toEqual([204, 404]);
    expectStatuses(others, 200, 201, 404);
    await app.givenMember(); // a room to look at afterwards
  });
});

describe('a member who is shut out while sending', () => {
  interface Attempt {
    begun: number;
    answer: Answer;
  }

  /** Sends from several hands until told to stop; `begun` counts on one clock for all. */
  async function sendUntil(
    by: TestUser,
    chatId: string,
    clock: { now: number; isOver: boolean },
  ): Promise<Attempt[]> {
    const attempts: Attempt[] = [];
    const hand = async (): Promise<void> => {
      while (!clock.isOver) {
        const begun = ++clock.now;
        attempts.push({ begun, answer: await send(by, chatId) });
      }
    };
    await Promise.all(Array.from({ length: 6 }, hand));
    return attempts;
  }

  /** Lets `sender` send while `shutOut` does its work; nothing may follow what it answers. */
  async function expectSilence(
    chatId: string,
    owner: TestUser,
    sender: TestUser,
    shutOut: () => Promise<Answer>,
  ): Promise<void> {
    const clock = { now: 0, isOver: false };
    const sending = sendUntil(sender, chatId, clock);
    const others = sendUntil(owner, chatId, clock);
    while (clock.now < 60) await new Promise((resolve) => setTimeout(resolve, 1));
    const answer = await shutOut();
    const shutAt = ++clock.now;
    const { body: next } = await send(owner, chatId);
    while (clock.now < shutAt + 60) await new Promise((resolve) => setTimeout(resolve, 1));
    clock.isOver = true;
    const [attempts] = await Promise.all([sending, others]);
    expectStatuses([answer], 200, 204);
    const taken = attempts.filter(({ answer }) => answer.status === 201);
    const late = attempts.filter(({ begun }) => begun > shutAt);
    expectStatuses(
      attempts.map(({ answer }) => answer),
      201,
      404,
    );
    expect(taken.length).toBeGreaterThan(0);
    expect(late.length).toBeGreaterThan(0);
    expectStatuses(
      late.map(({ answer }) => answer),
      404,
    );
    expect(Math.max(...taken.map(({ answer }) => answer.body.seq))).toBeLessThan(next.seq);
  }

  it('gets nothing in once a removal is answered', async () => {
    for (let round = 0; round < 5; round++) {
      const [owner, member] = await givenUsers(2);
      const chatId = await app.givenChat(owner, { visibility: 'private' });
      await put(owner, chatId, member.id);
      await expectSilence(chatId, owner, member, () => remove(owner, chatId, member.id));
    }
  });

  it('gets nothing in once the room is private, having been removed before', async () => {
    const [owner, stranger] = await givenUsers(2);
    const chatId = await app.givenChat(owner);
    await expectSilence(chatId, owner, stranger, async () => {
      for (;;) {
        await app.as(owner).patch(`/chat/${chatId}`, { visibility: 'private' });
        const removed = await remove(owner, chatId, stranger.id);
        if (removed.status === 204) return removed;
      }
    });
  });

  it('never reads more than there is', async () => {
    const [owner, member] = await givenUsers(2);
    const chatId = await app.givenChat(owner, { visibility: 'private' });
    await put(owner, chatId, member.id);
    const clock = { now: 0, isOver: false };
    const sending = sendUntil(member, chatId, clock);
    const look = async (path: string): Promise<void> => {
      for (let round = 0; round < 60; round++) {
        const { body } = await app.as(member).get(path);
        const [chat] = body.data ?? [body];
        expect(chat.unread_count).toBeGreaterThanOrEqual(0);
        expect(chat.last_seq - chat.read_seq).toBe(chat.unread_count);
      }
    };
    const paths = [`/chat/${chatId}`, '/chat/?joined=true'];
    await Promise.all([...paths, ...paths].map(look));
    clock.isOver = true;
    await sending;
  });
});
