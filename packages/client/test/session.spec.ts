import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '../src/problem.js';
import { refusal } from './support/calls.js';
import { ME } from './support/given.js';
import { Locks } from './support/locks.js';
import { settled } from './support/manual-timers.js';
import { pair, SessionStage, SIGNED_OUT } from './support/session-stage.js';

const MINUTE_MS = 60_000;

let stage: SessionStage;
beforeEach(() => {
  stage = new SessionStage();
});
afterEach(() => vi.unstubAllGlobals());

describe('a session', () => {
  it('is taken up by the next page', async () => {
    await stage.logIn();
    stage.session = stage.open();
    expect(stage.userId).toBeNull();
    await stage.session.restore();
    expect(stage.userId).toBe(ME);
    expect(await stage.session.accessToken()).toBe('access 1');
    expect(stage.server.asked).toEqual(['userLogin {"email":"me@x.org","password":"pass"}']);
  });

  it.each(['{', 'null', '{}', '7', '"text"'])('is none where %s is stored', async (text) => {
    await stage.storage.set('session', text);
    await stage.session.restore();
    expect(stage.userId).toBeNull();
    await expect(stage.session.accessToken()).rejects.toMatchObject(SIGNED_OUT);
    stage.session.askBackend = () => Promise.resolve('token');
    const token = stage.session.accessToken();
    await settled();
    await stage.server.answer(pair(1));
    expect(await token).toBe('access 1');
  });

  it('ends here, and at the server', async () => {
    await stage.logIn();
    const done = stage.session.logOut();
    expect(stage.userId).toBeNull();
    expect(stage.onSignedOut.mock.calls).toEqual([['logged-out']]);
    await settled();
    expect(stage.server.asked.at(-1)).toBe('logout Bearer access 1');
    await stage.server.fail(new Error('no network'));
    await done;
    expect(await stage.storage.keys()).toEqual([]);
  });

  it('ends at the server too where its token has expired meanwhile', async () => {
    await stage.logIn();
    await stage.timers.pass(20 * MINUTE_MS);
    const done = stage.session.logOut();
    expect(stage.userId).toBeNull();
    await settled();
    await stage.server.answer(pair(2));
    expect(stage.server.asked.slice(1)).toEqual([
      'refresh {"refresh_token":"refresh 1"}',
      'logout Bearer access 2',
    ]);
    await stage.server.answer({});
    await done;
    expect([stage.userId, await stage.storage.keys()]).toEqual([null, []]);
  });

  it('ends with the log-in of somebody else', async () => {
    await stage.logIn();
    await stage.logIn(2, 'other');
    expect(stage.onSignedOut.mock.calls).toEqual([['logged-out']]);
    expect([stage.userId, await stage.session.accessToken()]).toEqual(['other', 'access 2']);
  });
});

