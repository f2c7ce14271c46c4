import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { Listener } from '../support/socket.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterEach(() => vi.useRealTimers());
afterAll(() => app.stop());

/** Less than an access token lives. */
const STEP = 600_000;

interface Posted {
  user: TestUser;
  chatId: string;
  id: string;
}

async function givenMessage(): Promise<Posted> {
  const { user, chatId } = await app.givenMember();
  const { body } = await user.client.post('/message/', { chatid: chatId, message: 'hello' });
  return { user, chatId, id: body.id };
}

function stepClock(ms: number): void {
  const now = Date.now() + ms;
  vi.useRealTimers();
  vi.useFakeTimers({ toFake: ['Date'], now });
}

async function read({ user, id }: Posted, by = user): Promise<Record<string, string>> {
  const { status, body } = await by.client.get(`/message/${id}`);
  expect(status).toBe(200);
  return body;
}

async function edit({ user, id }: Posted, message: string): Promise<Record<string, string>> {
  const { status, body } = await user.client.patch(`/message/${id}`, { message });
  expect(status).toBe(200);
  return body;
}

describe('when the clock steps back', () => {
  it('an edit and a deletion are not before the message', async () => {
    const posted = await givenMessage();
    stepClock(-STEP);
    const edited = await edit(posted, 'edited');
    expect(edited.edited_at).toBe(edited.created_at);
    expect((await posted.user.client.request('DELETE', `/message/${posted.id}`)).status).toBe(204);
    const { created_at, deleted_at } = await read(posted);
    expect(deleted_at).toBe(created_at);
  });

  it('a second edit and a deletion are not before the first', async () => {
    const posted = await givenMessage();
    stepClock(STEP);
    const { created_at, edited_at } = await edit(posted, 'edited');
    expect(Date.parse(edited_at) - Date.parse(created_at)).toBeGreaterThanOrEqual(STEP - 1000);
    stepClock(-STEP);
    expect((await edit(posted, 'edited again')).edited_at).toBe(edited_at);
    await posted.user.client.request('DELETE', `/message/${posted.id}`);
    expect(await read(posted)).toMatchObject({ edited_at, deleted_at: edited_at });
  });

  it('an erasure is not before what it erases, at once and in the tombstones', async () => {
    const posted = await givenMessage();
    const reader = await app.givenUser();
    await reader.client.request('PUT', `/chat/${posted.chatId}/members/me`);
    const socket = await Listener.connect(app.url, reader.accessToken);
    const { created_at } = await read(posted);
    stepClock(-STEP);
    // The state between the erasure's transaction and the background task.
    await app.sql('UPDATE users SET erased_at = ? WHERE id = ?', [Date.now(), posted.user.id]);
    expect(await read(posted, reader)).toMatchObject({ message: null, deleted_at: created_at });
    await app.sql('UPDATE users SET erased_at = NULL WHERE id = ?', [posted.user.id]);
    const account = { password: PASSWORD };
    const erased = await posted.user.client.request('DELETE', '/userauth/me', account);
    expect(erased.status).toBe(204);
    await app.nest.get(ErasureTask).settle();
    const [row] = await app.sql('SELECT deleted_at FROM message WHERE id = ?', [posted.id]);
    expect(Number(row.deleted_at)).toBe(Date.parse(created_at));
    expect(await read(posted, reader)).toMatchObject({ message: null, deleted_at: created_at });
    const { payload } = await socket.until(({ name }) => name === 'message.deleted');
    expect(payload.message).toMatchObject({ id: posted.id, deleted_at: created_at });
    socket.socket.close();
  });
});

describe('while the clock is right', () => {
  it('an edit and a deletion have the time of now', async () => {
    const posted = await givenMessage();
    const before = Date.now();
    const { edited_at } = await edit(posted, 'edited');
    await posted.user.client.request('DELETE', `/message/${posted.id}`);
    const { deleted_at } = await read(posted);
    for (const time of [edited_at, deleted_at]) {
      expect(Date.parse(time)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(time)).toBeLessThanOrEqual(Date.now());
    }
  });
});
