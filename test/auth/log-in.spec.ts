import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WrongCredentialsError } from '../../src/auth/auth.errors.js';
import { AuthService } from '../../src/auth/auth.service.js';
import type { PasswordService } from '../../src/auth/password.service.js';
import type { SessionService } from '../../src/auth/session.service.js';
import type { TokenService } from '../../src/auth/token.service.js';
import { newId } from '../../src/crypto/ids.js';
import type { Database } from '../../src/database/database.js';
import type { User } from '../../src/user/user.entity.js';
import type { UserService } from '../../src/user/user.service.js';
import { callerFrom } from '../support/caller.js';

const ADA = { id: newId(), email: 'ada@example.org', passwordHash: 'old', createdAt: new Date() };
const SENT = { email: ADA.email, password: 'as sent' };

/** As it stands when it is found, and when it is locked to open a session. */
let found: string[];
let locked: (string | null)[];
const check = vi.fn<PasswordService['check']>();
const setHash = vi.fn<UserService['setHash']>();
const upgrade = vi.fn<PasswordService['upgrade']>();
const open = vi.fn<SessionService['open']>();
let auth: AuthService;

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));
beforeEach(() => {
  for (const each of [check, setHash, upgrade, open]) each.mockReset();
  check.mockImplementation((user) => Promise.resolve(hashOf(user) !== 'another'));
  upgrade.mockResolvedValue(undefined);
  const withHash = (hash: string | null): User | null =>
    hash === null ? null : ({ ...ADA, passwordHash: hash } as User);
  const users = {
    findByEmail: () => Promise.resolve(withHash(found.shift() ?? null)),
    lockLiving: () => Promise.resolve(withHash(locked.shift() ?? null)),
    setHash,
  };
  open.mockResolvedValue({} as never);
  auth = new AuthService(
    users as unknown as UserService,
    { open } as unknown as SessionService,
    { check, upgrade, requireRoom: vi.fn() } as unknown as PasswordService,
    { toDto: () => ({}) } as unknown as TokenService,
    { write: (work: (tx: unknown) => unknown) => work({}) } as unknown as Database,
  );
});

const hashOf = (user: User | string): string | undefined =>
  typeof user === 'string' ? undefined : user.passwordHash;

const logIn = (): Promise<unknown> => auth.logIn(SENT, callerFrom('192.0.2.1'));

describe('a log-in', () => {
  it('opens a session', async () => {
    [found, locked] = [['old'], ['old']];
    await logIn();
    expect([open.mock.calls.length, setHash.mock.calls.length]).toEqual([1, 0]);
  });

  it('stores a hash that takes more work', async () => {
    [found, locked] = [['old'], ['old']];
    upgrade.mockResolvedValue('new');
    await logIn();
    expect(setHash.mock.calls.map(([, id, hash]) => [id, hash])).toEqual([[ADA.id, 'new']]);
  });

  it('asks again where the hash has changed since it was checked, and lets in by the new one', async () => {
    [found, locked] = [
      ['old', 'upgraded'],
      ['upgraded', 'upgraded'],
    ];
    await logIn();
    expect(check.mock.calls.map(([user]) => hashOf(user))).toEqual(['old', 'upgraded']);
    expect(open).toHaveBeenCalledTimes(1);
  });

  it('is refused where the password was changed to another one meanwhile', async () => {
    [found, locked] = [['old', 'another'], ['another']];
    await expect(logIn()).rejects.toThrow(WrongCredentialsError);
    expect([open.mock.calls.length, setHash.mock.calls.length]).toEqual([0, 0]);
  });

  it('is refused where the account has ended meanwhile', async () => {
    [found, locked] = [['old'], [null]];
    await expect(logIn()).rejects.toThrow(WrongCredentialsError);
    expect(open).not.toHaveBeenCalled();
  });

  it('is refused after three times, in which the hash never stayed', async () => {
    [found, locked] = [
      ['1', '2', '3', '4'],
      ['2', '3', '4', '5'],
    ];
    await expect(logIn()).rejects.toThrow(WrongCredentialsError);
    expect(check).toHaveBeenCalledTimes(3);
    expect(open).not.toHaveBeenCalled();
  });
});
