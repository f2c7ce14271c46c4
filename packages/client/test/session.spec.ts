import createFetchClient from 'openapi-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '../src/problem.js';
import type { paths } from '../src/schema.js';
import { Session } from '../src/session.js';
import { type ClientStorage, memoryStorage } from '../src/storage.js';
import { Answered, refusal } from './support/calls.js';
import { ME } from './support/given.js';
import { Locks } from './support/locks.js';
import { ManualTimers, settled } from './support/manual-timers.js';

const MINUTE_MS = 60_000;
const SIGNED_OUT = { type: 'urn:conclave:client:signed-out' };

let timers: ManualTimers;
let storage: ClientStorage;
/** What is asked: the last part of the path, and the body or the token. */
let server: Answered<string, object>;
let session: Session;
const onSignedOut = vi.fn();

function given(): Session {
  const api = createFetchClient<paths>({
    baseUrl: 'http://x.org',
    fetch: async (request) => {
      const body = (await request.text()) || request.headers.get('authorization');
      const answer = await server.call(`${request.url.split('/').at(-1)} ${body}`);
      return new Response(JSON.stringify(answer));
    },
  });
  const own = new Session({ url: 'http://x.org', api, storage, timers, onUser: () => undefined });
  own.onSignedOut = onSignedOut;
  return own;
}
const pair = (n: number, id = ME): object => ({
  access_token: `access ${n}`,
  refresh_token: `refresh ${n}`,
  expires_in: 15 * 60,
  user: { id },
});
async function givenSignedIn(n = 1, id = ME): Promise<void> {
  const done = session.logIn(`${id}@x.org`, 'pass');
  await settled();
  await server.answer(pair(n, id));
  await done;
}
const userId = (): string | null => session.userId.getSnapshot();
const tokenStored = async (): Promise<unknown> =>
  (JSON.parse((await storage.get('session')) ?? 'null') as { access: string } | null)?.access;

beforeEach(() => {
  onSignedOut.mockReset();
  timers = new ManualTimers();
  storage = memoryStorage();
  server = new Answered();
  session = given();
});
afterEach(() => vi.unstubAllGlobals());

describe('a session', () => {
  it('is taken up by the next page', async () => {
    await givenSignedIn();
    session = given();
    expect(userId()).toBeNull();
    await session.restore();
    expect(userId()).toBe(ME);
    expect(await session.accessToken()).toBe('access 1');
    expect(server.asked).toEqual(['userLogin {"email":"me@x.org","password":"pass"}']);
  });

  it.each(['{', 'null', '{}', '7', '"text"'])('is none where %s is stored', async (text) => {
    await storage.set('session', text);
    await session.restore();
    expect(userId()).toBeNull();
    await expect(session.accessToken()).rejects.toMatchObject(SIGNED_OUT);
    session.askBackend = () => Promise.resolve('token');
    const token = session.accessToken();
    await settled();
    await server.answer(pair(1));
    expect(await token).toBe('access 1');
  });

  it('ends here, and at the server', async () => {
    await givenSignedIn();
    const done = session.logOut();
    expect(userId()).toBeNull();
    expect(onSignedOut.mock.calls).toEqual([['logged-out']]);
    await settled();
    expect(server.asked.at(-1)).toBe('logout Bearer access 1');
    await server.fail(new Error('no network'));
    await done;
    expect(await storage.keys()).toEqual([]);
  });

  it('ends at the server too where its token has expired meanwhile', async () => {
    await givenSignedIn();
    await timers.pass(20 * MINUTE_MS);
    const done = session.logOut();
    expect(userId()).toBeNull();
    await settled();
    await server.answer(pair(2));
    expect(server.asked.slice(1)).toEqual([
      'refresh {"refresh_token":"refresh 1"}',
      'logout Bearer access 2',
    ]);
    await server.answer({});
    await done;
    expect([userId(), await storage.keys()]).toEqual([null, []]);
  });

  it('ends with the log-in of somebody else', async () => {
    await givenSignedIn();
    await givenSignedIn(2, 'other');
    expect(onSignedOut.mock.calls).toEqual([['logged-out']]);
    expect([userId(), await session.accessToken()]).toEqual(['other', 'access 2']);
  });
});

