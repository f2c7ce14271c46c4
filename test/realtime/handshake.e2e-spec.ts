import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Secrets } from '../../src/config/secrets.js';
import { Connections } from '../../src/realtime/connections.js';
import { EventSource } from '../support/event-source.js';
import { Listener, RefusedError } from '../support/socket.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { masterKeyTexts } from '../support/master-key-text.js';

const ORIGIN = 'https://chat.example.org';

let app: TestApp;
let user: TestUser;
const listeners: Listener[] = [];
beforeAll(async () => {
  app = await TestApp.start({ CORS_ORIGINS: ORIGIN });
  user = await app.givenUser();
});
afterEach(() => listeners.splice(0).forEach((listener) => listener.close()));
afterAll(() => app.stop());

async function connect(token: unknown, options = {}): Promise<Listener> {
  const listener = await Listener.connect(app.url, token, options);
  listeners.push(listener);
  return listener;
}

async function refusalOf(token: unknown, options = {}): Promise<RefusedError> {
  const refusal = await connect(token, options).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(refusal instanceof RefusedError)) throw new Error('It was not refused');
  return refusal;
}

/** Without Socket.IO's client. */
const openWebSocket = (): WebSocket =>
  new WebSocket(`${app.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);

/** The user's own access token with other claims, signed by the server's own key. */
function tokenWith(change: object): string {
  const [head, claims] = user.accessToken.split('.');
  const changed = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), ...change };
  const input = `${head}.${Buffer.from(JSON.stringify(changed)).toString('base64url')}`;
  const [secret] = app.nest.get(Secrets).jwtSecrets;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

describe('the handshake', () => {
  it('lets a signed-in user in', async () => {
    expect((await connect(user.accessToken)).socket.connected).toBe(true);
  });

  const expired = { iat: 1_700_000_000, exp: 1_700_000_900 };
  it.each<[string, () => unknown]>([
    ['no token', () => undefined],
    ['null', () => null],
    ['an empty one', () => ''],
    ['garbage', () => 'garbage'],
    ['a number', () => 1],
    ['an object', () => ({ token: 'x' })],
    ['an object that is no text', () => ({ toString: 1, valueOf: 1 })],
    ['a refresh token', () => user.refreshToken],
    ['an expired one', () => tokenWith(expired)],
    [
      'one that is not in the whitelist',
      () => tokenWith({ jti: '01a20518-a3e5-700d-8d2d-921a43b79ad6' }),
    ],
    ['one with the word Bearer', () => `Bearer ${user.accessToken}`],
  ])('refuses %s with a problem', async (_what, token) => {
    const { problem, message } = await refusalOf(token());
    expect(problem).toEqual({
      type: 'urn:conclave:problem:unauthenticated',
      title: 'Not signed in',
      status: 401,
      detail: expect.any(String),
    });
    expect(message).toBe(problem.detail);
  });

  it('refuses the token of a session that has ended', async () => {
    const gone = await app.givenUser();
    await gone.client.post('/userauth/logout');
    expect((await refusalOf(gone.accessToken)).problem.status).toBe(401);
  });

  it('refuses a token that was revoked alone', async () => {
    const revoked = await app.givenUser();
    await app.sql('DELETE FROM whitelisted_token WHERE user_id = ?', [revoked.id]);
    expect((await refusalOf(revoked.accessToken)).problem.status).toBe(401);
  });

  it('keeps nothing of those it refused', async () => {
    const before = app.nest.get(Connections).size;
    await refusalOf('garbage');
    expect(app.nest.get(Connections).size).toBe(before);
  });

  it('is over WebSocket alone', async () => {
    const refusal = await refusalOf(user.accessToken, { transports: ['polling'] });
    expect(refusal.message).toBe('xhr poll error');
    const polled = await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`);
    expect(polled.status).toBe(400);
  });

  it('has no other namespace', async () => {
    const listener = await Listener.connect(`${app.url}/admin`, user.accessToken).catch(
      (error: unknown) => error,
    );
    expect(listener).toBeInstanceOf(Error);
    expect((listener as Error).message).toBe('Invalid namespace');
  });
});

