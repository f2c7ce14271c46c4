import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Client } from './support/client.js';
import { TestApp, type TestUser } from './support/test-app.js';

/** More than the pool has connections to PostgreSQL. */
const AT_ONCE = 30;

interface Sent {
  id: string;
  chat_id: string;
}

let app: TestApp;
let user: TestUser;
let sent: Sent[];
beforeEach(async () => {
  app = await TestApp.start();
  user = await app.givenUser();
  sent = [];
  for (let n = 0; n < AT_ONCE; n++) {
    const chatid = await app.givenChat(user);
    const { body } = await user.client.post('/message/', { chatid, message: `hello ${n}` });
    sent.push(body as Sent);
  }
  await app.close();
  app = await TestApp.start({}, app.database); // knows no key and no token
});
afterEach(() => app.stop());

describe('on a server that has just started, many at once', () => {
  const calls: [string, (client: Client, message: Sent) => Promise<{ status: number }>][] = [
    ['POST /sync', (client) => client.post('/sync', { rooms: cursors() })],
    ['GET /message/', (client, { chat_id }) => client.get(`/message/?chat_id=${chat_id}`)],
    [
      'GET /message/?changed_after',
      (client, { chat_id }) => client.get(`/message/?chat_id=${chat_id}&changed_after=0`),
    ],
    ['GET /message/{message_id}', (client, { id }) => client.get(`/message/${id}`)],
    [
      'PATCH /message/{message_id}',
      (client, { id }) => client.patch(`/message/${id}`, { message: 'edited' }),
    ],
    [
      'DELETE /message/{message_id}',
      (client, { id }) => client.request('DELETE', `/message/${id}`),
    ],
    [
      'PUT /message/{message_id}/reactions/{emoji}',
      (client, { id }) => client.request('PUT', `/message/${id}/reactions/%F0%9F%8E%89`),
    ],
    [
      'POST /message/',
      (client, { chat_id }) => client.post('/message/', { chatid: chat_id, message: 'again' }),
    ],
    [
      'PATCH /chat/{chat_id}',
      (client, { chat_id }) => client.patch(`/chat/${chat_id}`, { chat_name: 'Other' }),
    ],
    [
      'PUT /chat/{chat_id}/read',
      (client, { chat_id }) => client.request('PUT', `/chat/${chat_id}/read`, { seq: 1 }),
    ],
    [
      'DELETE /chat/{chat_id}',
      (client, { chat_id }) => client.request('DELETE', `/chat/${chat_id}`),
    ],
  ];
  it.each(calls)('%s is answered: none waits for what another holds', async (_name, call) => {
    const client = new Client(app.url, user.accessToken);
    const answers = await Promise.all(sent.map((message) => call(client, message)));
    const statuses = new Set(answers.map(({ status }) => Math.floor(status / 100)));
    expect([...statuses]).toEqual([2]);
  });
});

const cursors = (): Record<string, number> =>
  Object.fromEntries(sent.map(({ chat_id }) => [chat_id, 0]));