describe('a token', () => {
  beforeEach(() => givenSignedIn());

  it('is renewed a minute before its end, once for all who ask', async () => {
    await timers.pass(14 * MINUTE_MS - 1);
    expect(await session.accessToken()).toBe('access 1');
    await timers.pass(1);
    const both = [session.accessToken(), session.replace('access 1')];
    await settled();
    await server.answer(pair(2));
    expect(await Promise.all(both)).toEqual(['access 2', 'access 2']);
    expect(server.asked.slice(1)).toEqual(['refresh {"refresh_token":"refresh 1"}']);
    expect(await tokenStored()).toBe('access 2');
    expect(await session.accessToken()).toBe('access 2');
  });

  it('that lives shortly is renewed a fifth before its end', async () => {
    const done = session.replace('access 1');
    await settled();
    await server.answer({ ...pair(2), expires_in: 100 });
    await done;
    await timers.pass(80_000 - 1);
    expect(await session.accessToken()).toBe('access 2');
    await timers.pass(1);
    void session.accessToken();
    await settled();
    expect(server.asked).toHaveLength(3);
  });

  it('that is replaced already is not renewed again', async () => {
    expect(await session.replace('access 0')).toBe('access 1');
    expect(server.asked).toHaveLength(1);
  });

  it('that another tab has renewed is taken from there', async () => {
    const other = given();
    await other.restore();
    const renewed = other.replace('access 1');
    await settled();
    await server.answer(pair(2));
    await renewed;
    expect(await session.replace('access 1')).toBe('access 2');
    expect(await session.accessToken()).toBe('access 2');
    expect(server.asked).toHaveLength(2);
  });

  it('is renewed by one tab at a time', async () => {
    vi.stubGlobal('navigator', { locks: new Locks() });
    const other = given();
    await other.restore();
    const both = [session.replace('access 1'), other.replace('access 1')];
    await settled();
    expect(server.asked).toHaveLength(2);
    await server.answer(pair(2));
    expect(await Promise.all(both)).toEqual(['access 2', 'access 2']);
    expect(server.asked).toHaveLength(2);
  });

  it.each([
    ['repeated', (refresh: typeof server) => refresh.answer(pair(2))],
    ['refused', (refresh: typeof server) => refresh.fail(refusal(401, 'unauthenticated'))],
  ])('that another tab was faster to renew is taken from there, once %s', async (_, end) => {
    const token = session.replace('access 1');
    await settled();
    const refresh = server;
    server = new Answered();
    const other = given();
    await other.restore(); // what the first tab stores comes a moment late
    const renewed = other.replace('access 1');
    await settled();
    await server.answer(pair(2));
    await renewed;
    await session.restore();
    await end(refresh);
    expect(await token).toBe('access 2');
    expect([userId(), await tokenStored()]).toEqual([ME, 'access 2']);
    expect(onSignedOut).not.toHaveBeenCalled();
  });

  it('that is refused ends the session, once', async () => {
    const both = [session.replace('access 1'), session.replace('access 1')];
    const failed = Promise.all(
      both.map((each) => expect(each).rejects.toMatchObject({ status: 401 })),
    );
    await settled();
    await server.fail(refusal(401, 'unauthenticated'));
    await failed;
    expect(onSignedOut.mock.calls).toEqual([['ended']]);
    expect(storage.get('session')).toBe('ended'); // for other tabs, which may be about to ask
    await expect(session.accessToken()).rejects.toMatchObject(SIGNED_OUT);
    expect(server.asked).toHaveLength(2);
  });

  it.each([Problem.noAnswer(null), refusal(503, 'unavailable'), refusal(429, 'too-many')])(
    'is kept where no answer comes: %o',
    async (problem) => {
      const renewed = session.replace('access 1');
      const failed = expect(renewed).rejects.toBe(problem);
      await settled();
      await server.fail(problem);
      await failed;
      expect([userId(), onSignedOut.mock.calls]).toEqual([ME, []]);
      const again = session.replace('access 1');
      await settled();
      await server.answer(pair(2));
      expect(await again).toBe('access 2');
    },
  );
});

