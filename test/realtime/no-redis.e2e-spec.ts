import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Subscriptions } from '../../src/realtime/subscriptions.js';
import { Client } from '../support/client.js';
import { EventSource } from '../support/event-source.js';
import { Listener } from '../support/socket.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';
import { until } from '../support/until.js';

/** Whoever may not hear any more does not after that. */
const CUT_OFF_MS = 5000;
/** What another process did shows when the database is looked at the second time. */
const TOLD_MS = 9000;

const lacking = isPostgres ? '' : ' (needs PostgreSQL)';

/** The times are the contract's; a machine that does other things too may miss one once. */
const retry = { retry: 1 };
describe.skipIf(lacking)(`two processes without Redis${lacking}`, retry, () => {
  let here: TestApp;
  let there: TestApp;
  beforeAll(async () => {
    here = await TestApp.start();
    there = await TestApp.start({}, here.database);
  });
  afterAll(async () => {
    await there.close();
    await here.stop();
  });

  const open: { close(): void }[] = [];
  afterEach(() => open.splice(0).forEach((each) => each.close()));

  /** A private room of one user and another, who listens to the other process. */
  async function givenGuest(): Promise<{
    owner: TestUser;
    guest: TestUser;
    chatId: string;
    socket: Listener;
    stream: EventSource;
  }> {
    const [owner, guest] = [await here.givenUser(), await here.givenUser()];
    const chatId = await here.givenChat(owner, { visibility: 'private' });
    await owner.client.request('PUT', `/chat/${chatId}/members/${guest.id}`);
    const socket = await Listener.connect(there.url, guest.accessToken);
    const stream = await EventSource.open(there.url, guest.accessToken, { chatId });
    open.push(socket, stream);
    await stream.untilPlaced();
    return { owner, guest, chatId, socket, stream };
  }

  const hearers = (chatId: string): string[] =>
    [...there.nest.get(Subscriptions).subscribers(chatId)].map(({ user }) => user.id);
  const send = (client: Client, chatid: string) =>
    client.post('/message/', { chatid, message: 'hello' });

  it('a member who was removed hears nothing of the room five seconds later', async () => {
    const { owner, guest, chatId, socket, stream } = await givenGuest();
    const elsewhere = await Listener.connect(there.url, owner.accessToken);
    open.push(elsewhere);
    await owner.client.request('DELETE', `/chat/${chatId}/members/${guest.id}`);
    await until(() => !hearers(chatId).includes(guest.id), CUT_OFF_MS);
    await send(new Client(there.url, owner.accessToken), chatId);
    await elsewhere.until(({ name }) => name === 'message.created');
    expect(socket.names).not.toContain('message.created');
    expect(await stream.ended).toBe(true);
  });

  it('a session that was ended is cut off within five seconds', async () => {
    const { guest, socket, stream } = await givenGuest();
    await guest.client.post('/userauth/logout');
    await until(() => !socket.socket.connected, CUT_OFF_MS);
    expect(await socket.ended).toBe('io server disconnect');
    expect(await stream.ended).toBe(true);
  });

  it('a member is told that there is something new, and a stream of the room brings it', async () => {
    const { owner, chatId, socket, stream } = await givenGuest();
    const { body } = await send(owner.client, chatId);
    await socket.until(({ name }) => name === 'ready', TOLD_MS);
    await stream.until(({ data }) => data.message?.id === body.id);
  });

  it('who is added is told, and hears the room from then on', async () => {
    const { owner, guest, socket } = await givenGuest();
    const chatId = await here.givenChat(owner, { visibility: 'private' });
    await owner.client.request('PUT', `/chat/${chatId}/members/${guest.id}`);
    await socket.until(({ name }) => name === 'ready', TOLD_MS);
    const { body } = await send(new Client(there.url, owner.accessToken), chatId);
    await socket.until(({ payload }) => payload.message?.id === body.id);
  });
});
