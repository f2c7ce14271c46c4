import type { Repository } from 'typeorm';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DeadTokenError } from '../../src/auth/auth.errors.js';
import { SessionActivity } from '../../src/auth/session-activity.js';
import type { TokenClaims } from '../../src/auth/token-rules.js';
import { Whitelist } from '../../src/auth/whitelist.js';
import type { WhitelistedToken } from '../../src/auth/whitelisted-token.entity.js';
import { newId } from '../../src/crypto/ids.js';
import { Settings } from '../../src/config/settings.js';
import type { Database } from '../../src/database/database.js';
import type { Transaction } from '../../src/database/transaction.js';
import type { EventBus } from '../../src/events/event-bus.js';
import { Gate } from '../support/gate.js';

const ROW: WhitelistedToken = {
  jti: newId(),
  sessionId: newId(),
  userId: newId(),
  use: 'access',
  pair: 1,
  supersedes: false,
  issuedAt: new Date(),
  expiresAt: new Date(Date.now() + 60_000),
};
const CLAIMS = { jti: ROW.jti, sub: ROW.userId, sid: ROW.sessionId } as TokenClaims;
const USER = { id: ROW.userId, sessionId: ROW.sessionId };

/** A database of one row, which answers when it is told to. */
class Rows {
  asked = 0;
  row: WhitelistedToken | null = ROW;
  gate: Gate | undefined;
  writing: Gate | undefined;
  /** Whether the session is there when it is to be locked. */
  hasSession = true;

  async findOneBy({ jti }: { jti: string }): Promise<WhitelistedToken | null> {
    this.asked++;
    const row = this.row?.jti === jti ? this.row : null;
    await this.gate?.pass();
    return row;
  }

  async write(work: (tx: Transaction) => Promise<unknown>): Promise<unknown> {
    await this.writing?.pass();
    const manager = {
      findOne: () => Promise.resolve(this.hasSession ? {} : null),
      update: () => Promise.resolve(),
    };
    return work({ manager, rowLock: () => ({}) } as unknown as Transaction);
  }
}

let rows: Rows;
let whitelist: Whitelist;
/** Brings the news that sessions have ended. */
let end: (sessionIds: string[]) => void;

beforeEach(() => {
  rows = new Rows();
  const database = rows as unknown as Database;
  const bus = {
    on: (_type: string, handler: (event: { sessionIds: string[] }) => void) =>
      (end = (sessionIds) => handler({ sessionIds })),
  };
  whitelist = new Whitelist(
    rows as unknown as Repository<WhitelistedToken>,
    database,
    new Settings({ NODE_ENV: 'test' }),
    new SessionActivity(database),
    bus as unknown as EventBus,
  );
});

describe('what the database said', () => {
  it('is believed without asking again', async () => {
    for (let n = 0; n < 3; n++) expect(await whitelist.requireLive(CLAIMS)).toEqual(USER);
    expect(rows.asked).toBe(1);
    expect(whitelist.lookUps).toEqual({ hits: 2, misses: 1 });
  });

  it.each(['jti', 'sub', 'sid'] as const)(
    'is not believed of a token of ours with another %s',
    async (claim) => {
      await whitelist.requireLive(CLAIMS);
      const forged = { ...CLAIMS, [claim]: newId() };
      await expect(whitelist.requireLive(forged)).rejects.toThrow(DeadTokenError);
      expect(await whitelist.requireLive(CLAIMS)).toEqual(USER);
    },
  );

  it('is not believed of the row of a refresh token', async () => {
    rows.row = { ...ROW, use: 'refresh' };
    await expect(whitelist.requireLive(CLAIMS)).rejects.toThrow(DeadTokenError);
  });

  it('is not believed for longer than the row says that the token lives', async () => {
    rows.row = { ...ROW, expiresAt: new Date(Date.now() + 30) };
    await whitelist.requireLive(CLAIMS);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await expect(whitelist.requireLive(CLAIMS)).rejects.toThrow(DeadTokenError);
  });

  it('is forgotten with the news that the session has ended', async () => {
    await whitelist.requireLive(CLAIMS);
    rows.row = null;
    end([ROW.sessionId]);
    await expect(whitelist.requireLive(CLAIMS)).rejects.toThrow(DeadTokenError);
  });

  it('is not kept when the session ends while its row is being looked up', async () => {
    const gate = new Gate();
    rows.gate = gate;
    const looking = whitelist.requireLive(CLAIMS);
    await gate.reached;
    rows.row = null; // deleted after it was read
    end([ROW.sessionId]);
    gate.open();
    expect(await looking).toEqual(USER);
    await expect(whitelist.requireLive(CLAIMS)).rejects.toThrow(DeadTokenError);
    expect(rows.asked).toBe(2);
  });

  it('is not kept when the session ends while its older tokens are being ended', async () => {
    const gate = new Gate();
    rows.row = { ...ROW, supersedes: true };
    rows.writing = gate;
    const looking = whitelist.requireLive(CLAIMS);
    await gate.reached;
    rows.row = null;
    end([ROW.sessionId]);
    gate.open();
    expect(await looking).toEqual(USER);
    await expect(whitelist.requireLive(CLAIMS)).rejects.toThrow(DeadTokenError);
  });

  it('is kept for four seconds from when it was asked', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const gate = new Gate();
    rows.gate = gate;
    const looking = whitelist.requireLive(CLAIMS);
    await gate.reached;
    vi.setSystemTime(Date.now() + 3000);
    gate.open();
    await looking;
    vi.setSystemTime(Date.now() + 999);
    await whitelist.requireLive(CLAIMS);
    expect(rows.asked).toBe(1);
    vi.setSystemTime(Date.now() + 1);
    await whitelist.requireLive(CLAIMS);
    expect(rows.asked).toBe(2);
    vi.useRealTimers();
  });

  it('does not count when the session is gone by the time its older tokens are to end', async () => {
    rows.row = { ...ROW, supersedes: true };
    rows.hasSession = false;
    await expect(whitelist.requireLive(CLAIMS)).rejects.toThrow(DeadTokenError);
    rows.hasSession = true;
    expect(await whitelist.requireLive(CLAIMS)).toEqual(USER);
  });
});