describe('a log-out while a token is renewed', () => {
  let renewed: Promise<unknown>;
  beforeEach(async () => {
    await givenSignedIn();
    renewed = session.replace('access 1').catch((error: unknown) => error);
    await settled();
    const refresh = server;
    server = new Answered();
    void session.logOut();
    await settled();
    await server.answer({});
    server = refresh;
  });

  it('does not sign in again', async () => {
    await server.answer(pair(2));
    expect(await renewed).toMatchObject(SIGNED_OUT);
    expect([userId(), await storage.keys()]).toEqual([null, []]);
  });

  it.each([
    ['other', expect.objectContaining(SIGNED_OUT)],
    [ME, 'access 3'],
  ])('leaves whoever logs in then as they are: %s', async (id, outcome) => {
    const refresh = server;
    server = new Answered();
    await givenSignedIn(3, id);
    await refresh.answer(pair(2));
    expect(await renewed).toEqual(outcome);
    expect([userId(), await tokenStored()]).toEqual([id, 'access 3']);
  });

  it('leaves them signed in where the token is refused then', async () => {
    const refresh = server;
    server = new Answered();
    await givenSignedIn(3, 'other');
    await refresh.fail(refusal(401, 'unauthenticated'));
    expect(await renewed).toMatchObject(SIGNED_OUT);
    expect([userId(), await tokenStored()]).toEqual(['other', 'access 3']);
    expect(onSignedOut).toHaveBeenCalledOnce();
  });
});

describe('the team’s own backend', () => {
  const askBackend = vi.fn();
  beforeEach(() => {
    askBackend.mockReset().mockImplementation(() => Promise.resolve('token'));
    session.askBackend = askBackend;
  });
  async function givenExchanged(): Promise<void> {
    const token = session.accessToken();
    await settled();
    await server.answer(pair(1));
    expect(await token).toBe('access 1');
  }

  it('says who the user is', async () => {
    await givenExchanged();
    expect(server.asked).toEqual(['exchange {"token":"token"}']);
    expect(userId()).toBe(ME);
  });

  it('is asked again where the session has ended, which goes on', async () => {
    await givenExchanged();
    const token = session.replace('access 1');
    await settled();
    await server.fail(refusal(401, 'unauthenticated'));
    await server.answer(pair(2));
    expect(await token).toBe('access 2');
    expect(onSignedOut).not.toHaveBeenCalled();
    expect(askBackend).toHaveBeenCalledTimes(2);
  });

  it('ends the session where the server refuses its word', async () => {
    await givenExchanged();
    const refused = expect(session.replace('access 1')).rejects.toMatchObject({ status: 401 });
    await settled();
    await server.fail(refusal(401, 'unauthenticated'));
    await server.fail(refusal(401, 'unauthenticated'));
    await refused;
    expect(onSignedOut.mock.calls).toEqual([['ended']]);
  });

  it('leaves the session as it is where it fails', async () => {
    await givenExchanged();
    askBackend.mockRejectedValue(new Error('no backend'));
    const failed = expect(session.replace('access 1')).rejects.toThrow('no backend');
    await settled();
    await server.fail(refusal(401, 'unauthenticated'));
    await failed;
    expect([userId(), onSignedOut.mock.calls]).toEqual([ME, []]);
  });

  it('is asked no more after a log-out', async () => {
    await givenExchanged();
    void session.logOut();
    await settled();
    await expect(session.accessToken()).rejects.toMatchObject(SIGNED_OUT);
    expect(askBackend).toHaveBeenCalledOnce();
  });

  it('signs nobody in who logs out meanwhile', async () => {
    const token = expect(session.accessToken()).rejects.toMatchObject(SIGNED_OUT);
    await settled();
    await session.logOut();
    await server.answer(pair(1));
    await token;
    expect([userId(), await storage.keys()]).toEqual([null, []]);
  });
});
