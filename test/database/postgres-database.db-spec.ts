import { Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '../../src/database/database.js';
import type { Transaction } from '../../src/database/transaction.js';
import { Gate } from '../support/gate.js';
import { add, FIND_NOTES, Notes, writeOf } from '../support/notes.js';
import { isPostgres } from '../support/test-database.js';

let opened: Notes;
let database: Database;
beforeAll(async () => {
  opened = await Notes.open();
  ({ database } = opened);
});
beforeEach(() => opened.clear());
afterAll(() => opened.opened.drop());

const notes = (): Promise<string[]> => opened.all();

describe.runIf(isPostgres)('on PostgreSQL', () => {
  const failWith = (code: string, counted: () => void) => async (tx: Transaction) => {
    counted();
    tx.onCommit(counted);
    const raise = `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '${code}'; END $$`;
    await tx.manager.query(raise);
  };

  it.each([
    ['40P01', 3],
    ['40001', 3],
    ['23505', 1],
    ['57014', 1],
  ])('a transaction that fails with %s runs %i times', async (code, times) => {
    const counted = vi.fn();
    await expect(database.write(failWith(code, counted))).rejects.toThrow('no');
    expect(counted).toHaveBeenCalledTimes(times);
  });

  it('of two that wait for each other one runs again, and both are stored', async () => {
    await database.write((tx) => tx.commitWith(writeOf('a', 'b')) as never);
    const [runs, told] = [vi.fn(), vi.fn()];
    const gates = [new Gate(), new Gate()];
    const lock = (own: number, texts: string[]): Promise<void> =>
      database.write(async (tx) => {
        runs();
        tx.onCommit(told);
        const update = (text: string): Promise<unknown> =>
          tx.manager.query(`UPDATE note SET text = text || '${own}' WHERE text LIKE '${text}%'`);
        await update(texts[0]);
        await gates[own].pass();
        await update(texts[1]);
      });
    const both = [lock(0, ['a', 'b']), lock(1, ['b', 'a'])];
    await Promise.all(gates.map((gate) => gate.reached));
    for (const gate of gates) gate.open();
    await Promise.all(both);
    expect(runs.mock.calls.length).toBeGreaterThan(2);
    expect(told).toHaveBeenCalledTimes(2);
    expect((await notes()).map((text) => [...text].sort().join(''))).toEqual(['01a', '01b']);
  });

  it('keeps no connection, and leaves no transaction open, whatever became of it', async () => {
    const { connections } = database;
    const jobs = Array.from({ length: 40 }, (_, n) =>
      database.write(async (tx) => {
        await add(tx, `${n % 20}`);
        if (n % 3 === 0) throw new Error('no');
        tx.commitWith(writeOf(`${n % 7} last`));
      }),
    );
    const results = await Promise.allSettled(jobs);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(
      (await notes()).length / 2,
    );
    expect(connections!.idleCount).toBe(connections!.totalCount);
    expect(database.waiting).toBe(0);
    const open = await database.reader.query(
      `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state ~ 'in transaction'`,
    );
    expect(open).toEqual([]);
  });

  it('begins in the same flight as the first statement, and commits with the last', async () => {
    await database.write((tx) => add(tx, 'warm'));
    await database.write((tx) => Promise.resolve(tx.commitWith(writeOf('warmer'))));
    await database.rows(FIND_NOTES, [['x']]);
    const flights = [
      vi.spyOn(Socket.prototype, '_write'),
      vi.spyOn(Socket.prototype as Required<Socket>, '_writev'),
    ];
    await database.write(async (tx) => {
      await tx.rows(FIND_NOTES, [['x']]);
      tx.commitWith(writeOf('last'));
    });
    expect(flights[0].mock.calls.length + flights[1].mock.calls.length).toBe(2);
    vi.restoreAllMocks();
    expect(await notes()).toEqual(['last', 'warm', 'warmer']);
  });
});
