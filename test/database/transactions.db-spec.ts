import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.js';
import { Installation } from '../../src/database/installation.entity.js';
import { Gate } from '../support/gate.js';
import { add, FIND_NOTES, Notes, writeOf } from '../support/notes.js';
import { queriesOf } from '../support/queries.js';
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

describe('writes that overlap', () => {
  it('are not undone by the failure of another', async () => {
    const gate = new Gate();
    const failing = database.write(async (tx) => {
      await add(tx, 'undone');
      await gate.pass(); // meanwhile the other one wants to write
      throw new Error('no');
    });
    await gate.reached;
    const acknowledged = database.write((tx) => add(tx, 'kept'));
    gate.open();
    await expect(failing).rejects.toThrow('no');
    await acknowledged;
    expect(await notes()).toEqual(['kept']);
  });

  it('leave no part of a failed one behind', async () => {
    const jobs = Array.from({ length: 20 }, (_, n) =>
      database.write(async (tx) => {
        await add(tx, `first ${n}`);
        for (let turns = n % 3; turns > 0; turns--) await new Promise(setImmediate);
        await add(tx, n % 2 ? `first ${n}` : `second ${n}`); // the odd ones collide
      }),
    );
    const results = await Promise.allSettled(jobs);
    const kept = results.flatMap(({ status }, n) =>
      status === 'fulfilled' ? [`first ${n}`, `second ${n}`] : [],
    );
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(10);
    expect(await notes()).toEqual(kept.sort());
  });

  it('are not read before their commit', async () => {
    let seenDuring: string[] | undefined;
    await database.write(async (tx) => {
      await add(tx, 'not yet');
      seenDuring = await notes();
      expect(await tx.manager.query('SELECT text FROM note')).toHaveLength(1);
      expect(await tx.rows(FIND_NOTES, [['not yet']])).toEqual([['not yet']]);
    });
    expect(seenDuring).toEqual([]);
    expect(await notes()).toEqual(['not yet']);
  });

  it('are stored once they are answered, for every other connection', async () => {
    await database.write((tx) => add(tx, 'durable'));
    const again = await opened.opened.again().catch((error: Error) => error);
    if (isPostgres) {
      const other = again as Database;
      expect(await other.rows(FIND_NOTES, [['durable']])).toEqual([['durable']]);
      await other.onApplicationShutdown();
    } else {
      expect((again as Error).message).toMatch(/Another process serves/);
    }
  });

  it('are undone when one of their last statements fails', async () => {
    let isTold = false;
    const broken = database.write(async (tx) => {
      await add(tx, 'first');
      tx.onCommit(() => (isTold = true));
      tx.commitWith(writeOf('last', 'twice'), writeOf('twice'));
    });
    await expect(broken).rejects.toThrow(/unique/i);
    expect(isTold).toBe(false);
    expect(await notes()).toEqual([]);
    await database.write(async (tx) => {
      await add(tx, 'first');
      tx.commitWith(writeOf('last'), writeOf('twice'), writeOf());
    });
    expect(await notes()).toEqual(['first', 'last', 'twice']);
  });

  it('are not told to be stored where a statement failed and nobody said so', async () => {
    const broken = database.write(async (tx) => {
      await add(tx, 'first');
      await add(tx, 'first').catch(() => undefined);
    });
    if (isPostgres) {
      await expect(broken).rejects.toThrow('nothing is stored');
      expect(await notes()).toEqual([]);
    } else {
      await broken; // there the statement alone is undone
      expect(await notes()).toEqual(['first']);
    }
  });

  it('cannot stand inside one another', async () => {
    const nested = database.write(() => database.write(() => Promise.resolve()));
    await expect(nested).rejects.toThrow('write() inside write()');
  });
});

