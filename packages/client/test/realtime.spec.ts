import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Realtime } from '../src/realtime.js';
import type { ServerEvent } from '../src/types.js';
import { refusal } from './support/calls.js';
import { created } from './support/given.js';
import { ManualTimers, settled } from './support/manual-timers.js';

const READY = { type: 'ready', history: 'h' };

let timers: ManualTimers;
let server: Server;
let url: string;
let realtime: Realtime;
let events: ServerEvent[];
/** What each connect was tried with. */
let tokensSeen: unknown[];
/** What the next connects are refused with. */
let refusals: object[];
let browser: EventTarget;
const tokens = { session: 'first', accessToken: vi.fn(), replace: vi.fn() };
const status = (): string => realtime.status.getSnapshot();

beforeEach(async () => {
  vi.resetAllMocks();
  browser = new EventTarget();
  vi.stubGlobal('addEventListener', browser.addEventListener.bind(browser));
  vi.stubGlobal('removeEventListener', browser.removeEventListener.bind(browser));
  timers = new ManualTimers();
  [events, tokensSeen, refusals] = [[], [], []];
  tokens.accessToken.mockImplementation(() => Promise.resolve('token'));
  tokens.replace.mockImplementation(() => Promise.resolve('another'));
  const http = createServer();
  server = new Server(http, { path: '/chat/socket.io' });
  server.use((socket, next) => {
    tokensSeen.push(socket.handshake.auth.token);
    const data = refusals.shift();
    next(data && Object.assign(new Error('refused'), { data }));
  });
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/chat/`;
  realtime = new Realtime({ url, tokens, timers, onEvent: (event) => events.push(event) });
});
afterEach(async () => {
  realtime.stop();
  vi.unstubAllGlobals();
  await server.close();
});

/** Connected, and told that everything is heard from now on. */
async function givenReady(): Promise<Socket> {
  const connected = new Promise<Socket>((done) => server.once('connection', done));
  realtime.start();
  const socket = await connected;
  const before = events.length;
  socket.emit('ready', READY);
  await vi.waitFor(() => expect(events.length).toBeGreaterThan(before));
  realtime.caughtUp();
  return socket;
}
/** The pause before the next connect, which then is made. */
async function nextPause(): Promise<number> {
  await vi.waitFor(() => expect(timers.pending).toHaveLength(1));
  const [ms] = timers.pending;
  await timers.pass(ms);
  return ms;
}

describe('a connection', () => {
  it('is online once it is ready and everything up to then is here', async () => {
    const connected = new Promise<Socket>((done) => server.once('connection', done));
    realtime.start();
    realtime.start();
    const socket = await connected;
    realtime.caughtUp();
    expect(status()).toBe('connecting');
    socket.emit('ready', READY);
    await vi.waitFor(() => expect(events).toEqual([READY]));
    expect(status()).toBe('connecting');
    realtime.caughtUp();
    expect(status()).toBe('online');
    expect(tokensSeen).toEqual(['token']);
    expect(timers.pending).toEqual([]);
  });

  it('brings events, and takes what the user does', async () => {
    const socket = await givenReady();
    const heard = new Promise((done) => socket.once('typing', done));
    socket.emit('message.created', created(4));
    realtime.emit('typing', { chat_id: 'room' });
    expect(await heard).toEqual({ chat_id: 'room' });
    await vi.waitFor(() => expect(events.at(-1)).toEqual(created(4)));
  });

  it('comes back after pauses that grow, until it is caught up', async () => {
    const socket = await givenReady();
    socket.disconnect(true);
    await vi.waitFor(() => expect(status()).toBe('connecting'));
    for (const longestMs of [550, 1100, 2200]) {
      refusals.push({ status: 503 });
      const ms = await nextPause();
      expect(ms).toBeLessThanOrEqual(longestMs);
      expect(ms).toBeGreaterThanOrEqual(longestMs * 0.8);
      await vi.waitFor(() => expect(refusals).toEqual([]));
    }
    const back = new Promise<Socket>((done) => server.once('connection', done));
    await nextPause();
    (await back).emit('ready', READY);
    await vi.waitFor(() => expect(events).toHaveLength(2));
    realtime.caughtUp();
    expect(status()).toBe('online');
    realtime.cut();
    expect(status()).toBe('connecting');
    expect(await nextPause()).toBeLessThanOrEqual(550);
  });

  it('is not online where it has come back and is not ready', async () => {
    await givenReady();
    realtime.cut();
    const back = new Promise<Socket>((done) => server.once('connection', done));
    await nextPause();
    await back;
    realtime.caughtUp();
    expect(status()).toBe('connecting');
  });

  it('comes back when the server wants it', async () => {
    refusals.push({ status: 503, retry_after: 7 });
    realtime.start();
    await vi.waitFor(() => expect(timers.pending).toEqual([7000]));
  });

  it('comes back where a connect has no end', async () => {
    tokens.accessToken.mockReturnValueOnce(new Promise(() => undefined));
    realtime.start();
    await vi.waitFor(() => expect(tokens.accessToken).toHaveBeenCalled());
    await timers.pass(9999);
    expect(timers.pending).toEqual([1]);
    await timers.pass(1);
    const connected = new Promise((done) => server.once('connection', done));
    await nextPause();
    await connected;
  });

  it('is over with the session', async () => {
    const socket = await givenReady();
    const gone = new Promise((done) => socket.once('disconnect', done));
    realtime.stop();
    await gone;
    expect([status(), timers.pending]).toEqual(['connecting', []]);
    realtime.cut();
    realtime.wake();
    expect(timers.pending).toEqual([]);
    realtime.emit('typing', {});
    await givenReady();
    expect(status()).toBe('online');
  });
});

describe('a token', () => {
  it('that is refused is replaced', async () => {
    refusals.push({ status: 401 });
    realtime.start();
    await vi.waitFor(() => expect(tokens.replace.mock.calls).toEqual([['token']]));
    tokens.accessToken.mockResolvedValue('another');
    await nextPause();
    await vi.waitFor(() => expect(tokensSeen).toEqual(['token', 'another']));
  });

  it.each([
    ['as the server wants it', refusal(429, 'too-many', 9), [9000, 9000]],
    ['after a pause', new Error('no network'), [450, 550]],
  ])('that cannot be had now is asked for again %s', async (_, error, [least, most]) => {
    refusals.push({ status: 401 });
    tokens.replace.mockRejectedValue(error);
    realtime.start();
    await vi.waitFor(() => expect(tokens.replace).toHaveBeenCalled());
    await settled();
    expect(timers.pending[0]).toBeGreaterThanOrEqual(least);
    expect(timers.pending[0]).toBeLessThanOrEqual(most);
  });

  it('that there is none of is asked for again', async () => {
    tokens.accessToken.mockRejectedValueOnce(new Error('no network'));
    realtime.start();
    await vi.waitFor(() => expect(timers.pending[0]).toBeLessThanOrEqual(550));
    expect(tokensSeen).toEqual([]);
    await nextPause();
    await vi.waitFor(() => expect(tokensSeen).toEqual(['token']));
  });
});

describe('a browser', () => {
  it('that has no network is offline, and back at once when it has', async () => {
    await givenReady();
    browser.dispatchEvent(new Event('offline'));
    expect(status()).toBe('offline');
    const back = new Promise<Socket>((done) => server.once('connection', done));
    browser.dispatchEvent(new Event('online'));
    (await back).emit('ready', READY);
    await vi.waitFor(() => expect(events).toHaveLength(2));
    realtime.caughtUp();
    expect(status()).toBe('online');
  });

  it('that is back leaves a connect its end', async () => {
    tokens.accessToken.mockReturnValue(new Promise(() => undefined));
    realtime.start();
    await settled();
    browser.dispatchEvent(new Event('online'));
    expect(timers.pending).toEqual([10_000]);
  });

  it('is heard no more once the session is over', async () => {
    await givenReady();
    realtime.stop();
    browser.dispatchEvent(new Event('offline'));
    expect(status()).toBe('connecting');
  });
});
