import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

/** More than the pool has connections to PostgreSQL. */
const AT_ONCE = 20;

/** A user, a room of theirs and a message in it. */
interface Place {
  user: TestUser;
  client: Client;
  chatId: string;
  messageId: string;
  /** Somebody who is not in the room. */
  otherId: string;
}

type Ask = (place: Place) => Promise<{ status: number }>;

let app: TestApp;
let places: Place[];
beforeEach(async () => {
  app = await TestApp.start();
  const users = await Promise.all(Array.from({ length: AT_ONCE }, () => app.givenUser()));
  places = [];
  for (const [n, user] of users.entries()) {
    const chatId = await app.givenChat(user);
    const { body } = await user.client.post('/message/', { chatid: chatId, message: `hello ${n}` });
    const otherId = users[(n + 1) % AT_ONCE].id;
    places.push({ user, client: user.client, chatId, messageId: body.id, otherId });
  }
  for (const { client, chatId } of places) {
    await client.request('PUT', `/chat/${chatId}/members/${users[0].id}`);
  }
  await app.close();
  app = await TestApp.start({}, app.database); // knows no key
  for (const place of places) place.client = new Client(app.url, place.user.accessToken);
  await Promise.all(places.map(({ client }) => client.get('/userauth/me'))); // but every token
});
afterEach(() => app.stop());

describe('on a server that has just started, many at once', () => {
  const calls: [string, Ask][] = [
    [
      'POST /sync of all rooms',
      () => {
        const rooms = Object.fromEntries(places.map(({ chatId }) => [chatId, 0]));
        return places[0].client.post('/sync', { rooms });
      },
    ],
    ['GET /message/', ({ client, chatId }) => client.get(`/message/?chat_id=${chatId}`)],
    [
      'GET /message/?changed_after',
      ({ client, chatId }) => client.get(`/message/?chat_id=${chatId}&changed_after=0`),
    ],
    ['GET /message/{message_id}', ({ client, messageId }) => client.get(`/message/${messageId}`)],
    [
      'POST /message/',
      ({ client, chatId }) => client.post('/message/', { chatid: chatId, message: 'again' }),
    ],
    [
      'PATCH /message/{message_id}',
      ({ client, messageId }) => client.patch(`/message/${messageId}`, { message: 'edited' }),
    ],
    [
      'DELETE /message/{message_id}',
      ({ client, messageId }) => client.request('DELETE', `/message/${messageId}`),
    ],
    [
      'PUT /message/{message_id}/reactions/{emoji}',
      ({ client, messageId }) =>
        client.request('PUT', `/message/${messageId}/reactions/%F0%9F%8E%89`),
    ],
    ['GET /chat/', ({ client }) => client.get('/chat/')],
    [
      'PATCH /chat/{chat_id}',
      ({ client, chatId }) => client.patch(`/chat/${chatId}`, { chat_name: 'Other' }),
    ],
    [
      'PUT /chat/{chat_id}/read',
      ({ client, chatId }) => client.request('PUT', `/chat/${chatId}/read`, { seq: 1 }),
    ],
    ['DELETE /chat/{chat_id}', ({ client, chatId }) => client.request('DELETE', `/chat/${chatId}`)],
    [
      'PUT, then DELETE /chat/{chat_id}/members/{user_id}',
      async ({ client, chatId, otherId }) => {
        const path = `/chat/${chatId}/members/${otherId}`;
        const { status } = await client.request('PUT', path);
        return status < 300 ? client.request('DELETE', path) : { status };
      },
    ],
    [
      'POST /chat/direct',
      ({ client, otherId }) => client.post('/chat/direct', { user_id: otherId }),
    ],
    [
      'POST /userauth/refresh',
      ({ user }) => app.anonymous.post('/userauth/refresh', { refresh_token: user.refreshToken }),
    ],
    [
      'PUT /userauth/me/password',
      ({ client }) =>
        client.request('PUT', '/userauth/me/password', {
          current_password: PASSWORD,
          new_password: 'another good one',
        }),
    ],
    ['DELETE /userauth/sessions', ({ client }) => client.request('DELETE', '/userauth/sessions')],
    [
      'DELETE /userauth/me',
      ({ client }) => client.request('DELETE', '/userauth/me', { password: PASSWORD }),
    ],
  ];
  it.each(calls)('%s is answered: none waits for what another holds', async (_name, ask) => {
    const answers = await Promise.all(places.map(ask));
    const classes = answers.map(({ status }) => Math.floor(status / 100));
    expect(new Set(classes)).toEqual(new Set([2]));
  });
});
