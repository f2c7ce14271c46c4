import { beforeEach, describe, expect, it, vi } from 'vitest';
import { refusal } from './support/calls.js';
import { ME } from './support/given.js';
import { settled } from './support/manual-timers.js';
import { pair, SessionStage, SIGNED_OUT } from './support/session-stage.js';

describe('the team’s own backend', () => {
  let stage: SessionStage;
  const askBackend = vi.fn();
  beforeEach(() => {
    stage = new SessionStage();
    askBackend.mockReset().mockImplementation(() => Promise.resolve('token'));
    stage.session.askBackend = askBackend;
  });
  async function givenExchanged(): Promise<void> {
    const token = stage.session.accessToken();
    await settled();
    await stage.server.answer(pair(1));
    expect(await token).toBe('access 1');
  }

  it('says who the user is', async () => {
    await givenExchanged();
    expect(stage.server.asked).toEqual(['exchange {"token":"token"}']);
    expect(stage.userId).toBe(ME);
  });

  it('is asked again where the session has ended, which goes on', async () => {
    await givenExchanged();
    const other = stage.open();
    await other.restore();
    const before = stage.session.session;
    expect([typeof before, other.session]).toEqual(['string', before]);
    const token = stage.session.replace('access 1');
    await settled();
    await stage.server.fail(refusal(401, 'unauthenticated'));
    await stage.server.answer(pair(2));
    expect(await token).toBe('access 2');
    expect(stage.onSignedOut).not.toHaveBeenCalled();
    expect(askBackend).toHaveBeenCalledTimes(2);
    expect(stage.session.session).not.toBe(before);
    await other.restore();
    expect(other.session).toBe(stage.session.session);
  });

  it('ends the session where the server refuses its word', async () => {
    await givenExchanged();
    const refused = expect(stage.session.replace('access 1')).rejects.toMatchObject({
      status: 401,
    });
    await settled();
    await stage.server.fail(refusal(401, 'unauthenticated'));
    await stage.server.fail(refusal(401, 'unauthenticated'));
    await refused;
    expect(stage.onSignedOut.mock.calls).toEqual([['ended']]);
  });

  it('leaves the session as it is where it fails', async () => {
    await givenExchanged();
    askBackend.mockRejectedValue(new Error('no backend'));
    const failed = expect(stage.session.replace('access 1')).rejects.toThrow('no backend');
    await settled();
    await stage.server.fail(refusal(401, 'unauthenticated'));
    await failed;
    expect([stage.userId, stage.onSignedOut.mock.calls]).toEqual([ME, []]);
  });

  it('is asked no more after a log-out', async () => {
    await givenExchanged();
    void stage.session.logOut();
    await settled();
    await expect(stage.session.accessToken()).rejects.toMatchObject(SIGNED_OUT);
    expect(askBackend).toHaveBeenCalledOnce();
  });

  it('signs nobody in who logs out meanwhile', async () => {
    const token = expect(stage.session.accessToken()).rejects.toMatchObject(SIGNED_OUT);
    await settled();
    await stage.session.logOut();
    await stage.server.answer(pair(1));
    await token;
    expect([stage.userId, await stage.storage.keys()]).toEqual([null, []]);
  });
});