describe('what follows a commit', () => {
  it('happens in order, once all is there to be read, and before the answer', async () => {
    const order: string[] = [];
    let seen: Promise<string[]> | undefined;
    const written = database.write(async (tx) => {
      tx.onCommit(() => void order.push('first'));
      await add(tx, 'note');
      tx.onCommit(() => void (seen = notes()));
      tx.onCommit(() => void order.push('last'));
      order.push('work');
      return 'value';
    });
    expect(await written.finally(() => order.push('answer'))).toBe('value');
    expect(order).toEqual(['work', 'first', 'last', 'answer']);
    expect(await seen).toEqual(['note']);
  });

  it('does not happen where the work fails', async () => {
    let isTold = false;
    const failing = database.write((tx) => {
      tx.onCommit(() => (isTold = true));
      tx.commitWith(writeOf('never'));
      return Promise.reject(new Error('no'));
    });
    await expect(failing).rejects.toThrow('no');
    expect([isTold, await notes()]).toEqual([false, []]);
  });

  it('does not happen where the commit fails, which undoes all; the next one is stored', async () => {
    const told: string[] = [];
    const gate = new Gate();
    const first = database.write(() => gate.pass());
    await gate.reached;
    // On SQLite the next two share a transaction, and so its end.
    const broken = database.write(async (tx) => {
      await add(tx, 'broken');
      tx.onCommit(() => told.push('broken'));
      await tx.manager.query(`INSERT INTO answer VALUES ('to nothing')`);
    });
    const beside = database.write(async (tx) => {
      await add(tx, 'beside');
      tx.onCommit(() => told.push('beside'));
    });
    gate.open();
    const results = await Promise.allSettled([first, broken, beside]);
    const expected = isPostgres ? ['beside'] : [];
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, false, isPostgres]);
    expect(results[1]).toMatchObject({
      reason: { message: expect.stringMatching(/foreign key/i) },
    });
    expect([told, await notes()]).toEqual([expected, expected]);
    await database.write((tx) => add(tx, 'next'));
    expect(await notes()).toEqual([...expected, 'next']);
  });

  it('leaves what was to be written with the commit of others alone', async () => {
    const gate = new Gate();
    const first = database.write(() => gate.pass());
    await gate.reached;
    const failing = database.write((tx) => {
      tx.commitWith(writeOf('undone'));
      return Promise.reject(new Error('no'));
    });
    const beside = database.write((tx) => {
      tx.commitWith(writeOf('one', 'two'));
      return Promise.resolve();
    });
    const twice = database.write((tx) => {
      tx.commitWith(writeOf('three', 'three'));
      return Promise.resolve();
    });
    gate.open();
    const results = await Promise.allSettled([first, failing, beside, twice]);
    const stored = results.map(({ status }) => status === 'fulfilled');
    expect(stored).toEqual([true, false, true, false]);
    expect(await notes()).toEqual(['one', 'two']);
  });
});

describe("TypeORM's manager in a transaction", () => {
  it('takes part in it, also where it would begin one of its own', async () => {
    const failing = database.write(async ({ manager }) => {
      const row = { id: 1, history: '0190', schemaHash: 'x' };
      await manager.save(Installation, { ...row, history: randomUUID() });
      await manager.transaction((inner) => inner.query(`INSERT INTO note VALUES ('inner')`));
      throw new Error('no');
    });
    const before = await database.manager.findOneBy(Installation, { id: 1 });
    await expect(failing).rejects.toThrow('no');
    expect(await database.manager.findOneBy(Installation, { id: 1 })).toEqual(before);
    expect(await notes()).toEqual([]);
  });

  it('finds nothing of it left open after its end', async () => {
    await database.write((tx) => add(tx, 'one'));
    await database.write(() => Promise.reject(new Error('no'))).catch(() => undefined);
    const queries = await queriesOf(database, () =>
      database.write((tx) => tx.manager.transaction((inner) => inner.query('SELECT 1'))),
    );
    const words = queries.map((query) => query.sql).join('; ');
    expect(words).toMatch(/SAVEPOINT typeorm_1; SELECT 1; RELEASE SAVEPOINT typeorm_1/);
    expect(words).not.toContain('typeorm_2');
  });
});
