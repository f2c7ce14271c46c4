import { connect as connectTcp, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Connections } from '../src/realtime/connections.js';
import { EventSource } from './support/event-source.js';
import { Listener } from './support/socket.js';
import { TestApp, type TestUser } from './support/test-app.js';

/** Four bytes each: what a message may be at most. */
const LARGEST = '😀'.repeat(16_384);
const AT_ONCE = 8;
const MAX_MESSAGES = 480;
const MAX_GROWTH_BYTES = 150 * 1024 * 1024;

let app: TestApp;
let owner: TestUser;
let reader: TestUser;
let chatId: string;
beforeAll(async () => {
  app = await TestApp.start();
  ({ user: owner, chatId } = await app.givenMember());
  reader = await app.givenUser();
  await reader.client.request('PUT', `/chat/${chatId}/members/me`);
});
afterAll(() => app.stop());

async function sendSome(): Promise<void> {
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      const message = { chatid: chatId, message: LARGEST };
      expect((await owner.client.post('/message/', message)).status).toBe(201);
    }),
  );
}

/** Sends until the reader is cut off, and returns how many bytes the server has grown by. */
async function sendUntilCut(): Promise<number> {
  const before = process.memoryUsage.rss();
  let sent = 0;
  while (app.nest.get(Connections).of(reader.id).length > 0) {
    expect(sent, 'the reader is never cut off').toBeLessThan(MAX_MESSAGES);
    await sendSome();
    sent += AT_ONCE;
  }
  return process.memoryUsage.rss() - before;
}

it.each(['', '?chat_id='])('a stream%s that nobody reads is cut off', async (query) => {
  const socket = connectTcp(Number(new URL(app.url).port), '127.0.0.1');
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve('closed')));
  socket.on('error', () => undefined);
  const path = `/events${query && query + chatId}`;
  const head = `GET ${path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer ${reader.accessToken}`;
  socket.write(`${head}\r\n\r\n`);
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  expect(await sendUntilCut()).toBeLessThan(MAX_GROWTH_BYTES);
  socket.resume();
  expect(await closed).toBe('closed');
});

it('a socket that nobody reads is cut off', async () => {
  const listener = await Listener.connect(app.url, reader.accessToken);
  const { transport } = listener.socket.io.engine as unknown as {
    transport: { ws: { _socket: Socket } };
  };
  transport.ws._socket.pause();
  expect(await sendUntilCut()).toBeLessThan(MAX_GROWTH_BYTES);
  transport.ws._socket.resume();
  expect(await listener.ended).toMatch(/^transport/);
});

it('who does read is not cut off, however much comes at once', async () => {
  const listener = await Listener.connect(app.url, reader.accessToken);
  const stream = await EventSource.open(app.url, reader.accessToken);
  const roomStream = await EventSource.open(app.url, reader.accessToken, { chatId });
  await roomStream.untilPlaced();
  for (let n = 0; n < 8; n++) await sendSome();
  const { body } = await owner.client.post('/message/', { chatid: chatId, message: 'the last' });
  await listener.until(({ payload }) => payload.message?.id === body.id);
  await stream.until(({ data }) => data.message?.id === body.id);
  await roomStream.until(({ data }) => data.message?.id === body.id);
  expect(listener.of(chatId, 'message.created')).toHaveLength(8 * AT_ONCE + 1);
  expect(roomStream.events).toHaveLength(8 * AT_ONCE + 1);
  [listener, stream, roomStream].forEach((each) => each.close());
});
