import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { givenRooms } from '../support/many-rooms.js';
import { TestApp, type TestUser } from '../support/test-app.js';

const ROOMS = 1203;
const MOST_ROOMS = 5000;
const MIB = 1_048_576;
const LONG = 'x'.repeat(16_384);

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

interface Answer {
  history: string;
  rooms: Record<string, number>;
  reads: Record<string, object>;
  chats: { id: string; last_message: { id: string } | null }[];
  gone: string[];
  reset: string[];
  messages: { id: string; chat_id: string; change: number }[];
  has_more: boolean;
}

async function sync(user: TestUser, body: object = {}): Promise<Answer> {
  const { status, body: answer } = await user.client.post('/sync', body);
  expect(status).toBe(200);
  return answer as Answer;
}

/** Every answer until there is no more. */
async function syncAll(
  user: TestUser,
  body: { rooms?: object; limit?: number },
): Promise<Answer[]> {
  const answers = [await sync(user, body)];
  for (let last = answers[0]; last.has_more; answers.push(last)) {
    last = await sync(user, { ...body, history: last.history, rooms: last.rooms });
  }
  return answers;
}

async function send(user: TestUser, chatid: string, message: string): Promise<string> {
  const { status, body } = await user.client.post('/message/', { chatid, message });
  expect(status).toBe(201);
  return body.id;
}

/** A room with so many messages of the greatest length in ASCII. */
async function givenLongRoom(user: TestUser, count: number): Promise<string> {
  const chatId = await app.givenChat(user);
  for (let n = 0; n < count; n++) await send(user, chatId, LONG);
  return chatId;
}

/** Bytes of what an answer holds, each in the order in which it was taken, as they are stored. */
async function lengthsOf({ chats, messages }: Answer): Promise<number[]> {
  const rows = await app.sql<{ id: string; length: number }>(
    'SELECT id, length(ciphertext) AS length FROM message',
  );
  const lengths = new Map(rows.map(({ id, length }) => [id, length]));
  return chats.flatMap(({ id, last_message: last }) => [
    ...(last ? [lengths.get(last.id)!] : []),
    ...messages.filter(({ chat_id }) => chat_id === id).map((each) => lengths.get(each.id)!),
  ]);
}

const sum = (numbers: number[]): number => numbers.reduce((all, one) => all + one, 0);
const idsOf = (items: { id: string }[]): string[] => items.map(({ id }) => id);
const cursors = (ids: string[], change: number): Record<string, number> =>
  Object.fromEntries(ids.map((id) => [id, change]));

describe('an answer holds at most 500 rooms', () => {
  let user: TestUser;
  let ids: string[];
  beforeAll(async () => {
    user = await app.givenUser();
    ids = await givenRooms(app, user, ROOMS);
  });

  it('of which those that are not named and do not fit come with the next', async () => {
    const answers = await syncAll(user, {});
    expect(answers.map(({ chats }) => chats.length)).toEqual([500, 500, 203]);
    expect(answers.map(({ has_more }) => has_more)).toEqual([true, true, false]);
    expect(answers.flatMap(({ chats }) => idsOf(chats))).toEqual(ids);
    expect(answers.map(({ rooms }) => Object.keys(rooms).length)).toEqual([500, 1000, ROOMS]);
    expect(answers[0].rooms).toEqual(cursors(ids.slice(0, 500), 1));
    expect(answers[2].rooms).toEqual(cursors(ids, 1));
  });

  it('of which those that are named keep the cursor that was sent', async () => {
    const answers = await syncAll(user, { rooms: cursors(ids, 0) });
    expect(answers.flatMap(({ chats }) => idsOf(chats))).toEqual(ids);
    expect(answers[0].rooms).toEqual({ ...cursors(ids, 0), ...cursors(ids.slice(0, 500), 1) });
    expect(answers[2].rooms).toEqual(cursors(ids, 1));
    expect(answers).toHaveLength(3);
  });

  it('and all that there are to be reset are in the first', async () => {
    const { history, rooms } = (await syncAll(user, {})).at(-1)!;
    const first = await sync(user, { rooms, history: newId() });
    expect(first.reset).toEqual(ids);
    expect(idsOf(first.chats)).toEqual(ids.slice(0, 500));
    expect(first.rooms).toEqual(cursors(ids.slice(0, 500), 1));
    const second = await sync(user, { rooms: first.rooms, history });
    expect(second.reset).toEqual([]);
    expect(idsOf(second.chats)).toEqual(ids.slice(500, 1000));
  });
});

