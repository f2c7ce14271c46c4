import { beforeEach, expect, it, vi } from 'vitest';
import { SessionActivity } from '../../src/auth/session-activity.js';
import { newId } from '../../src/crypto/ids.js';
import type { Database } from '../../src/database/database.js';
import type { Transaction } from '../../src/database/transaction.js';
import { Gate } from '../support/gate.js';

const SESSION = newId();

/** Times that were written. */
let written: number[];
let gate: Gate | undefined;
let activity: SessionActivity;

beforeEach(() => {
  [written, gate] = [[], undefined];
  const update = (_entity: unknown, _which: unknown, to: { lastUsedAt: Date }): Promise<void> =>
    Promise.resolve(void written.push(to.lastUsedAt.getTime()));
  const write = async (work: (tx: Transaction) => Promise<unknown>): Promise<unknown> => {
    await gate?.pass();
    return work({ manager: { update } } as unknown as Transaction);
  };
  activity = new SessionActivity({ write: vi.fn(write) } as unknown as Database);
});

it('writes what was noted once', async () => {
  activity.note(SESSION, 1000);
  activity.note(SESSION, 2000);
  await activity.run();
  await activity.run();
  expect(written).toEqual([2000]);
  expect(activity.since(SESSION)).toBe(0);
});

it('keeps what is noted while it writes, for the next time', async () => {
  gate = new Gate();
  activity.note(SESSION, 1000);
  const running = activity.run();
  await gate.reached;
  activity.note(SESSION, 2000);
  gate.open();
  await running;
  expect([written, activity.since(SESSION)]).toEqual([[1000], 2000]);
  await activity.run();
  expect(written).toEqual([1000, 2000]);
});
