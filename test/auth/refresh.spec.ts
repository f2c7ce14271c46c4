import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeadRefreshTokenError } from '../../src/auth/auth.errors.js';
import { RefreshService } from '../../src/auth/refresh.service.js';
import { Session } from '../../src/auth/session.entity.js';
import type { SessionService } from '../../src/auth/session.service.js';
import { newPair, type TokenPair } from '../../src/auth/token-pair.js';
import type { TokenClaims } from '../../src/auth/token-rules.js';
import type { TokenService } from '../../src/auth/token.service.js';
import type { Whitelist } from '../../src/auth/whitelist.js';
import type { WhitelistedToken } from '../../src/auth/whitelisted-token.entity.js';
import { Settings } from '../../src/config/settings.js';
import { newId } from '../../src/crypto/ids.js';
import type { Database } from '../../src/database/database.js';
import type { Transaction } from '../../src/database/transaction.js';

const DEVICE = { ip: '192.0.2.1', userAgent: null };
const settings = new Settings({ NODE_ENV: 'test' });

let session: Session;
/** The session's rows in the whitelist. */
let rows: WhitelistedToken[];
let claims: TokenClaims;
let answered: TokenPair;
const deleted = vi.fn();
const announce = vi.fn<SessionService['announce']>();
const endOlderPairs = vi.fn<Whitelist['endOlderPairs']>();
let refresh: () => Promise<unknown>;

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));
beforeEach(() => {
  deleted.mockReset();
  announce.mockReset();
  endOlderPairs.mockReset();
  const now = new Date();
  session = {
    id: newId(),
    userId: newId(),
    createdAt: now,
    lastUsedAt: now,
    expiresAt: now,
    pair: 1,
    ...DEVICE,
  };
  const pair = newPair(session, now, settings);
  rows = [pair.access, pair.refresh];
  claims = { jti: pair.refresh.jti, sub: session.userId, sid: session.id } as TokenClaims;
  const manager = {
    findOne: () => Promise.resolve({ ...session }),
    findBy: () => Promise.resolve(rows),
    insert: (_entity: unknown, added: WhitelistedToken | WhitelistedToken[]) =>
      Promise.resolve(rows.push(...[added].flat())),
    update: (_entity: unknown, _id: unknown, to: Partial<Session>) =>
      Promise.resolve(void Object.assign(session, to)),
    delete: (_entity: unknown, id: string) => Promise.resolve(void deleted(id)),
  };
  const tx = { manager, rowLock: () => ({}) } as unknown as Transaction;
  const service = new RefreshService(
    { write: (work: (given: Transaction) => unknown) => work(tx) } as unknown as Database,
    {
      requireRefresh: () => claims,
      toDto: (given: TokenPair) => (answered = given),
    } as unknown as TokenService,
    { announce } as unknown as SessionService,
    { endOlderPairs } as unknown as Whitelist,
    settings,
  );
  refresh = () => service.refresh('a token', DEVICE);
});

const expire = (row: WhitelistedToken): void => void (row.expiresAt = new Date(Date.now() - 1));

describe('a refresh token', () => {
  it('of the newest pair is answered the next one', async () => {
    await refresh();
    expect([answered.refresh.pair, session.pair]).toEqual([2, 2]);
    // It is in use by that, so that those before it have had their time.
    expect(endOlderPairs.mock.calls.map(([, ...rest]) => rest)).toEqual([[session.id, 1]]);
  });

  it('of the pair before is answered the newest one again, for as long as it lives', async () => {
    await refresh();
    const first = answered;
    await refresh();
    expect(answered).toEqual(first);
    expect(session.pair).toBe(2);
  });

  it('of the pair before is answered an access token that lives', async () => {
    await refresh();
    const first = answered;
    expire(first.access);
    await refresh();
    expect(answered.refresh).toEqual(first.refresh);
    expect(answered.access.jti).not.toBe(first.access.jti);
    expect(answered.access.pair).toBe(2);
  });

  it('of the pair before that has had its time is theft, and ends the session', async () => {
    await refresh();
    expire(rows[1]);
    await expect(refresh()).rejects.toThrow(DeadRefreshTokenError);
    expect(deleted.mock.calls).toEqual([[session.id]]);
    expect(announce.mock.calls).toEqual([[[session.id]]]);
  });

  it('without a row is theft too', async () => {
    rows = [];
    await expect(refresh()).rejects.toThrow(DeadRefreshTokenError);
    expect(deleted).toHaveBeenCalled();
  });

  it('of the newest pair that has expired ends nothing', async () => {
    expire(rows[1]);
    await expect(refresh()).rejects.toThrow(DeadRefreshTokenError);
    expect(deleted).not.toHaveBeenCalled();
  });

  it("of another user's session touches nothing of it", async () => {
    claims = { ...claims, sub: newId() };
    await expect(refresh()).rejects.toThrow(DeadRefreshTokenError);
    claims = { ...claims, jti: newId() };
    await expect(refresh()).rejects.toThrow(DeadRefreshTokenError);
    expect([deleted.mock.calls, announce.mock.calls, session.pair]).toEqual([[], [], 1]);
  });

  it('is none by the row of an access token', async () => {
    claims = { ...claims, jti: rows[0].jti };
    await expect(refresh()).rejects.toThrow(DeadRefreshTokenError);
    expect(session.pair).toBe(1);
  });
});
