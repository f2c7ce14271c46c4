import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { expect, it } from 'vitest';
import { Connections } from '../../src/realtime/connections.js';
import { EventSource } from '../support/event-source.js';
import { Listener } from '../support/socket.js';
import { TestApp, type TestUser } from '../support/test-app.js';

const PROMPT_MS = 5000;

/** Opens a stream over a connection whose data nobody reads. */
function openUnread(app: TestApp, { accessToken }: TestUser, path = '/events'): Promise<Socket> {
  const socket = connectTcp(Number(new URL(app.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    `GET ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${accessToken}\r\n\r\n`,
  );
  return new Promise((resolve) => {
    socket.once('data', () => resolve(socket.pause()));
  });
}

it('closes sockets so that clients come back by themselves, and ends streams, promptly', async () => {
  const app = await TestApp.start();
  const { user, chatId } = await app.givenMember();
  const socket = await Listener.connect(app.url, user.accessToken, {
    reconnection: true,
    reconnectionDelay: 50,
    reconnectionDelayMax: 100,
  });
  const stream = await EventSource.open(app.url, user.accessToken);
  const roomStream = await EventSource.open(app.url, user.accessToken, { chatId });
  const attempted = new Promise((resolve) => socket.socket.io.once('reconnect_attempt', resolve));

  const begun = Date.now();
  await app.close();
  expect(Date.now() - begun).toBeLessThan(PROMPT_MS);
  expect(await socket.ended).toBe('transport close');
  expect(await Promise.all([stream.ended, roomStream.ended])).toEqual([true, true]);
  expect(socket.socket.active, 'it reconnects by itself').toBe(true);
  await attempted;
  socket.close();
  await app.database.drop();
});

it('does not wait for those who read nothing', async () => {
  const app = await TestApp.start();
  const { user, chatId } = await app.givenMember();
  const sockets = [
    await openUnread(app, user),
    await openUnread(app, user, `/events?chat_id=${chatId}`),
  ];
  const listener = await Listener.connect(app.url, user.accessToken);
  const engine = listener.socket.io.engine as unknown as { transport: { ws: { _socket: Socket } } };
  engine.transport.ws._socket.pause();
  const message = 'x'.repeat(16_384);
  for (let n = 0; n < 30; n++) await user.client.post('/message/', { chatid: chatId, message });

  const begun = Date.now();
  await Promise.race([app.close(), sleep(2 * PROMPT_MS)]);
  const took = Date.now() - begun;
  sockets.forEach((socket) => socket.destroy());
  engine.transport.ws._socket.resume();
  listener.close();
  app.nest.getHttpServer().closeAllConnections();
  expect(took).toBeLessThan(PROMPT_MS);
  await app.database.drop();
});

it('sends those away who connect meanwhile, so that they come back by themselves', async () => {
  const app = await TestApp.start();
  const { accessToken } = await app.givenUser();
  app.nest.get(Connections).onModuleDestroy(); // what comes first in a shutdown
  const socket = io(app.url, {
    transports: ['websocket'],
    auth: { token: accessToken },
    reconnectionDelay: 50,
  });
  const refusals: Error[] = [];
  socket.on('connect_error', (error) => refusals.push(error));
  await new Promise((resolve) => socket.io.once('reconnect', resolve));
  expect(socket.active, 'it reconnects by itself').toBe(true);
  expect(refusals).toEqual([]);
  socket.close();
  await app.stop();
});
