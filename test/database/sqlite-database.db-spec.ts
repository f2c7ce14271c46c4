import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.js';
import { Gate } from '../support/gate.js';
import { add, Notes, writeOf } from '../support/notes.js';
import { OpenedDatabase } from '../support/opened-database.js';
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

describe.skipIf(isPostgres)('on SQLite', () => {
  it('jobs that wait share one commit, each in a savepoint; one alone has none', async () => {
    const gate = new Gate();
    const queries = await queriesOf(database, async () => {
      const first = database.write(async (tx) => {
        await add(tx, 'alone');
        await gate.pass();
      });
      await gate.reached;
      const others = ['one', 'two', 'one', 'three'].map((text) =>
        database.write((tx) => Promise.resolve(tx.commitWith(writeOf(text)))),
      );
      expect(database.waiting).toBe(4);
      gate.open();
      await Promise.allSettled([first, ...others]);
    });
    const [alone, job] = [`INSERT INTO note VALUES ('alone')`, writeOf().statement.sqlite[0]];
    const done = ['SAVEPOINT job', job, 'RELEASE job'];
    const undone = ['SAVEPOINT job', job, 'ROLLBACK TO job', 'RELEASE job'];
    expect(queries.map((query) => query.sql)).toEqual([
      ...['BEGIN', alone, 'COMMIT'],
      ...['BEGIN', ...done, ...done, ...undone, ...done, 'COMMIT'],
    ]);
    expect(await notes()).toEqual(['alone', 'one', 'three', 'two']);
    expect(database.waiting).toBe(0);
  });

  it('none of those that share a commit is answered before it', async () => {
    const gates = [new Gate(), new Gate()];
    const answered: string[] = [];
    const first = database.write(() => gates[0].pass());
    await gates[0].reached;
    const quick = database.write((tx) => add(tx, 'quick')).then(() => answered.push('quick'));
    const slow = database.write(() => gates[1].pass()).then(() => answered.push('slow'));
    gates[0].open();
    await gates[1].reached;
    await new Promise(setImmediate);
    expect(answered).toEqual([]);
    gates[1].open();
    await Promise.all([first, quick, slow]);
    expect(answered).toEqual(['quick', 'slow']);
  });

  it('the log holds nothing of what was written once it was wiped', async () => {
    const log = join(opened.opened.settings.dataDir, 'conclave.sqlite-wal');
    await database.write((tx) => add(tx, 'secret word'));
    expect(readFileSync(log, 'latin1')).toContain('secret word');
    await database.write(({ manager }) => manager.query('DELETE FROM note'));
    await database.wipe();
    expect(readFileSync(log)).toHaveLength(0);
    expect(readFileSync(log.replace('-wal', ''), 'latin1')).not.toContain('secret word');
  });

  it('the folder is free again after the end', async () => {
    const one = await OpenedDatabase.open();
    await expect(one.again()).rejects.toThrow('Another process serves');
    await one.database.onApplicationShutdown();
    const next = await one.again();
    await next.ping();
    await next.onApplicationShutdown();
    await one.files.drop();
  });

  it('nothing writes past the line: the connection of the repositories is read-only', async () => {
    const bypass = database.reader.manager.query(`INSERT INTO note VALUES ('past the line')`);
    await expect(bypass).rejects.toThrow(/readonly/);
  });

  it('the line goes on after SQLite itself has ended a transaction', async () => {
    const broken = database.write(async (tx) => {
      await add(tx, 'lost');
      await tx.manager.query('ROLLBACK'); // as SQLite does on a full disk
    });
    await expect(broken).rejects.toThrow();
    await database.write((tx) => add(tx, 'next'));
    expect(await notes()).toEqual(['next']);
  });

  it('a full disk that ends a transaction is told as a full disk', async () => {
    const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
    const broken = database.write(async (tx) => {
      await tx.manager.query('ROLLBACK'); // as SQLite does on a full disk
      throw full;
    });
    await expect(broken).rejects.toBe(full);
  });

  it('every connection keeps what a durable commit needs', async () => {
    expect(await database.reader.query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    await database.write(async (tx) => {
      expect(await tx.manager.query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
      expect(await tx.manager.query('PRAGMA synchronous')).toEqual([{ synchronous: 2 }]);
      expect(await tx.manager.query('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 1 }]);
      expect(await tx.manager.query('PRAGMA secure_delete')).toEqual([{ secure_delete: 1 }]);
    });
  });
});
