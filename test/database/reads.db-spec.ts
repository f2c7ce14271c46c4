import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.js';
import { isDeadlock, isUniqueViolation } from '../../src/database/query-errors.js';
import { statement } from '../../src/database/statement.js';
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

describe('a snapshot', () => {
  it('reads what was true at one moment, whatever is written meanwhile', async () => {
    await database.write((tx) => add(tx, 'before'));
    const texts = [['before', 'meanwhile']];
    const seen = await database.snapshot('x', async (reads) => {
      const first = await reads.rows(FIND_NOTES, texts);
      await database.write((tx) => add(tx, 'meanwhile'));
      return [first, await reads.rows(FIND_NOTES, texts)];
    });
    expect(seen).toEqual([[['before']], [['before']]]);
    const next = await database.snapshot('x', (reads) => reads.rows(FIND_NOTES, texts));
    expect(next).toEqual([['before'], ['meanwhile']]);
  });

  it('writes nothing', async () => {
    const writing = database.snapshot('x', ({ manager }) =>
      manager.query(`INSERT INTO note VALUES ('past the line')`),
    );
    await expect(writing).rejects.toThrow(/read-?only/);
    expect(await notes()).toEqual([]);
    expect(await database.snapshot('x', (reads) => reads.rows(FIND_NOTES, [['x']]))).toEqual([]);
  });

  it('waits for its turn where as many as may be are read', async () => {
    const most = isPostgres ? 5 : 1;
    const gates = Array.from({ length: most }, () => new Gate());
    const reading = gates.map((gate) => database.snapshot('x', () => gate.pass()));
    await Promise.all(gates.map((gate) => gate.reached));
    let isRead = false;
    const next = database.snapshot('x', () => Promise.resolve((isRead = true)));
    for (let turns = 0; turns < 20; turns++) await database.rows(FIND_NOTES, [['x']]);
    expect(isRead).toBe(false);
    for (const gate of gates) gate.open();
    await Promise.all([...reading, next]);
    expect(isRead).toBe(true);
  });
});

describe('a statement', () => {
  it('asks nothing where a list is empty', async () => {
    const asked = await queriesOf(database, async () => {
      expect(await database.rows(FIND_NOTES, [[]])).toEqual([]);
      await database.write(async (tx) => {
        expect(await tx.rows(FIND_NOTES, [[]])).toEqual([]);
        tx.commitWith(writeOf());
      });
    });
    expect(asked.filter(({ sql: text }) => text.includes('note'))).toEqual([]);
  });

  it('gets lists, lists of rows, and one value in several places', async () => {
    const mixed = statement({
      name: 'test_parameters',
      postgres: `SELECT $1::int + $1::int, (SELECT count(*) FROM unnest($2::text[])),
        (SELECT string_agg(concat(a, b), ',' ORDER BY b) FROM unnest($3::text[], $4::int[]) AS row (a, b))`,
      sqlite: `SELECT ?1 + ?1, (SELECT count(*) FROM json_each(?2)),
        (SELECT group_concat(value->>0 || (value->>1)) FROM json_each(?3))`,
    });
    const rows = [
      ['a', 1],
      ['b', 2],
    ];
    const [[sum, count, joined]] = await database.rows(mixed, [21, ['x', '\'y"'], rows]);
    expect([sum, Number(count), joined]).toEqual([42, 2, 'a1,b2']);
  });

  it('that fails says so in an error that carries the code of the database', async () => {
    await database.write((tx) => add(tx, 'twice'));
    const twice = database.write((tx) => Promise.resolve(tx.commitWith(writeOf('twice'))));
    const error: unknown = await twice.catch((failure: unknown) => failure);
    expect([isUniqueViolation(error), isDeadlock(error)]).toEqual([true, false]);
  });
});
