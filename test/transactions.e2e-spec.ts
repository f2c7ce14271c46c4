import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EntityManager } from 'typeorm';
import { Database } from '../src/database/database.js';
import { TestApp } from './support/test-app.js';
import { isPostgres } from './support/test-database.js';

let app: TestApp;
let database: Database;
beforeAll(async () => {
  app = await TestApp.start();
  database = app.nest.get(Database);
  await app.sql('CREATE TABLE note (text varchar PRIMARY KEY)');
});
beforeEach(() => app.sql('DELETE FROM note'));
afterAll(() => app.stop());

const add = (manager: EntityManager, text: string): Promise<unknown> =>
  manager.query(`INSERT INTO note VALUES ('${text}')`);

async function notes(): Promise<string[]> {
  const rows = await database.reader.query<{ text: string }[]>('SELECT text FROM note');
  return rows.map((row) => row.text).sort();
}

describe('writes that overlap', () => {
  it('are not undone by the failure of another', async () => {
    const failing = database.write(async (manager) => {
      await add(manager, 'undone');
      await sleep(30); // meanwhile the other one wants to write
      throw new Error('no');
    });
    const acknowledged = database.write((manager) => add(manager, 'kept'));
    await expect(failing).rejects.toThrow('no');
    await acknowledged;
    expect(await notes()).toEqual(['kept']);
  });

  it('leave no part of a failed one behind', async () => {
    const jobs = Array.from({ length: 20 }, (_, n) =>
      database.write(async (manager) => {
        await add(manager, `first ${n}`);
        await sleep(n % 3);
        await add(manager, n % 2 ? `first ${n}` : `second ${n}`); // the odd ones collide
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
    await database.write(async (manager) => {
      await add(manager, 'not yet');
      seenDuring = await notes();
      expect(await manager.query('SELECT text FROM note')).toHaveLength(1);
    });
    expect(seenDuring).toEqual([]);
    expect(await notes()).toEqual(['not yet']);
  });

  it('are stored once they are answered, for every other connection', async () => {
    await database.write((manager) => add(manager, 'durable'));
    const again = await TestApp.start({}, app.database).catch((error: Error) => error);
    if (isPostgres) {
      const other = again as TestApp;
      const rows = await other.nest.get(Database).reader.query<object[]>('SELECT text FROM note');
      await other.close();
      expect(rows).toEqual([{ text: 'durable' }]);
    } else {
      expect((again as Error).message).toMatch(/Another process serves/);
    }
  });

  it('are undone when one of their last statements fails', async () => {
    const insert = 'INSERT INTO note VALUES (?)';
    const statements = ['last', 'twice', 'twice'].map((text) => ({
      sql: insert,
      parameters: [text],
    }));
    let isTold = false;
    const broken = database.write(async (manager, onCommit, lastly) => {
      await add(manager, 'first');
      onCommit(() => (isTold = true));
      lastly(statements);
    });
    await expect(broken).rejects.toThrow(/unique/i);
    expect(isTold).toBe(false);
    expect(await notes()).toEqual([]);
    await database.write(async (manager, _onCommit, lastly) => {
      await add(manager, 'first');
      lastly(statements.slice(0, 2));
    });
    expect(await notes()).toEqual(['first', 'last', 'twice']);
  });

  it('cannot stand inside one another', async () => {
    const nested = database.write(() => database.write(() => Promise.resolve()));
    await expect(nested).rejects.toThrow('write() inside write()');
  });
});

describe.skipIf(isPostgres)('on SQLite', () => {
  it('nothing writes past the line: the connection of the repositories is read-only', async () => {
    const bypass = database.reader.manager.query(`INSERT INTO note VALUES ('past the line')`);
    await expect(bypass).rejects.toThrow(/readonly/);
  });

  it('the line goes on after SQLite itself has ended a transaction', async () => {
    const broken = database.write(async (manager) => {
      await add(manager, 'lost');
      await manager.query('ROLLBACK'); // as SQLite does on a full disk
    });
    await expect(broken).rejects.toThrow();
    await database.write((manager) => add(manager, 'next'));
    expect(await notes()).toEqual(['next']);
  });

  it('a full disk that ends a transaction is told as a full disk', async () => {
    const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
    const broken = database.write(async (manager) => {
      await manager.query('ROLLBACK'); // as SQLite does on a full disk
      throw full;
    });
    await expect(broken).rejects.toBe(full);
  });

  it('every connection keeps what a durable commit needs', async () => {
    expect(await database.reader.query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    await database.write(async (manager) => {
      expect(await manager.query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
      expect(await manager.query('PRAGMA synchronous')).toEqual([{ synchronous: 2 }]);
      expect(await manager.query('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 1 }]);
      expect(await manager.query('PRAGMA secure_delete')).toEqual([{ secure_delete: 1 }]);
    });
  });
});
