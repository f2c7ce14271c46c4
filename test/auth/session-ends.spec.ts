import type { Repository } from 'typeorm';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { SessionNotFoundError } from '../../src/auth/auth.errors.js';
import type { SessionActivity } from '../../src/auth/session-activity.js';
import type { Session } from '../../src/auth/session.entity.js';
import { SessionService } from '../../src/auth/session.service.js';
import type { Settings } from '../../src/config/settings.js';
import { newId } from '../../src/crypto/ids.js';
import type { Database } from '../../src/database/database.js';
import type { Transaction } from '../../src/database/transaction.js';
import type { EventBus } from '../../src/events/event-bus.js';
import { Gate } from '../support/gate.js';

const USER = { id: newId(), sessionId: newId() };

/** The other sessions that the user has. */
let others: string[];
/** Where the commit waits. */
let gate: Gate;
let fault: Error | undefined;
let told: string[][];
let sessions: SessionService;
beforeEach(() => {
  [others, gate, fault, told] = [[newId(), newId()], new Gate(), undefined, []];
  const manager = {
    find: () => Promise.resolve(others.map((id) => ({ id }))),
    delete: () => Promise.resolve({ affected: others.length }),
  };
  const database = {
    write: async (work: (tx: Transaction) => Promise<unknown>) => {
      const value = await work({ manager } as unknown as Transaction);
      await gate.pass();
      if (fault) throw fault;
      return value;
    },
  };
  const publish = vi.fn(({ sessionIds }: { sessionIds: string[] }) => void told.push(sessionIds));
  sessions = new SessionService(
    {} as Repository<Session>,
    database as unknown as Database,
    { publish } as unknown as EventBus,
    {} as SessionActivity,
    {} as Settings,
  );
});

describe.each<[string, () => Promise<unknown>, () => string[]]>([
  ['of one session', () => sessions.end(USER.id, USER.sessionId), () => [USER.sessionId]],
  ['of the other sessions', () => sessions.endOthers(USER), () => others],
  ['of all sessions', () => sessions.endAll(USER.id), () => others],
])('the end %s', (_what, end, ended) => {
  it('is told after the commit, not before', async () => {
    const ending = end();
    await gate.reached;
    expect(told).toEqual([]); // whoever asks the whitelist again now still finds them there
    gate.open();
    await ending;
    expect(told).toEqual([ended()]);
  });

  it('is not told where it does not come to pass', async () => {
    fault = new Error('no database');
    gate.open();
    await expect(end()).rejects.toBe(fault);
    expect(told).toEqual([]);
  });
});

it('of a session that is not there tells nobody', async () => {
  others = [];
  gate.open();
  await expect(sessions.end(USER.id, newId())).rejects.toThrow(SessionNotFoundError);
  await sessions.endOthers(USER);
  expect(told).toEqual([]);
});