describe('an answer ends with the message whose text passes 1 MiB', () => {
  it('and what follows comes with the next, each once', async () => {
    const user = await app.givenUser();
    const chatIds: string[] = [];
    for (const count of [30, 30, 5]) chatIds.push(await givenLongRoom(user, count));
    const answers = await syncAll(user, { rooms: cursors(chatIds, 0), limit: 1000 });
    expect(answers).toHaveLength(2);
    const [first, second] = answers;
    const lengths = await lengthsOf(first);
    expect(sum(lengths)).toBeGreaterThan(MIB);
    expect(sum(lengths.slice(0, -1))).toBeLessThanOrEqual(MIB);
    expect(idsOf(first.chats)).toEqual(chatIds.slice(0, 2));
    const upTo = first.messages.at(-1)!;
    expect(upTo.chat_id).toBe(chatIds[1]);
    expect(first.rooms).toEqual({ [chatIds[0]]: 31, [chatIds[1]]: upTo.change, [chatIds[2]]: 0 });
    const all = answers.flatMap(({ messages }) => messages);
    expect(all.map(({ chat_id, change }) => [chat_id, change])).toEqual(
      [30, 30, 5].flatMap((count, n) =>
        Array.from({ length: count }, (_, at) => [chatIds[n], at + 2]),
      ),
    );
    expect(second.rooms).toEqual({ [chatIds[0]]: 31, [chatIds[1]]: 31, [chatIds[2]]: 6 });
  });

  it('to which the last messages of rooms count too', async () => {
    const user = await app.givenUser();
    const chatIds: string[] = [];
    for (let n = 0; n < 60; n++) chatIds.push(await givenLongRoom(user, 1));
    const answers = await syncAll(user, {});
    expect(answers).toHaveLength(2);
    const lengths = await lengthsOf(answers[0]);
    expect(sum(lengths)).toBeGreaterThan(MIB);
    expect(sum(lengths.slice(0, -1))).toBeLessThanOrEqual(MIB);
    expect(Object.keys(answers[0].rooms)).toEqual(idsOf(answers[0].chats));
    expect(answers.flatMap(({ chats }) => idsOf(chats))).toEqual(chatIds);

    const named = await syncAll(user, { rooms: cursors(chatIds, 1) });
    expect(named.length).toBeGreaterThan(2);
    const messages = named.flatMap((answer) => answer.messages);
    expect(messages.map(({ chat_id }) => chat_id)).toEqual(chatIds);
    expect(named.at(-1)!.rooms).toEqual(cursors(chatIds, 2));
  });
});

it('one in as many rooms as may be is not refused the cursors that it was given', async () => {
  const user = await app.givenUser();
  const ids = await givenRooms(app, user, MOST_ROOMS);
  const unread = ids.slice(10, 20);
  for (const id of unread) {
    await app.sql('UPDATE chat SET last_seq = 2147483646, last_change = 2147483647 WHERE id = ?', [
      id,
    ]);
  }
  const answers = await syncAll(user, {});
  expect(answers).toHaveLength(10);
  const { history, rooms } = answers.at(-1)!;
  const { reads, ...rest } = await sync(user, { history, rooms, limit: 1000 });
  const nothing = { chats: [], gone: [], reset: [], messages: [], has_more: false };
  expect(rest).toEqual({ history, rooms, ...nothing });
  expect(Object.keys(reads)).toEqual(unread);
});
