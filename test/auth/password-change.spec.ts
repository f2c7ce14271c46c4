import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WrongPasswordError } from '../../src/auth/auth.errors.js';
import { PasswordChangeService } from '../../src/auth/password-change.service.js';
import type { PasswordService } from '../../src/auth/password.service.js';
import type { SessionService } from '../../src/auth/session.service.js';
import { newId } from '../../src/crypto/ids.js';
import type { Database } from '../../src/database/database.js';
import type { User } from '../../src/user/user.entity.js';
import { AccountGoneError } from '../../src/user/user.errors.js';
import type { UserService } from '../../src/user/user.service.js';
import { callerFrom } from '../support/caller.js';
import { Gate } from '../support/gate.js';

const ME = { id: newId(), sessionId: newId() };
const OTHERS = [newId(), newId()];
const SENT = { current_password: 'as it is', new_password: 'as it is to be' };

/** The hash that is stored; null once the account has ended. */
let stored: string | null;
/** Where the new password waits to be hashed. */
let gate: Gate;
let isRight: boolean;
const setHash = vi.fn<UserService['setHash']>();
const deleteOthers = vi.fn<SessionService['deleteOthers']>();
const announce = vi.fn<SessionService['announce']>();
let passwords: PasswordChangeService;

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));
beforeEach(() => {
  [stored, gate, isRight] = ['old', new Gate(), true];
  setHash.mockReset();
  deleteOthers.mockReset().mockResolvedValue(OTHERS);
  announce.mockReset();
  const user = (): User | null =>
    stored === null ? null : ({ id: ME.id, passwordHash: stored } as User);
  const users = {
    require: () => Promise.resolve(user()),
    lockLiving: () => Promise.resolve(user()),
    setHash,
  };
  const hash = async (): Promise<string> => {
    await gate.pass();
    return 'new';
  };
  passwords = new PasswordChangeService(
    users as unknown as UserService,
    { checkOwn: () => Promise.resolve(isRight), hash } as unknown as PasswordService,
    { deleteOthers, announce } as unknown as SessionService,
    { write: (work: (tx: unknown) => unknown) => work({}) } as unknown as Database,
  );
});

const change = (): Promise<void> => passwords.change(ME, SENT, callerFrom('192.0.2.1'));

/** Changes it, and does something while the new one is being hashed. */
async function changeWhile(news: () => void): Promise<void> {
  const changing = change();
  await gate.reached;
  news();
  gate.open();
  await changing;
}

const done = (): number[] => [setHash, deleteOthers, announce].map(({ mock }) => mock.calls.length);

describe('another password', () => {
  it('is set, and ends every other session', async () => {
    gate.open();
    await change();
    expect(setHash.mock.calls.map(([, ...rest]) => rest)).toEqual([[ME.id, 'new']]);
    expect(deleteOthers.mock.calls.map(([, ...rest]) => rest)).toEqual([[ME.id, ME.sessionId]]);
    expect(announce.mock.calls).toEqual([[OTHERS]]);
  });

  it('is not set over one that was set while it was hashed', async () => {
    await expect(changeWhile(() => (stored = 'another'))).rejects.toThrow(WrongPasswordError);
    expect(done()).toEqual([0, 0, 0]);
  });

  it('is not set for an account that has ended while it was hashed', async () => {
    await expect(changeWhile(() => (stored = null))).rejects.toThrow(AccountGoneError);
    expect(done()).toEqual([0, 0, 0]);
  });

  it('is not even hashed for one who does not know the current one', async () => {
    isRight = false;
    gate.open();
    await expect(change()).rejects.toThrow(WrongPasswordError);
    expect(done()).toEqual([0, 0, 0]);
  });
});
