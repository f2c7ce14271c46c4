import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Connections } from '../../src/realtime/connections.js';
import { TestApp, type TestUser } from '../support/test-app.js';

/** Of Socket.IO: the client is not to come back by itself. */
const DISCONNECT = '41';
const LIMIT = 20;

let app: TestApp;
let user: TestUser;
const open: WebSocket[] = [];
beforeAll(async () => {
  app = await TestApp.start();
  user = await app.givenUser();
});
afterEach(() => open.splice(0).forEach((socket) => socket.terminate()));
afterAll(() => app.stop());

interface Raw {
  socket: WebSocket;
  heard: string[];
  closed: Promise<unknown>;
}

/** Without Socket.IO's client, which sends what it should. */
async function openRaw(): Promise<Raw> {
  const socket = new WebSocket(
    `${app.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`,
  );
  open.push(socket);
  const heard: string[] = [];
  socket.on('message', (data: Buffer) => heard.push(data.toString()));
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve) => socket.once('open', resolve));
  return { socket, heard, closed };
}

async function openConnected(): Promise<Raw> {
  const raw = await openRaw();
  raw.socket.send(`40${JSON.stringify({ token: user.accessToken })}`);
  await expect.poll(() => raw.heard.some((packet) => packet.startsWith('40'))).toBe(true);
  return raw;
}

const KINDS: Record<string, (socket: WebSocket) => void> = {
  events: (socket) => socket.send('42["typing",{}]'),
  'unknown events': (socket) => socket.send('42["x"]'),
  acknowledgements: (socket) => socket.send('430[]'),
  'binary events': (socket) => {
    socket.send('451-["x",{"_placeholder":true,"num":0}]');
    socket.send(Buffer.of(1));
  },
  pongs: (socket) => socket.send('3'),
  'connects to other namespaces': (socket) => socket.send('40/admin,'),
  'packets that mean nothing': (socket) => socket.send('6'),
  'ping frames': (socket) => socket.ping(),
  'pong frames': (socket) => socket.pong(),
};

describe('a socket that sends more than 20 packets in a second', () => {
  it.each(Object.entries(KINDS))('is ended, be they %s', async (_, send) => {
    const { socket, heard, closed } = await openConnected();
    for (let n = 0; n < 2 * LIMIT + 5; n++) send(socket); // over a second's turn too
    await closed;
    expect(heard.filter((packet) => packet === DISCONNECT).length).toBeLessThan(2);
    await expect.poll(() => app.nest.get(Connections).of(user.id)).toEqual([]);
  });

  it('is ended before its client has said who it is', async () => {
    const { socket, closed } = await openRaw();
    const begun = Date.now();
    for (let n = 0; n < 2 * LIMIT + 5; n++) socket.ping();
    await closed;
    expect(Date.now() - begun).toBeLessThan(5000); // one that says nothing has ten seconds
  });

  it('is told so, and cut off though it goes on', async () => {
    const { socket, heard, closed } = await openConnected();
    const timer = setInterval(() => socket.send('42["typing",{}]'), 1);
    await closed;
    clearInterval(timer);
    expect(heard).toContain(DISCONNECT);
  });
});

describe('a socket that sends up to 20 packets in a second', () => {
  it('is borne, second after second', async () => {
    const { socket } = await openConnected();
    for (let second = 0; second < 3; second++) {
      await new Promise((resolve) => setTimeout(resolve, 1010));
      for (let n = 0; n < LIMIT / 2; n++) socket.ping();
      for (let n = 0; n < LIMIT / 2; n++) socket.send('42["x"]');
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });
});
