import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beside, conclave, conclaveJson } from '../support/command.js';
import { Listener } from '../support/socket.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { until } from '../support/until.js';

const SECOND_MS = 1000;

let app: TestApp;
let ada: TestUser;
let grace: TestUser;
beforeAll(async () => {
  app = await TestApp.start({ LOG_LEVEL: 'info' });
  ada = await app.givenUser();
  grace = await app.givenUser();
});
afterAll(() => app.stop());

// eslint-disable-next-line @typescript-eslint/no-explicit-any
const rooms = (...args: string[]): Promise<any> =>
  conclaveJson(beside(app.database), ['rooms', ...args]);

describe('conclave rooms', () => {
  it('lists and shows all, private ones too', async () => {
    const chatId = await app.givenChat(ada, { chat_name: 'Engine room', visibility: 'private' });
    await ada.client.post('/message/', { chatid: chatId, message: 'a secret' });
    const { data } = await rooms('list');
    expect(data.find(({ id }: { id: string }) => id === chatId)).toMatchObject({
      chat_name: 'Engine room',
      visibility: 'private',
      member_count: 1,
      last_seq: 1,
    });
    const shown = await rooms('show', chatId);
    expect(shown).toMatchObject({ owners: [ada.id], admins: [] });
    expect(JSON.stringify(shown)).not.toContain('a secret');
  });

  it('deletes one, of which its members hear within a second', async () => {
    const chatId = await app.givenChat(ada);
    const listener = await Listener.connect(app.url, ada.accessToken);
    await rooms('delete', chatId);
    const begun = performance.now();
    await until(() => Promise.resolve(listener.events.some(({ name }) => name === 'chat.deleted')));
    expect(performance.now() - begun).toBeLessThan(SECOND_MS);
    listener.socket.close();
    expect((await ada.client.get(`/chat/${chatId}`)).status).toBe(404);
    expect(app.log.filter(({ via }) => via)).toMatchObject([
      { event: 'chat.deleted', chat_id: chatId, via: 'command' },
    ]);
    const again = await conclave(beside(app.database), ['rooms', 'delete', chatId]);
    expect([again.code, again.errors]).toEqual([1, expect.stringContaining("is no room's id")]);
  });

  it('deletes a direct room, whose two can begin another', async () => {
    const open = () => ada.client.post('/chat/direct', { user_id: grace.id });
    const { body: first } = await open();
    await rooms('delete', first.id);
    expect((await ada.client.get(`/chat/${first.id}`)).status).toBe(404);
    await until(async () => (await open()).status === 201);
    expect((await open()).body.id).not.toBe(first.id);
  });
});