describe('a token', () => {
  beforeEach(() => stage.logIn());

  it('is renewed a minute before its end, once for all who ask', async () => {
    await stage.timers.pass(14 * MINUTE_MS - 1);
    expect(await stage.session.accessToken()).toBe('access 1');
    await stage.timers.pass(1);
    const both = [stage.session.accessToken(), stage.session.replace('access 1')];
    await settled();
    await stage.server.answer(pair(2));
    expect(await Promise.all(both)).toEqual(['access 2', 'access 2']);
    expect(stage.server.asked.slice(1)).toEqual(['refresh {"refresh_token":"refresh 1"}']);
    expect(await stage.tokenStored()).toBe('access 2');
    expect(await stage.session.accessToken()).toBe('access 2');
  });

  it('that lives shortly is renewed a fifth before its end', async () => {
    const done = stage.session.replace('access 1');
    await settled();
    await stage.server.answer({ ...pair(2), expires_in: 100 });
    await done;
    await stage.timers.pass(80_000 - 1);
    expect(await stage.session.accessToken()).toBe('access 2');
    await stage.timers.pass(1);
    void stage.session.accessToken();
    await settled();
    expect(stage.server.asked).toHaveLength(3);
  });

  it('that is replaced already is not renewed again', async () => {
    expect(await stage.session.replace('access 0')).toBe('access 1');
    expect(stage.server.asked).toHaveLength(1);
  });

  it('that another tab has renewed is taken from there', async () => {
    await stage.renewElsewhere();
    expect(await stage.session.replace('access 1')).toBe('access 2');
    expect(await stage.session.accessToken()).toBe('access 2');
    expect(stage.server.asked).toHaveLength(2);
  });

  it('is renewed by one tab at a time', async () => {
    vi.stubGlobal('navigator', { locks: new Locks() });
    const other = stage.open();
    await other.restore();
    const both = [stage.session.replace('access 1'), other.replace('access 1')];
    await settled();
    expect(stage.server.asked).toHaveLength(2);
    await stage.server.answer(pair(2));
    expect(await Promise.all(both)).toEqual(['access 2', 'access 2']);
    expect(stage.server.asked).toHaveLength(2);
  });

  it.each([
    ['repeated', (refresh: SessionStage['server']) => refresh.answer(pair(2))],
    ['refused', (refresh: SessionStage['server']) => refresh.fail(refusal(401, 'unauthenticated'))],
  ])('that another tab was faster to renew is taken from there, once %s', async (_, end) => {
    const token = stage.session.replace('access 1');
    await settled();
    const refresh = stage.another();
    await stage.renewElsewhere();
    await stage.session.restore(); // what is stored there is seen here a moment late
    await end(refresh);
    expect(await token).toBe('access 2');
    expect([stage.userId, await stage.tokenStored()]).toEqual([ME, 'access 2']);
    expect(stage.onSignedOut).not.toHaveBeenCalled();
  });

  it('that is refused ends the session, once', async () => {
    const both = [stage.session.replace('access 1'), stage.session.replace('access 1')];
    const failed = Promise.all(
      both.map((each) => expect(each).rejects.toMatchObject({ status: 401 })),
    );
    await settled();
    await stage.server.fail(refusal(401, 'unauthenticated'));
    await failed;
    expect(stage.onSignedOut.mock.calls).toEqual([['ended']]);
    expect(stage.storage.get('session')).toBe('ended'); // for other tabs, which may be about to ask
    await expect(stage.session.accessToken()).rejects.toMatchObject(SIGNED_OUT);
    expect(stage.server.asked).toHaveLength(2);
  });

  it.each([Problem.noAnswer(null), refusal(503, 'unavailable'), refusal(429, 'too-many')])(
    'is kept where no answer comes: %o',
    async (problem) => {
      const renewed = stage.session.replace('access 1');
      const failed = expect(renewed).rejects.toBe(problem);
      await settled();
      await stage.server.fail(problem);
      await failed;
      expect([stage.userId, stage.onSignedOut.mock.calls]).toEqual([ME, []]);
      const again = stage.session.replace('access 1');
      await settled();
      await stage.server.answer(pair(2));
      expect(await again).toBe('access 2');
    },
  );
});

describe('a log-out while a token is renewed', () => {
  let renewed: Promise<unknown>;
  beforeEach(async () => {
    await stage.logIn();
    renewed = stage.session.replace('access 1').catch((error: unknown) => error);
    await settled();
    const refresh = stage.another();
    void stage.session.logOut();
    await settled();
    await stage.server.answer({});
    stage.server = refresh;
  });

  it('does not sign in again', async () => {
    await stage.server.answer(pair(2));
    expect(await renewed).toMatchObject(SIGNED_OUT);
    expect([stage.userId, await stage.storage.keys()]).toEqual([null, []]);
  });

  it.each([
    ['other', expect.objectContaining(SIGNED_OUT)],
    [ME, 'access 3'],
  ])('leaves whoever logs in then as they are: %s', async (id, outcome) => {
    const refresh = stage.another();
    await stage.logIn(3, id);
    await refresh.answer(pair(2));
    expect(await renewed).toEqual(outcome);
    expect([stage.userId, await stage.tokenStored()]).toEqual([id, 'access 3']);
  });

  it('leaves them signed in where the token is refused then', async () => {
    const refresh = stage.another();
    await stage.logIn(3, 'other');
    await refresh.fail(refusal(401, 'unauthenticated'));
    expect(await renewed).toMatchObject(SIGNED_OUT);
    expect([stage.userId, await stage.tokenStored()]).toEqual(['other', 'access 3']);
    expect(stage.onSignedOut).toHaveBeenCalledOnce();
  });
});