describe('the origin', () => {
  const opens = (origin: string | undefined, url = app.url): Promise<boolean> =>
    Listener.connect(url, user.accessToken, { extraHeaders: origin ? { origin } : {} }).then(
      (listener) => {
        listener.close();
        return true;
      },
      () => false,
    );

  it('is one that is allowed, the server’s own, or none', async () => {
    expect(await opens(ORIGIN)).toBe(true);
    expect(await opens(app.url)).toBe(true);
    expect(await opens(undefined)).toBe(true);
  });

  it.each([
    'https://evil.example.org',
    'http://chat.example.org',
    `${ORIGIN}.evil.org`,
    `${ORIGIN}:8443`,
    'http://localhost:5173',
    'null',
  ])('is not %s', async (origin) => {
    expect(await opens(origin)).toBe(false);
  });

  it.each([
    ['test', 'http://192.168.178.20:5173', true],
    ['test', 'https://evil.example.org', false],
    ['production', 'http://localhost:5173', false],
  ])('where none is set, in %s: %s', async (environment, origin, isAllowed) => {
    const secrets = app.nest.get(Secrets);
    const production = {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PBKDF2_ITERATIONS: '600000',
      MASTER_KEYS: masterKeyTexts(secrets).join(','),
      JWT_SECRET: secrets.jwtSecrets.join(','),
    };
    const other = await TestApp.start(environment === 'production' ? production : {});
    try {
      const { accessToken } = await other.givenUser();
      const options = { extraHeaders: { origin } };
      const outcome = await Listener.connect(other.url, accessToken, options).then(
        (listener) => listener.close(),
        (error: unknown) => error as Error,
      );
      expect(outcome === undefined).toBe(isAllowed);
      const same = { extraHeaders: { origin: other.url } };
      (await Listener.connect(other.url, accessToken, same)).close();
    } finally {
      await other.stop();
    }
  });
});

describe('limits', () => {
  it('close a socket that sends a frame over 16 KiB, and only that one', async () => {
    const [large, other] = [await connect(user.accessToken), await connect(user.accessToken)];
    large.socket.emit('typing', { chat_id: 'x'.repeat(16 * 1024) });
    expect(await large.ended).toBe('transport close');
    expect(other.socket.connected).toBe(true);
    const { status } = await other.ask('typing', { chat_id: 'x'.repeat(15 * 1024) });
    expect(status).toBe(400);
  });

  it('end a socket that sends more than 20 packets in a second', async () => {
    const listener = await connect(user.accessToken);
    for (let n = 0; n < 45; n++) listener.socket.emit('typing', {}); // over a second's turn too
    expect(await listener.ended).toBe('io server disconnect');
  });

  it('bear 20 packets in a second, of which the first one connects', async () => {
    const listener = await connect(user.accessToken);
    const answers = Array.from({ length: 19 }, () => listener.ask('typing', {}));
    expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(
      new Set([400]),
    );
    expect(listener.socket.connected).toBe(true);
  });

  it('end a socket that talks nonsense below Socket.IO', async () => {
    const socket = openWebSocket();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send('49999{[');
    expect(await closed).toBe(1005);
  });

  it.each([2, 500])('close a WebSocket whose client asks to connect %s times', async (times) => {
    const asking = await app.givenUser();
    const socket = openWebSocket();
    const closed = new Promise((resolve) => socket.once('close', () => resolve('closed')));
    const heard: string[] = [];
    socket.on('message', (data: Buffer) => heard.push(data.toString()));
    await new Promise((resolve) => socket.once('open', resolve));
    for (let n = 0; n < times; n++)
      socket.send(`40${JSON.stringify({ token: asking.accessToken })}`);
    expect(await closed).toBe('closed');
    expect(heard.filter((packet) => packet.startsWith('40')).length).toBeLessThan(2);
    await expect.poll(() => app.nest.get(Connections).of(asking.id)).toEqual([]);
  });

  it('refuse a user more than 50 sockets and streams', async () => {
    const many = await app.givenUser();
    const other = await app.givenUser();
    const streams: EventSource[] = [];
    for (let n = 0; n < 25; n++) {
      streams.push(await EventSource.open(app.url, many.accessToken));
      await connect(many.accessToken);
    }
    const { problem } = await refusalOf(many.accessToken);
    expect(problem).toMatchObject({ status: 429, title: 'Too many requests', retry_after: 30 });
    const { status, headers } = await many.client.get('/events');
    expect(status).toBe(429);
    expect(headers.get('retry-after')).toBe('30');
    await connect(other.accessToken);

    streams[0].close();
    await expect
      .poll(() =>
        connect(many.accessToken).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    await refusalOf(many.accessToken);
    streams.forEach((stream) => stream.close());
  });
});
