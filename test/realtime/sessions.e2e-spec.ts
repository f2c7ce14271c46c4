import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Connections } from '../../src/realtime/connections.js';
import { Reconciler } from '../../src/realtime/reconciler.js';
import { EventSource } from '../support/event-source.js';
import { Client } from '../support/client.js';
import { Listener } from '../support/socket.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

/** The least that a setting allows. */
const ACCESS_TOKEN_TTL_MS = 10_000;
const PROMPT_MS = 2000;

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ ACCESS_TOKEN_TTL: '10s' });
});
afterAll(() => app.stop());

interface Device {
  token: string;
  refreshToken: string;
  client: Client;
  socket: Listener;
  stream: EventSource;
  roomStream: EventSource;
}

async function listen(token: string, refreshToken: string, chatId: string): Promise<Device> {
  return {
    token,
    refreshToken,
    client: new Client(app.url, token),
    socket: await Listener.connect(app.url, token),
    stream: await EventSource.open(app.url, token),
    roomStream: await EventSource.open(app.url, token, { chatId }),
  };
}

/** A user with two sessions; each has a socket, a stream, and a stream of the room. */
async function givenDevices(): Promise<{
  user: TestUser;
  phone: Device;
  laptop: Device;
  chatId: string;
}> {
  const { user, chatId } = await app.givenMember();
  const { body } = await app.anonymous.post('/userauth/userLogin', {
    email: user.email,
    password: PASSWORD,
  });
  return {
    user,
    chatId,
    phone: await listen(user.accessToken, user.refreshToken, chatId),
    laptop: await listen(body.access_token, body.refresh_token, chatId),
  };
}

const late = async (): Promise<string> => {
  await sleep(PROMPT_MS);
  return 'it goes on';
};

/** Its socket and its streams are ended by the server, at once. */
async function expectEnded({ socket, stream, roomStream }: Device): Promise<void> {
  const ends = [socket.ended, stream.ended, roomStream.ended];
  expect(await Promise.all(ends.map((end) => Promise.race<unknown>([end, late()])))).toEqual([
    'io server disconnect',
    true,
    true,
  ]);
}

/** It hears what happens now. */
async function expectAlive(device: Device, chatId: string, by: Client): Promise<void> {
  const { status, body } = await by.post('/message/', { chatid: chatId, message: 'still there' });
  expect(status).toBe(201);
  await device.socket.until(({ payload }) => payload.message?.id === body.id);
  await device.stream.until(({ data }) => data.message?.id === body.id);
  await device.roomStream.until(({ data }) => data.message?.id === body.id);
}

const close = ({ socket, stream, roomStream }: Device): void =>
  [socket, stream, roomStream].forEach((each) => each.close());

type Devices = Awaited<ReturnType<typeof givenDevices>>;

describe('a session ends with its sockets and streams, and no other does', () => {
  it.each<[string, (devices: Devices) => Promise<number>]>([
    ['by log-out', async ({ phone }) => (await phone.client.post('/userauth/logout')).status],
    [
      'when another one ends it',
      async ({ laptop, phone }) => {
        const { body } = await phone.client.get('/userauth/sessions');
        const { id } = body.data.find(({ current }: { current: boolean }) => current);
        return (await laptop.client.request('DELETE', `/userauth/sessions/${id}`)).status;
      },
    ],
    [
      'when another one ends all but itself',
      async ({ laptop }) => (await laptop.client.request('DELETE', '/userauth/sessions')).status,
    ],
    [
      'by a change of the password',
      async ({ laptop }) => {
        const change = { current_password: PASSWORD, new_password: 'a new and other password' };
        return (await laptop.client.request('PUT', '/userauth/me/password', change)).status;
      },
    ],
  ])('%s', async (_how, end) => {
    const devices = await givenDevices();
    expect(await end(devices)).toBe(204);
    await expectEnded(devices.phone);
    await expectAlive(devices.laptop, devices.chatId, devices.laptop.client);
    close(devices.laptop);
  });

  it('by the theft of its refresh token', async () => {
    const { user, phone, laptop, chatId } = await givenDevices();
    const refresh = (token: string): Promise<{ status: number; body: { access_token: string } }> =>
      app.anonymous.post('/userauth/refresh', { refresh_token: token });
    const { body } = await refresh(phone.refreshToken);
    await new Client(app.url, body.access_token).get('/userauth/me');
    await app.sql(
      'UPDATE whitelisted_token SET expires_at = ? WHERE user_id = ? AND pair = 1 AND session_id IN (SELECT id FROM session WHERE pair = 2)',
      [Date.now() - 1, user.id],
    );
    expect((await refresh(phone.refreshToken)).status).toBe(401);
    await expectEnded(phone);
    await expectAlive(laptop, chatId, laptop.client);
    close(laptop);
  });

  it('when it runs out', async () => {
    const { user, phone, laptop, chatId } = await givenDevices();
    await app.sql(
      'UPDATE session SET expires_at = ? WHERE id = (SELECT id FROM session WHERE user_id = ? ORDER BY id LIMIT 1)',
      [Date.now() - 1, user.id],
    );
    await app.nest.get(Reconciler).look(); // as it does of itself every minute
    await expectEnded(phone);
    await expectAlive(laptop, chatId, laptop.client);
    close(laptop);
  });

  it('all of them, by an erasure', async () => {
    const { user, phone, laptop } = await givenDevices();
    const erase = { password: PASSWORD };
    expect((await user.client.request('DELETE', '/userauth/me', erase)).status).toBe(204);
    await expectEnded(phone);
    await expectEnded(laptop);
    expect(app.nest.get(Connections).of(user.id)).toEqual([]);
  });
});

it('what is open outlives its access token, while the session goes on', async () => {
  const { phone, laptop, chatId } = await givenDevices();
  const begun = Date.now();
  const { body } = await app.anonymous.post('/userauth/refresh', {
    refresh_token: phone.refreshToken,
  });
  await sleep(begun + ACCESS_TOKEN_TTL_MS + 500 - Date.now());
  expect((await phone.client.get('/userauth/me')).status).toBe(401);
  await expect(Listener.connect(app.url, phone.token)).rejects.toThrow();
  const { body: renewed } = await app.anonymous.post('/userauth/refresh', {
    refresh_token: body.refresh_token,
  });
  await app.nest.get(Reconciler).look();
  await expectAlive(phone, chatId, new Client(app.url, renewed.access_token));
  await expectAlive(laptop, chatId, new Client(app.url, renewed.access_token));
  close(phone);
  close(laptop);
});

it('a log-out while a stream opens leaves nothing open', async () => {
  for (let n = 0; n < 40; n++) {
    const { user, chatId } = await app.givenMember();
    const place = n % 2 ? { chatId } : {};
    const [stream] = await Promise.all([
      EventSource.open(app.url, user.accessToken, place).catch(() => undefined),
      sleep(n / 8).then(() => user.client.post('/userauth/logout')),
    ]);
    if (stream) expect(await Promise.race([stream.ended, late()])).toBe(true);
    expect(app.nest.get(Connections).of(user.id)).toEqual([]);
  }
});

it('a log-out while one connects leaves nothing open', async () => {
  for (let n = 0; n < 20; n++) {
    const user = await app.givenUser();
    const [listener] = await Promise.all([
      Listener.connect(app.url, user.accessToken).catch(() => undefined),
      user.client.post('/userauth/logout'),
    ]);
    if (listener) expect(await Promise.race([listener.ended, late()])).toBe('io server disconnect');
    expect(app.nest.get(Connections).of(user.id)).toEqual([]);
  }
});
