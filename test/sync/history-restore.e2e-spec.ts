import { afterEach, beforeEach, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { Replica } from '../support/replica.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import type { TestDatabase } from '../support/test-database.js';

/** What a phone holds, as far as it tells whether it is right. */
interface Held {
  messages: { id: string; seq: number; message: string }[];
}

let restored: TestApp;
let lost: TestDatabase;
let user: TestUser;
let chatId: string;
let replica: Replica;
let edited: string;
let ghost: string;

const held = (): Held => replica.state() as Held;
const textOf = (id: string): string | undefined =>
  held().messages.find((message) => message.id === id)?.message;
const isTwice = (seq: number): boolean =>
  held().messages.filter((message) => message.seq === seq).length > 1;

async function send(client: Client, message: string): Promise<string> {
  const { status, body } = await client.post('/message/', { chatid: chatId, message });
  expect(status).toBe(201);
  return body.id;
}

async function edit(client: Client, id: string, message: string): Promise<void> {
  expect((await client.patch(`/message/${id}`, { message })).status).toBe(200);
}

/**
 * A disk that was put back to where a client saw more: the room goes on from there, and comes further
 * than the client's cursor, so that no number tells that it is another one.
 */
beforeEach(async () => {
  const first = await TestApp.start();
  ({ user, chatId } = await first.givenMember());
  const ids = [];
  for (const text of ['one', 'two', 'three']) ids.push(await send(user.client, text));
  edited = ids[2];
  await first.close();
  const disk = await first.database.copy();

  const second = await TestApp.start({}, first.database);
  const before = new Client(second.url, user.accessToken);
  ghost = await send(before, 'never happened');
  await edit(before, edited, 'an edit that never happened');
  replica = new Replica(before);
  await replica.sync(500);
  expect(held().messages).toHaveLength(4);
  await second.close();
  lost = first.database;

  restored = await TestApp.start({}, disk);
  replica.client = new Client(restored.url, user.accessToken);
  await edit(replica.client, edited, 'the edit that counts');
  await edit(replica.client, ids[0], 'uno');
  await send(replica.client, 'what happened instead');
});
afterEach(async () => {
  await restored.stop();
  await lost.drop();
});

it('without a new history a restored disk leaves ghosts: what the new one is for', async () => {
  expect(await replica.sync(500)).toEqual([]);
  expect(textOf(ghost)).toBe('never happened');
  expect(isTwice(4)).toBe(true);
  expect(textOf(edited)).toBe('an edit that never happened');
  expect(held()).not.toEqual(await replica.truth());
});

it('with a new history a client is reset, and ends as the server is', async () => {
  await restored.sql('DELETE FROM installation');
  expect(await replica.sync(1)).toEqual([chatId]);
  expect(textOf(ghost)).toBeUndefined();
  expect(isTwice(4)).toBe(false);
  expect(textOf(edited)).toBe('the edit that counts');
  expect(held()).toEqual(await replica.truth());
  expect(await replica.sync(500)).toEqual([]);
});

it('one that asks for each room is reset too', async () => {
  await restored.sql('DELETE FROM installation');
  await replica.poll();
  expect(textOf(ghost)).toBeUndefined();
  expect(textOf(edited)).toBe('the edit that counts');
  await replica.sync(500);
  expect(held()).toEqual(await replica.truth());
});
