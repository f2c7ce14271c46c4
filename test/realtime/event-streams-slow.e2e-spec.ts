import { connect as connectTcp, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Connections } from '../../src/realtime/connections.js';
import { EventSource } from '../support/event-source.js';
import { Listener } from '../support/socket.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { until } from '../support/until.js';

/** Four bytes each: what a message may be at most. */
const LARGEST = '😀'.repeat(16_384);
const LARGEST_BYTES = 64 * 1024;
const AT_ONCE = 8;
const MIB = 1024 * 1024;
/** Four MiB may wait in the server for each reader, and up to ten in the kernel's two buffers. */
const MAX_UNREAD_BYTES = 24 * MIB;
/** Of one user; what waits for all of them is many times what may be left afterwards. */
const READERS = 20;
const MAX_LEFT_BYTES = 32 * MIB;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let app: TestApp;
let owner: TestUser;
let reader: TestUser;
let chatId: string;
beforeAll(async () => {
  app = await TestApp.start({ BODY_CACHE_BYTES: '0' });
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

/** Bytes that are in use once garbage is collected. */
function usedBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const hearing = (): number => app.nest.get(Connections).of(reader.id).length;

/** Sends until none of the readers is there any more. */
async function expectCut(): Promise<void> {
  expect(hearing()).toBe(READERS);
  const before = usedBytes();
  let sent = 0;
  while (hearing() > 0) {
    expect(sent, 'a reader is never cut off').toBeLessThan(MAX_UNREAD_BYTES);
    await sendSome();
    sent += AT_ONCE * LARGEST_BYTES;
  }
  await until(() => usedBytes() - before < MAX_LEFT_BYTES, 10_000, 'nothing is kept for them');
}

const many = <T>(open: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: READERS }, open));

async function openUnread(path: string): Promise<{ socket: Socket; closed: Promise<string> }> {
  const socket = connectTcp(Number(new URL(app.url).port), '127.0.0.1');
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve('closed')));
  socket.on('error', () => undefined);
  const head = `GET ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${reader.accessToken}`;
  socket.write(`${head}\r\n\r\n`);
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  return { socket, closed };
}

it.each(['', '?chat_id='])('streams%s that nobody reads are cut off', async (query) => {
  const readers = await many(() => openUnread(`/events${query && query + chatId}`));
  await expectCut();
  for (const { socket, closed } of readers) {
    socket.resume();
    expect(await closed).toBe('closed');
  }
});

it('sockets that nobody reads are cut off', async () => {
  const listeners = await many(() => Listener.connect(app.url, reader.accessToken));
  const underlying = listeners.map(({ socket }) => {
    const engine = socket.io.engine as unknown as { transport: { ws: { _socket: Socket } } };
    return engine.transport.ws._socket.pause();
  });
  await expectCut();
  for (const [n, listener] of listeners.entries()) {
    underlying[n].resume();
    expect(await listener.ended).toMatch(/^transport/);
  }
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
